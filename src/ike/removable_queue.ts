/**
 * First in, first out, and what is in its midst can be taken out: each at a cost that does not grow with the number. A `Set` keeps an order too,
 * but to find its first member it passes over all that were taken out before.
 *
 * @module
 */

/** Places that may be empty, beside as many as are not. */
const SPARE_PLACES = 1_024;

export class RemovableQueue<Item> {
  readonly #placeOf = new Map<Item, number>();
  #places: (Item | undefined)[] = [];
  /** No place before this one is taken. */
  #head = 0;

  get size(): number {
    return this.#placeOf.size;
  }

  has(item: Item): boolean {
    return this.#placeOf.has(item);
  }

  /** One that waits already keeps its place. */
  add(item: Item): void {
    if (this.#placeOf.has(item)) return;
    if (this.#places.length > 2 * this.#placeOf.size + SPARE_PLACES) this.#closeRanks();
    this.#placeOf.set(item, this.#places.length);
    this.#places.push(item);
  }

  delete(item: Item): void {
    const place = this.#placeOf.get(item);
    if (place === undefined) return;
    this.#placeOf.delete(item);
    this.#places[place] = undefined;
  }

  /** The one that waits for the longest time; it stays. */
  first(): Item | undefined {
    if (this.#placeOf.size === 0) return undefined;
    while (this.#places[this.#head] === undefined) this.#head++;
    return this.#places[this.#head];
  }

  #closeRanks(): void {
    const inOrder = [...this.#placeOf.keys()];
    inOrder.forEach((item, place) => this.#placeOf.set(item, place));
    this.#places = inOrder;
    this.#head = 0;
  }
}
