/**
 * A queue, first in, first out, that holds each item once; an item can also be taken from its middle.
 *
 * @module
 */
import { LinkedQueue, Queued } from "./linked_queue.ts";

export class RemovableQueue<Item> {
  readonly #order = new LinkedQueue<Place<Item>>();
  readonly #placeOf = new Map<Item, Place<Item>>();

  get size(): number {
    return this.#placeOf.size;
  }

  has(item: Item): boolean {
    return this.#placeOf.has(item);
  }

  /** An item that waits already keeps its place. */
  add(item: Item): void {
    if (this.#placeOf.has(item)) return;
    const place = new Place(item);
    this.#order.push(place);
    this.#placeOf.set(item, place);
  }

  delete(item: Item): void {
    const place = this.#placeOf.get(item);
    if (place === undefined) return;
    this.#order.remove(place);
    this.#placeOf.delete(item);
  }

  /** The item that has waited longest; it stays. */
  first(): Item | undefined {
    return this.#order.first?.item;
  }
}

class Place<Item> extends Queued<Place<Item>> {
  readonly item: Item;

  constructor(item: Item) {
    super();
    this.item = item;
  }
}
