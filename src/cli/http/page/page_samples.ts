/**
 * How the gateway stands, once a second: the last minutes are kept, so that whoever opens the page sees them at once.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import { systemClock } from "../../../transport/system_clock.ts";
import type { RefusalCounts } from "../refusal_counts.ts";
import { type PageSource, type TicketKeyLine, ticketKeyLines } from "./page_source.ts";
import { allDurations, type Durations, durationsBetween, quantileOf } from "./quantiles.ts";

const INTERVAL_MS = 1_000;
/** Five minutes. */
const MOST_SAMPLES = 300;
/** Over how many samples latency is told: in one second there may be a single handshake, or none. */
const LATENCY_SAMPLES = 10;

/**
 * One moment, as the page takes it. First the time in seconds since 1970, IKE SAs that are up, and half-open ones. Then, each in a second:
 * resumptions, full exchanges, refusals, dropped messages. Then latency in seconds of the last ten seconds, median and 99th percentile: of
 * resumptions, and of full exchanges. `null`: not known.
 */
export type Sample = readonly (number | null)[];

/** All that the page shows of one moment beside its charts. */
export interface PageState {
  readonly store: "up" | "down";
  readonly up_s: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly refusals: RefusalCounts;
  readonly ticket_keys: readonly TicketKeyLine[];
}

interface Observation {
  readonly monotonicMs: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly handshakes: { readonly [by: string]: Durations };
}

export class PageSamples {
  readonly #source: PageSource;
  readonly #onSample: (sample: Sample, state: PageState) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startedAtMs = systemClock().monotonicMs;
  readonly #samples: Sample[] = [];
  /** The earliest comes first. */
  readonly #observations: Observation[] = [];
  #state: PageState | undefined;
  #isAsking = false;

  /** @param onSample called once a second */
  constructor(source: PageSource, onSample: (sample: Sample, state: PageState) => void) {
    this.#source = source;
    this.#onSample = onSample;
    this.#timer = setInterval(() => void this.#take(), INTERVAL_MS);
    this.#timer.unref();
    void this.#take();
  }

  /** The earliest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** As of the last sample; `undefined`: there is none yet. */
  get state(): PageState | undefined {
    return this.#state;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Workers that do not answer make a gap, and no queue of questions. */
  async #take(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { counters, refusals, histograms, isStoreUp, ticketKeyRing } = this.#source;
      const asked = await Promise.all([counters(), refusals(), histograms()]);
      const { monotonicMs, epochSeconds } = systemClock();
      const sample = this.#sampleOf(
        { monotonicMs, counters: asked[0], handshakes: asked[2].handshake_duration_seconds },
        epochSeconds,
      );
      this.#state = {
        store: isStoreUp() ? "up" : "down",
        up_s: Math.floor((monotonicMs - this.#startedAtMs) / 1_000),
        counters: asked[0],
        refusals: asked[1],
        ticket_keys: ticketKeyLines(ticketKeyRing, epochSeconds),
      };
      this.#samples.push(sample);
      if (this.#samples.length > MOST_SAMPLES) this.#samples.shift();
      this.#onSample(sample, this.#state);
    } catch {
      // Nobody could be asked: as when a worker has just died.
    } finally {
      this.#isAsking = false;
    }
  }

  #sampleOf(now: Observation, epochSeconds: number): Sample {
    const before = this.#observations.at(-1);
    const earliest = this.#observations[0];
    this.#observations.push(now);
    if (this.#observations.length > LATENCY_SAMPLES) this.#observations.shift();
    const rate = (...names: string[]) => rateOf(names, before, now);
    const { counters } = now;
    return [
      Math.round(epochSeconds),
      counters.ike_sas_established ?? 0,
      counters.ike_sas_half_open ?? 0,
      rate("ike_sas_resumed_total"),
      differenceOf(rate("ike_sas_up_total"), rate("ike_sas_resumed_total")),
      rate("tickets_refused_total", "inits_refused_total", "ike_sas_failed_total"),
      rate("dropped_messages_total", "queue_dropped_datagrams_total"),
      ...latencyOf((by) => by !== FULL, earliest, now),
      ...latencyOf((by) => by === FULL, earliest, now),
    ];
  }
}

const FULL = "full";

/** By how much these counters grew in a second; `null`: it is the first that is heard of them, or a worker was started again meanwhile. */
function rateOf(names: readonly string[], before: Observation | undefined, now: Observation): number | null {
  if (before === undefined) return null;
  const sumOf = ({ counters }: Observation) => names.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
  const grown = sumOf(now) - sumOf(before);
  return grown < 0 ? null : rounded(1_000 * grown / Math.max(1, now.monotonicMs - before.monotonicMs));
}

function differenceOf(all: number | null, some: number | null): number | null {
  return all === null || some === null ? null : rounded(Math.max(0, all - some));
}

function latencyOf(
  isMeant: (by: string) => boolean,
  earliest: Observation | undefined,
  { handshakes }: Observation,
): readonly (number | null)[] {
  const meant = Object.entries(handshakes).filter(([by]) => isMeant(by));
  const durations = allDurations(meant.map(([by, later]) => durationsBetween(earliest?.handshakes[by], later)));
  if (durations === undefined || durations.counts.some((count) => count < 0)) return [null, null];
  return [quantileOf(durations, 0.5) ?? null, quantileOf(durations, 0.99) ?? null];
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
