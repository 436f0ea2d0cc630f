/**
 * Room for octets that are kept for hours, of which there may be a million pieces: a typed array of each would take more than many pieces hold, and
 * the collector of garbage would copy it twice.
 *
 * Slots of one length lie side by side in a slab, and are used again. One that is given back is wiped.
 *
 * @module
 */

/** Slots are this much longer from one length to the next, in octets, where nobody says otherwise; and the least that anybody may say. */
const STEP = 32;
const LEAST_STEP = 8;
/** Numbers of slots have 32 bits, of which so many tell the slot in its slab. */
const BITS_OF_SLOT = 13;
const MOST_SLOTS = 2 ** BITS_OF_SLOT;
/** Octets of a slab, about: what is longer than its half has a slab of its own. */
const SLAB_LENGTH = LEAST_STEP * MOST_SLOTS;
/** In place of a slot that is free: there is none behind it. */
const NONE = 0xffff_ffff;

/** Slots of one length. */
export class Slab {
  readonly octets: Uint8Array;
  readonly view: DataView;
  readonly slotLength: number;
  /** Its number among all that there are. */
  readonly number: number;
  /** Where it stands among those of its length that have room; -1: it has none. */
  place = -1;
  used = 0;
  /** Slots before this were in use once. */
  #touched = 0;
  /** The slot that was given back last; each that is free says in its first word where the next one is. */
  #free = NONE;

  constructor(slotLength: number, number: number) {
    this.slotLength = slotLength;
    this.number = number;
    this.octets = new Uint8Array(slotLength * Math.max(1, Math.floor(SLAB_LENGTH / slotLength)));
    this.view = new DataView(this.octets.buffer);
  }

  get hasRoom(): boolean {
    return this.#free !== NONE || this.#touched < this.octets.length;
  }

  /** Where a slot of zeros begins, which is in use from now on. */
  take(): number {
    this.used++;
    const start = this.#free;
    if (start === NONE) {
      this.#touched += this.slotLength;
      return this.#touched - this.slotLength;
    }
    this.#free = this.view.getUint32(start);
    this.view.setUint32(start, 0);
    return start;
  }

  giveBack(start: number): void {
    this.used--;
    this.octets.fill(0, start, start + this.slotLength);
    this.view.setUint32(start, this.#free);
    this.#free = start;
  }
}

export class OctetSlots {
  readonly #step: number;
  /** By length: slabs that have room. */
  readonly #withRoom: Slab[][] = [];
  /** All that are there, by number. */
  readonly #slabs: (Slab | undefined)[] = [];
  /** Numbers of slabs that are gone. */
  readonly #unused: number[] = [];

  /** @param step octets by which slots are longer from one length to the next: a multiple of 8. */
  constructor(step: number = STEP) {
    this.#step = step;
  }

  /** A slab that has room for so many octets: its {@link Slab.take} gives them. What is taken of it meanwhile may be given back. */
  slabFor(length: number): Slab {
    const step = Math.ceil(length / this.#step);
    const slabs = this.#withRoom[step] ??= [];
    if (slabs.length === 0) {
      const slab = new Slab(step * this.#step, this.#unused.pop() ?? this.#slabs.length);
      this.#slabs[slab.number] = slab;
      slab.place = 0;
      slabs.push(slab);
    }
    return slabs[slabs.length - 1];
  }

  /** Where a slot of zeros begins in a slab of {@link slabFor}. */
  take(slab: Slab): number {
    const start = slab.take();
    if (!slab.hasRoom) this.#close(slab);
    return start;
  }

  /** Wipes a slot, which others may use from now on. */
  giveBack(slab: Slab, start: number): void {
    slab.giveBack(start);
    const slabs = this.#withRoom[slab.slotLength / this.#step];
    if (slab.place === -1) {
      slab.place = slabs.length;
      slabs.push(slab);
    }
    // Memory that nobody uses goes back to the runtime, but for one slab of each length.
    if (slab.used > 0 || slabs.length === 1) return;
    this.#close(slab);
    this.#slabs[slab.number] = undefined;
    this.#unused.push(slab.number);
  }

  /** By this number {@link slotOf} finds a slot that is in use: 32 bits in place of an object. */
  numberOf({ number, slotLength }: Slab, start: number): number {
    return number * MOST_SLOTS + start / slotLength;
  }

  slotOf(number: number): { readonly slab: Slab; readonly start: number } {
    const slab = this.#slabs[number >>> BITS_OF_SLOT];
    if (slab === undefined) throw new RangeError(`slot ${number}: is in no slab`);
    return { slab, start: (number & MOST_SLOTS - 1) * slab.slotLength };
  }

  #close(slab: Slab): void {
    const slabs = this.#withRoom[slab.slotLength / this.#step];
    const last = slabs.pop()!;
    if (last !== slab) {
      slabs[slab.place] = last;
      last.place = slab.place;
    }
    slab.place = -1;
  }
}
