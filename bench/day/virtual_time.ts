/**
 * Time that passes as fast as its events are served: a clock, and the timers of the runtime on it.
 *
 * @module
 */
import type { Instant } from "../../src/ike/steps/instant.ts";

const MILLISECONDS_PER_SECOND = 1_000;

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

export class VirtualTime {
  readonly #startEpochSeconds: number;
  readonly #timers = new Map<number, Timer>();
  #lastTimer = 0;
  nowMs = 0;

  constructor(startEpochSeconds: number) {
    this.#startEpochSeconds = startEpochSeconds;
  }

  readonly clock = (): Instant => ({
    monotonicMs: this.nowMs,
    epochSeconds: this.#startEpochSeconds + Math.floor(this.nowMs / MILLISECONDS_PER_SECOND),
  });

  /** When the next timer is due. */
  get nextTimerMs(): number {
    let next = Infinity;
    for (const { dueMs } of this.#timers.values()) next = Math.min(next, dueMs);
    return next;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  fireDue(): void {
    for (const [handle, { dueMs, fire }] of [...this.#timers]) {
      if (dueMs > this.nowMs || !this.#timers.delete(handle)) continue;
      fire();
    }
  }

  /** Puts `setTimeout` on this clock, for the whole process, until the function that it returns is called. */
  take(): () => void {
    const { setTimeout, clearTimeout } = globalThis;
    const set = (fire: (...given: unknown[]) => void, waitMs = 0, ...given: unknown[]) => {
      this.#timers.set(++this.#lastTimer, { dueMs: this.nowMs + waitMs, fire: () => fire(...given) });
      return this.#lastTimer;
    };
    globalThis.setTimeout = set as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((handle?: number) => void this.#timers.delete(handle ?? 0)) as typeof clearTimeout;
    return () => {
      globalThis.setTimeout = setTimeout;
      globalThis.clearTimeout = clearTimeout;
    };
  }
}
