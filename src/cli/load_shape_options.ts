/**
 * When the clients of a load begin, and how long they try, from a command line.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { type LoadShape, type RateStage, secondsOf } from "../load/generator/load_shape.ts";
import type { ScenarioName } from "../load/generator/scenario.ts";
import type { RetransmissionPolicy } from "../ike/message/retransmission.ts";
import { UsageError } from "./exit_status.ts";

export interface LoadShapeOptions {
  readonly scenario: ScenarioName;
  readonly rate?: number;
  readonly ramp?: number;
  readonly stage?: readonly RateStage[];
  readonly duration?: number;
  readonly patience: number;
}

export const LONGEST_SECONDS = 86_400;
export const DEFAULT_SECONDS = 10;
/** An outage has as long as this to begin, and as long again to be over. */
export const DEFAULT_OUTAGE_SECONDS = 300;

/** Requests are sent again a few times, spread over the patience; an outage is waited for. */
export function retransmissionFor(
  { patience, scenario, duration = DEFAULT_OUTAGE_SECONDS }: LoadShapeOptions,
): RetransmissionPolicy {
  if (scenario === "outage") {
    return { initialMs: 1_000, factor: 1.3, maximumMs: 2_000, attempts: Math.max(10, Math.ceil(duration / 2)), jitter: 0.3 };
  }
  // 1 + 2 + 4 + 8 parts: four transmissions, the last of which is waited for as long as the others together.
  return { initialMs: Math.max(50, 1_000 * patience / 15), factor: 2, maximumMs: 1_000 * patience, attempts: 4, jitter: 0.1 };
}

export function shapeOf({ rate, ramp, stage, duration, scenario }: LoadShapeOptions): LoadShape {
  if (scenario === "outage") {
    if (rate !== undefined || stage !== undefined) {
      throw new UsageError("--scenario outage: all come back at once, no --rate and no --stage");
    }
    return { model: "closed", seconds: duration ?? DEFAULT_OUTAGE_SECONDS };
  }
  if (stage !== undefined) {
    if (rate !== undefined || ramp !== undefined || duration !== undefined) {
      throw new UsageError("--stage: says all that --rate, --ramp and --duration would");
    }
    return { model: "open", stages: stage };
  }
  if (rate === undefined) {
    if (ramp !== undefined) throw new UsageError("--ramp without --rate: expected the rate that is to be reached");
    return { model: "closed", seconds: duration ?? DEFAULT_SECONDS };
  }
  const seconds = duration ?? DEFAULT_SECONDS;
  const rising = Math.min(ramp ?? 0, seconds);
  const stages = [{ seconds: rising, from: 0, to: rate * rising / (ramp || 1) }, {
    seconds: seconds - rising,
    from: rate,
    to: rate,
  }];
  const shape: LoadShape = { model: "open", stages: stages.filter((each) => each.seconds > 0) };
  if (secondsOf(shape) <= 0) throw new UsageError("--duration: nothing would happen");
  return shape;
}

export function rateStage(text: string): RateStage {
  const [, seconds, from, to] = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const stage = { seconds: Number(seconds), from: Number(from), to: Number(to ?? from) };
  if (
    stage.seconds > 0 && stage.seconds <= LONGEST_SECONDS && stage.from + stage.to > 0 &&
    Math.max(stage.from, stage.to) <= 1_000_000
  ) return stage;
  throw new InvalidArgumentError("Allowed are seconds:rate and seconds:rate-rate, such as 30:100 and 10:100-1000.");
}
