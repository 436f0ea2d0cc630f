/**
 * A queue that gives out only so many items a second, each of them once.
 *
 * @module
 */
import { RemovableQueue } from "./removable_queue.ts";

/** How much may be given out at once after a pause, in milliseconds of the rate: timers are not more exact. */
const BURST_MS = 50;
/** Items are given out in portions, this far apart at least: a timer for each would cost more than most items. */
const PORTION_MS = 20;

/** One, less the rounding error of a sum of fractions. */
const WHOLE = 1 - 1e-6;

export class PacedQueue<Item> {
  readonly #perMs: number;
  readonly #burst: number;
  #waiting = new RemovableQueue<Item>();
  #allowance: number;
  #countedAtMs = -Infinity;

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = Math.max(1, BURST_MS * this.#perMs);
    this.#allowance = this.#burst;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** When to call {@link PacedQueue.take}, in monotonic milliseconds; `undefined` while nothing waits. */
  get nextMs(): number | undefined {
    if (this.#waiting.size === 0) return undefined;
    if (this.#allowance >= WHOLE) return this.#countedAtMs;
    return this.#countedAtMs + Math.max(PORTION_MS, (1 - this.#allowance) / this.#perMs);
  }

  /** An item that waits already keeps its place. */
  add(item: Item): void {
    this.#waiting.add(item);
  }

  /** Nothing happens when it does not wait. */
  delete(item: Item): void {
    this.#waiting.delete(item);
  }

  /** Takes out the first; `undefined`: nothing waits, or it is too early. */
  take(nowMs: number): Item | undefined {
    if (this.#waiting.size === 0) return undefined;
    const elapsed = Math.max(0, nowMs - this.#countedAtMs);
    this.#allowance = Math.min(this.#burst, this.#allowance + elapsed * this.#perMs);
    this.#countedAtMs = Math.max(nowMs, this.#countedAtMs);
    if (this.#allowance < WHOLE) return undefined;
    this.#allowance = Math.max(0, this.#allowance - 1);
    const item = this.#waiting.first()!;
    this.#waiting.delete(item);
    return item;
  }

  clear(): void {
    this.#waiting = new RemovableQueue();
  }
}
