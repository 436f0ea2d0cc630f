/**
 * A queue in order of arrival, in an array: to shift an array of thousands for each wave would cost more than the wave.
 *
 * @module
 */

/** How many free places at the front are given back at once. */
const FREE_PLACES = 32_768;

export class WaitingQueue<Item> {
  #items: Item[] = [];
  /** Index of the oldest item. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Moves the oldest `count` items, or all if there are fewer, to the end of `taken`. */
  take(count: number, taken: Item[]): void {
    const end = Math.min(this.#head + count, this.#items.length);
    for (let at = this.#head; at < end; at++) taken.push(this.#items[at]);
    this.#head = end;
    if (end === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (end >= FREE_PLACES) {
      this.#items = this.#items.slice(end);
      this.#head = 0;
    }
  }
}
