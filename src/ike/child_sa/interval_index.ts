/**
 * Intervals of addresses in order, so that those that overlap another are found without a look at all the rest.
 *
 * They stand in short arrays, one behind the other, each with the highest end in it: to add one or to take it out moves a few hundred neighbours at
 * most, and a search passes over whole arrays.
 *
 * @module
 */

/** An IPv4 address as a number, an IPv6 address as a string: both are ordered as the addresses are. An index has those of one family alone. */
export type OrderedAddress = number | string;

/** An array of twice so many is divided. */
const HALF_OF_CHUNK = 256;

interface Chunk<Item> {
  /** In the order of their starts; at least one. */
  readonly items: Item[];
  last: OrderedAddress;
}

export class IntervalIndex<Item> {
  readonly #startOf: (item: Item) => OrderedAddress;
  readonly #endOf: (item: Item) => OrderedAddress;
  #chunks: Chunk<Item>[] = [];

  /** Both ends inclusive. @param endOf left out: each is one address */
  constructor(startOf: (item: Item) => OrderedAddress, endOf: (item: Item) => OrderedAddress = startOf) {
    this.#startOf = startOf;
    this.#endOf = endOf;
  }

  add(item: Item): void {
    const start = this.#startOf(item);
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push({ items: [item], last: this.#endOf(item) });
      return;
    }
    // Behind those that begin alike, in the last array that begins before it.
    const at = Math.max(0, this.#firstChunkBehind(start) - 1);
    const chunk = chunks[at];
    const { items } = chunk;
    items.splice(this.#firstBehind(items, start), 0, item);
    if (this.#endOf(item) > chunk.last) chunk.last = this.#endOf(item);
    if (items.length < 2 * HALF_OF_CHUNK) return;
    const second = items.splice(HALF_OF_CHUNK);
    chunk.last = this.#lastOf(items);
    chunks.splice(at + 1, 0, { items: second, last: this.#lastOf(second) });
  }

  /** Takes out this very item, if it is there. */
  delete(item: Item): void {
    const start = this.#startOf(item);
    const chunks = this.#chunks;
    // Those that begin alike may stand in several arrays.
    for (let at = Math.max(0, firstOf(chunks, ({ items }) => this.#startOf(items[0]) >= start) - 1); at < chunks.length; at++) {
      const { items } = chunks[at];
      if (this.#startOf(items[0]) > start) return;
      const place = items.indexOf(item, firstOf(items, (other) => this.#startOf(other) >= start));
      if (place === -1) continue;
      items.splice(place, 1);
      if (items.length === 0) chunks.splice(at, 1);
      else if (this.#endOf(item) === chunks[at].last) chunks[at].last = this.#lastOf(items);
      return;
    }
  }

  /** The intervals that overlap this one, in the order of their starts. */
  *overlapping(start: OrderedAddress, end: OrderedAddress): Iterable<Item> {
    const chunks = this.#chunks;
    // Where each is one address the ends are in order too.
    const first = this.#startOf === this.#endOf ? firstOf(chunks, ({ last }) => last >= start) : 0;
    for (let at = first; at < chunks.length; at++) {
      const { items, last } = chunks[at];
      if (this.#startOf(items[0]) > end) return;
      if (last < start) continue;
      for (const item of items) {
        if (this.#startOf(item) > end) return;
        if (this.#endOf(item) >= start) yield item;
      }
    }
  }

  clear(): void {
    this.#chunks = [];
  }

  /** The first array that begins behind this. A search without a function of its own: one is made for every IKE SA that comes up. */
  #firstChunkBehind(start: OrderedAddress): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = low + high >>> 1;
      if (this.#startOf(this.#chunks[middle].items[0]) > start) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #firstBehind(items: readonly Item[], start: OrderedAddress): number {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = low + high >>> 1;
      if (this.#startOf(items[middle]) > start) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #lastOf(items: readonly Item[]): OrderedAddress {
    let last = this.#endOf(items[0]);
    for (const item of items) if (this.#endOf(item) > last) last = this.#endOf(item);
    return last;
  }
}

/** The first place at which something holds that holds from there on; the length, if it never does. */
function firstOf<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = low + high >>> 1;
    if (holds(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
