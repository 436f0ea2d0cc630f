/**
 * First in, first out, each item once, and what is in its midst can be taken out by itself.
 *
 * @module
 */
import { type Link, LinkedQueue } from "./linked_queue.ts";

export class RemovableQueue<Item> {
  readonly #order = new LinkedQueue<Item>();
  readonly #linkOf = new Map<Item, Link<Item>>();

  get size(): number {
    return this.#linkOf.size;
  }

  has(item: Item): boolean {
    return this.#linkOf.has(item);
  }

  /** One that waits already keeps its place. */
  add(item: Item): void {
    if (!this.#linkOf.has(item)) this.#linkOf.set(item, this.#order.push(item));
  }

  delete(item: Item): void {
    const link = this.#linkOf.get(item);
    if (link === undefined) return;
    this.#order.remove(link);
    this.#linkOf.delete(item);
  }

  /** The one that waits for the longest time; it stays. */
  first(): Item | undefined {
    return this.#order.first?.value;
  }
}
