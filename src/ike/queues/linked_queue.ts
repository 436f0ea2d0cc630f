/**
 * A queue from whose middle any item can be taken at once. Arrays and Maps pass over the gaps of earlier items, again and
 * again, when thousands come and go each second.
 *
 * @module
 */

/**
 * An item of a queue, whose members belong to the queue. There may be a million items, and each is its own place in the queue.
 */
export class Queued<Item> {
  before: Item | undefined = undefined;
  after: Item | undefined = undefined;
  isQueued = false;
}

export class LinkedQueue<Item extends Queued<Item>> {
  #first: Item | undefined;
  #last: Item | undefined;

  /** The item that has been there longest; `after` leads to the next. */
  get first(): Item | undefined {
    return this.#first;
  }

  /** Puts an item at the end; it must stand in no queue. */
  push(item: Item): void {
    item.before = this.#last;
    item.isQueued = true;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
  }

  /** Takes an item out. Nothing happens when it is out already. */
  remove(item: Item): void {
    if (!item.isQueued) return;
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.before = item.after = undefined;
    item.isQueued = false;
  }
}
