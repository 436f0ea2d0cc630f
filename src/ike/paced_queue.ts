/**
 * A queue that gives out only so many items a second, each of them once.
 *
 * @module
 */

/** What may be given out at once after a pause, in milliseconds of the rate: timers are not more exact. */
const BURST_MS = 50;
/** Items are given out in portions, this far apart at least: a timer for each would cost more than most items. */
const PORTION_MS = 20;

/** One, but for what sums of fractions lack. */
const WHOLE = 1 - 1e-6;

export class PacedQueue<Item> {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #waiting = new Set<Item>();
  /** Those that wait, in their order; not a set alone, whose beginning would have to be searched for after many were taken. */
  #order: Item[] = [];
  #head = 0;
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

  /** One that waits already keeps its place. */
  add(item: Item): void {
    if (this.#waiting.has(item)) return;
    this.#waiting.add(item);
    this.#order.push(item);
  }

  /** Takes out the first; `undefined`: nothing waits, or it is too early. */
  take(nowMs: number): Item | undefined {
    if (this.#waiting.size === 0) return undefined;
    const elapsed = Math.max(0, nowMs - this.#countedAtMs);
    this.#allowance = Math.min(this.#burst, this.#allowance + elapsed * this.#perMs);
    this.#countedAtMs = Math.max(nowMs, this.#countedAtMs);
    if (this.#allowance < WHOLE) return undefined;
    this.#allowance = Math.max(0, this.#allowance - 1);
    const item = this.#order[this.#head++];
    this.#waiting.delete(item);
    if (this.#head === this.#order.length || this.#head >= SHIFTED_AT && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#waiting.clear();
    this.#order = [];
    this.#head = 0;
  }
}

/** The beginning is cut off now and then, so that taking one costs a constant on average. */
const SHIFTED_AT = 1_024;
