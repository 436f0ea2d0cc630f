/**
 * The time that decides when something remembered, a used ticket for example, may be forgotten.
 *
 * By the wall clock, everything would be forgotten when that jumps ahead, if only for a moment: used tickets could be used
 * again, unless all that may have been forgotten were refused. Whether a ticket has expired is another matter, and goes by the
 * wall clock alone.
 *
 * @module
 */
import type { Instant } from "./instant.ts";

/** How long a wall clock must have been ahead until it is believed: nobody leaves a wrong one for so long, and a right one loses nothing by it. */
export const SETTLING_MS = 3_600_000;

/** A disciplined clock may move by as much at once. */
const DRIFT_SECONDS = 2;
const MILLISECONDS_PER_SECOND = 1_000;

/**
 * Seconds since 1970 that never run faster than the monotonic clock, unless the wall clock has been ahead of them for an hour. When the wall clock is
 * set back they are set back: what has not expired is not forgotten.
 */
export class SteadyTime {
  #last: Instant;
  #aheadSinceMs: number | undefined;

  /** The wall clock is believed at the start, when nothing is remembered yet. */
  constructor(start: Instant) {
    this.#last = start;
  }

  /** The time at an instant, which must not be earlier than the one before, by the monotonic clock. */
  at({ monotonicMs, epochSeconds }: Instant): number {
    const time = this.#timeAt(monotonicMs, epochSeconds);
    this.#last = { monotonicMs, epochSeconds: time };
    return time;
  }

  #timeAt(monotonicMs: number, epochSeconds: number): number {
    const expected = this.#last.epochSeconds + (monotonicMs - this.#last.monotonicMs) / MILLISECONDS_PER_SECOND;
    if (epochSeconds <= expected + DRIFT_SECONDS) {
      this.#aheadSinceMs = undefined;
      return epochSeconds;
    }
    this.#aheadSinceMs ??= monotonicMs;
    if (monotonicMs - this.#aheadSinceMs < SETTLING_MS) return expected;
    this.#aheadSinceMs = undefined;
    return epochSeconds;
  }
}
