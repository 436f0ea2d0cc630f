/**
 * Deadlines of many IKE SAs or sessions, earliest first: a binary heap in which each item knows its place, so that a deadline
 * can be moved or taken out at a cost that hardly grows with their number.
 *
 * @module
 */

/** An item with one deadline. Its two members belong to the heap: others only read them. */
export interface Timed {
  /** The deadline that stands in the heap; `Infinity`: none does. */
  armedFor: number;
  /** Where it stands; -1: nowhere. */
  heapPosition: number;
}

export class TimerHeap<Item extends Timed> {
  readonly #items: Item[] = [];

  /** How many deadlines wait. */
  get size(): number {
    return this.#items.length;
  }

  /** The earliest deadline. */
  get earliest(): number | undefined {
    return this.#items[0]?.armedFor;
  }

  /** Sets the one deadline of an item, or moves it. */
  arm(item: Item, deadline: number): void {
    const before = item.armedFor;
    item.armedFor = deadline;
    if (item.heapPosition === -1) this.#rise(item, this.#items.push(item) - 1);
    else if (deadline < before) this.#rise(item, item.heapPosition);
    else this.#sink(item, item.heapPosition);
  }

  /** Takes an item's deadline out, if it has one. */
  disarm(item: Item): void {
    const at = item.heapPosition;
    if (at === -1) return;
    item.heapPosition = -1;
    item.armedFor = Infinity;
    const last = this.#items.pop()!;
    if (last === item) return;
    const parent = this.#items[(at - 1) >> 1];
    if (at > 0 && last.armedFor < parent.armedFor) this.#rise(last, at);
    else this.#sink(last, at);
  }

  /** Takes out the item with the earliest deadline, if that is not after `now`. */
  takeDue(now: number): Item | undefined {
    const first = this.#items[0];
    if (first === undefined || first.armedFor > now) return undefined;
    this.disarm(first);
    return first;
  }

  clear(): void {
    for (const item of this.#items.splice(0)) {
      item.armedFor = Infinity;
      item.heapPosition = -1;
    }
  }

  /** Puts an item in a place that is free for it, or in one above. */
  #rise(item: Item, at: number): void {
    const items = this.#items;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent].armedFor <= item.armedFor) break;
      this.#place(items[parent], at);
      at = parent;
    }
    this.#place(item, at);
  }

  /** Puts an item in a place that is free for it, or in one below. */
  #sink(item: Item, at: number): void {
    const items = this.#items;
    for (let child = 2 * at + 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && items[child + 1].armedFor < items[child].armedFor) child++;
      if (items[child].armedFor >= item.armedFor) break;
      this.#place(items[child], at);
      at = child;
    }
    this.#place(item, at);
  }

  #place(item: Item, at: number): void {
    this.#items[at] = item;
    item.heapPosition = at;
  }
}
