/**
 * How long things take at a gateway: handshakes, waves, waiting in line, and the store. Counted where the gateway knows of it, into fixed buckets:
 * nothing is kept of any one client, and nothing is made for it.
 *
 * @module
 */
import { URGENCIES, Urgency } from "../ike/responder/urgency.ts";
import type { ProfileName, ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import type { Clock } from "../transport/system_clock.ts";
import { Histogram, type HistogramCounts, sumOfHistograms } from "./histogram.ts";
import type { WaitingDatagram } from "./waiting_datagrams.ts";

/** Several histograms of one thing, by a word. */
export interface HistogramsBy {
  /** The histogram of what the word stands for. */
  readonly [word: string]: HistogramCounts;
}

/** All histograms of a gateway, since it was started; names follow the Prometheus habit. */
export interface GatewayHistograms {
  /**
   * From when a client's first message was taken up, with its cookie if one was asked for, until its IKE SA was established: by `full`, or by the
   * name of the form of resumption. What the network and the client took is in it.
   */
  readonly handshake_duration_seconds: HistogramsBy;
  /** How long datagrams waited in line before their wave began, by urgency: `proven`, `resumption`, `full_exchange`, `stranger` and `stray`. */
  readonly queue_wait_seconds: HistogramsBy;
  /** From the begin of a wave until its answers were sent; a store that it waited for is in it. */
  readonly wave_duration_seconds: HistogramCounts;
  /** Calls of the store, each for a wave, that did not answer at once, until they answered or failed. A store in memory has none. */
  readonly store_call_duration_seconds: HistogramCounts;
}

/** Buckets of what clients and the network take part in, in seconds: from a client beside the gateway to one that had to send everything again. */
const HANDSHAKE_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Buckets of what the gateway does alone, in seconds. */
const WORK_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const FULL = "full";

export class MeasuredDurations {
  readonly #clock: Clock;
  readonly #handshakes: Readonly<Record<string, Histogram>>;
  readonly #queue: readonly Histogram[] = Array.from({ length: URGENCIES }, () => new Histogram(WORK_BOUNDS));
  readonly #waves = new Histogram(WORK_BOUNDS);
  readonly #store = new Histogram(WORK_BOUNDS);
  /** Those that came up in the wave that is being served: by what, and since when. Emptied with each wave. */
  readonly #upBy: (ProfileName | undefined)[] = [];
  readonly #upSinceMs: number[] = [];

  /** `profiles`: the forms of resumption that are served. */
  constructor(profiles: readonly ResumptionProfile[], clock: Clock) {
    this.#clock = clock;
    const words = [FULL, ...profiles.map(({ name }) => name)];
    this.#handshakes = Object.fromEntries(words.map((word) => [word, new Histogram(HANDSHAKE_BOUNDS)]));
  }

  /** A client's IKE SA is established, that it began at `sinceMs` by this form of resumption, or by a full exchange. */
  readonly cameUp = (profile: ProfileName | undefined, sinceMs: number): void => {
    this.#upBy.push(profile);
    this.#upSinceMs.push(sinceMs);
  };

  /** The store has answered a call, or failed. */
  readonly storeCalled = (tookMs: number): void => this.#store.observe(tookMs);

  /** A wave begins. Returns the moment, for {@link waveOver}. */
  waveBegins(wave: readonly WaitingDatagram[]): number {
    const nowMs = performance.now();
    for (let place = 0; place < wave.length; place++) {
      const { urgency, arrivedAtMs } = wave[place];
      this.#queue[urgency].observe(nowMs - arrivedAtMs);
    }
    return nowMs;
  }

  /** The answers of the wave that began then are sent. */
  waveOver(begunMs: number): void {
    this.#waves.observe(performance.now() - begunMs);
    const { length } = this.#upBy;
    if (length === 0) return;
    const { monotonicMs } = this.#clock();
    for (let index = 0; index < length; index++) {
      this.#handshakes[this.#upBy[index] ?? FULL]?.observe(monotonicMs - this.#upSinceMs[index]);
    }
    this.#upBy.length = 0;
    this.#upSinceMs.length = 0;
  }

  get histograms(): GatewayHistograms {
    const urgencies = Object.entries(Urgency).map(([name, urgency]) => [name.toLowerCase(), this.#queue[urgency].counts]);
    const handshakes = Object.entries(this.#handshakes).map(([by, histogram]) => [by, histogram.counts]);
    return {
      handshake_duration_seconds: Object.fromEntries(handshakes),
      queue_wait_seconds: Object.fromEntries(urgencies),
      wave_duration_seconds: this.#waves.counts,
      store_call_duration_seconds: this.#store.counts,
    };
  }
}

/** What a gateway has measured that has served nobody yet. */
export function noHistograms(): GatewayHistograms {
  return new MeasuredDurations([], () => ({ monotonicMs: 0, epochSeconds: 0 })).histograms;
}

/** Each histogram over several gateways, at least one. */
export function sumOfGatewayHistograms(each: readonly GatewayHistograms[]): GatewayHistograms {
  const sum = (of: (one: GatewayHistograms) => HistogramCounts) => sumOfHistograms(each.map(of))!;
  const sumBy = (of: (one: GatewayHistograms) => HistogramsBy): HistogramsBy => {
    const words = new Set(each.flatMap((one) => Object.keys(of(one))));
    const named = (word: string) => each.map((one) => of(one)[word]).filter((counts) => counts !== undefined);
    return Object.fromEntries([...words].map((word) => [word, sumOfHistograms(named(word))!]));
  };
  return {
    handshake_duration_seconds: sumBy((one) => one.handshake_duration_seconds),
    queue_wait_seconds: sumBy((one) => one.queue_wait_seconds),
    wave_duration_seconds: sum((one) => one.wave_duration_seconds),
    store_call_duration_seconds: sum((one) => one.store_call_duration_seconds),
  };
}
