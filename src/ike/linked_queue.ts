/**
 * A queue out of whose middle anything can be taken at once. Arrays and Maps look through what was taken out before, again and again, when
 * thousands come and go each second.
 *
 * @module
 */

/** Where a value stands. Its members belong to the queue, but for the value. */
export interface Link<Value> {
  readonly value: Value;
  before: Link<Value> | undefined;
  after: Link<Value> | undefined;
  isQueued: boolean;
}

export class LinkedQueue<Value> {
  #first: Link<Value> | undefined;
  #last: Link<Value> | undefined;

  /** The one that has been there longest; `after` leads to the next. */
  get first(): Link<Value> | undefined {
    return this.#first;
  }

  push(value: Value): Link<Value> {
    const link: Link<Value> = { value, before: this.#last, after: undefined, isQueued: true };
    if (this.#last) this.#last.after = link;
    else this.#first = link;
    this.#last = link;
    return link;
  }

  /** Takes a value out. Nothing happens when it is out already. */
  remove(link: Link<Value>): void {
    if (!link.isQueued) return;
    const { before, after } = link;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    link.before = link.after = undefined;
    link.isQueued = false;
  }
}
