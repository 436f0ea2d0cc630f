/**
 * One timer for the earliest of many deadlines. Deadlines move far more often than they are reached, so the system's timer is
 * touched only when the next one is earlier than what it is set to.
 *
 * @module
 */
import type { Clock } from "./system_clock.ts";

/** Node and Deno fire at once when asked for more than a signed 32-bit number of milliseconds. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #handle: ReturnType<typeof setTimeout> | undefined;
  #setFor = Infinity;
  #deadline: number | undefined;

  /** `onDue` is called when the deadline has passed, once for each deadline set. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** `deadline`: milliseconds of the monotonic clock; `undefined`: none. Replaces the earlier deadline. */
  set(deadline: number | undefined): void {
    this.#deadline = deadline;
    if (deadline !== undefined && deadline < this.#setFor) this.#arm(deadline);
  }

  clear(): void {
    this.#deadline = undefined;
    clearTimeout(this.#handle);
    this.#setFor = Infinity;
  }

  #arm(deadline: number): void {
    clearTimeout(this.#handle);
    this.#setFor = deadline;
    const wait = Math.min(Math.max(0, Math.ceil(deadline - this.#clock().monotonicMs)), LONGEST_TIMEOUT_MS);
    this.#handle = setTimeout(() => this.#fired(), wait);
  }

  #fired(): void {
    this.#setFor = Infinity;
    const deadline = this.#deadline;
    if (deadline === undefined) return;
    if (this.#clock().monotonicMs < deadline) return this.#arm(deadline);
    this.#deadline = undefined;
    this.#onDue();
  }
}
