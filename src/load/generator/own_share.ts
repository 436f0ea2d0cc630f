/**
 * How a load generator itself fares: a generator that is the bottleneck measures itself.
 *
 * @module
 */
import process from "node:process";
import { newHistogram, recordMs } from "./recorder.ts";
import type { GeneratorReport } from "./load_report.ts";

/** From this share of a core on, times are the generator's as much as the gateway's. */
const BUSY_SHARE = 0.85;
/** A schedule that is so late begins turns together that were to come one by one. */
const LATE_MS = 50;

export class OwnShare {
  readonly #lag = newHistogram();
  readonly #cpu = process.cpuUsage();
  readonly #startedMs = performance.now();

  /** A turn began so much later than it was to. */
  late(milliseconds: number): void {
    recordMs(this.#lag, milliseconds);
  }

  report(turnsLeftOut: number): GeneratorReport {
    const { user, system } = process.cpuUsage(this.#cpu);
    const share = (user + system) / 1_000 / Math.max(1, performance.now() - this.#startedMs);
    const isTimed = this.#lag.totalCount > 0;
    const at = (percentile: number) => Math.round(this.#lag.getValueAtPercentile(percentile) / 10) / 100;
    const lag = isTimed ? { p50: at(50), p99: at(99), max: Math.round(this.#lag.maxValue / 10) / 100 } : null;
    const warnings = [
      ...(share > BUSY_SHARE
        ? [
          `this generator took ${
            Math.round(100 * share)
          } % of a core: times may be its own, take several processes or machines`,
        ]
        : []),
      ...(lag && lag.p99 > LATE_MS ? [`turns began up to ${lag.p99} ms late (p99): the rate was not what was asked for`] : []),
      ...(turnsLeftOut > 0 ? [`${turnsLeftOut} turns had no client free: more --clients would have taken them`] : []),
    ];
    return { cpu_share: Math.round(100 * share) / 100, lag_ms: lag, turns_left_out: turnsLeftOut, warnings };
  }
}
