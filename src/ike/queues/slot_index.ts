/**
 * Finds slots of columns by a word of 32 bits of what they hold: of many short-lived things an object and an entry of a Map each would keep the collector
 * of garbage busy.
 *
 * Open addressing with linear probing, in a table of twice as many places as there are slots.
 *
 * @module
 */

/** Spreads what words have in common: the golden ratio of 32 bits. */
const SPREAD = 0x9e37_79b1 | 0;

export class SlotIndex {
  /** By place: the slot, and one more; 0: the place is free. */
  readonly #slots: Int32Array;
  readonly #words: Int32Array;

  /** @param words of each slot, a power of two of them: the word is to stay the same from {@link add} to {@link delete}. */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#slots = new Int32Array(2 * words.length);
  }

  /** The first place where a slot of this word may be: to be looked at with {@link slotAt}, and then those {@link after} it. */
  home(word: number): number {
    const spread = Math.imul(word, SPREAD);
    return (spread ^ spread >>> 15) & this.#slots.length - 1;
  }

  /** -1: there is none here, nor at a later place. */
  slotAt(place: number): number {
    return this.#slots[place] - 1;
  }

  after(place: number): number {
    return place + 1 & this.#slots.length - 1;
  }

  add(slot: number): void {
    let place = this.home(this.#words[slot]);
    while (this.#slots[place] !== 0) place = this.after(place);
    this.#slots[place] = slot + 1;
  }

  /** The slot has to be there. */
  delete(slot: number): void {
    let free = this.home(this.#words[slot]);
    while (this.#slots[free] !== slot + 1) free = this.after(free);
    // Those behind it move to where they are found without it.
    const mask = this.#slots.length - 1;
    for (let next = this.after(free); this.#slots[next] !== 0; next = this.after(next)) {
      const home = this.home(this.#words[this.#slots[next] - 1]);
      if ((next - home & mask) < (next - free & mask)) continue;
      this.#slots[free] = this.#slots[next];
      free = next;
    }
    this.#slots[free] = 0;
  }
}
