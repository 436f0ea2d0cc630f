/**
 * First in, first out, each item once, and what is in its midst can be taken out by itself.
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

  /** One that waits already keeps its place. */
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

  /** The one that waits for the longest time; it stays. */
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
