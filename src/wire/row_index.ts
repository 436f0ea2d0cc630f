/**
 * Finds rows of a table in typed arrays by a hash: open addressing with linear probing. It knows numbers alone: what is in a row, and which hash that has,
 * its owner says.
 *
 * A place holds the number of a row and, in the bits that numbers leave free, a part of its hash: as a rule no row is looked at but the one that is sought.
 * Among a million each look is a wait for memory.
 *
 * @module
 */

/** In place of a row: there is none. */
export const NO_ROW = -1;

/** A power of two, as every number of places. */
const FEWEST_PLACES = 64;
const FEWEST_ROW_BITS = 6;
/** What a place can hold, without its sign. */
const BITS_OF_PLACE = 31;

export class RowIndex {
  readonly #hashOf: (row: number) => number;
  /** Rows with parts of their hashes, or {@link NO_ROW}: at most three of four places are taken. */
  #places = new Int32Array(FEWEST_PLACES).fill(NO_ROW);
  /** The lower bits of a place that are for the row. All others are the upper ones of the hash. */
  #rowBits = FEWEST_ROW_BITS;
  #size = 0;

  /** @param hashOf of a row that is there: 32 bits. Whoever chooses what is hashed must not know them before. */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#size;
  }

  /** The row of this hash that it is, or {@link NO_ROW}. */
  find(hash: number, isIt: (row: number) => boolean): number {
    const places = this.#places;
    const mask = places.length - 1;
    const rowBits = this.#rowBits;
    const part = partOf(hash, rowBits);
    for (let place = hash & mask;; place = place + 1 & mask) {
      const held = places[place];
      if (held === NO_ROW) return NO_ROW;
      const row = rowIn(held, rowBits);
      if (held >>> rowBits === part && isIt(row)) return row;
    }
  }

  /** Puts a row in that is not there: a number below 2^30. */
  add(hash: number, row: number): void {
    this.#size++;
    if (4 * this.#size > 3 * this.#places.length) this.#resize(2 * this.#places.length);
    if (row >>> this.#rowBits !== 0) this.#resize(this.#places.length, BITS_OF_PLACE + 1 - Math.clz32(row));
    put(this.#places, hash, row, this.#rowBits);
  }

  /** Takes a row out that is there, and moves those behind it to where they are found without it. */
  delete(row: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    const rowBits = this.#rowBits;
    let gap = this.#hashOf(row) & mask;
    while (rowIn(places[gap], rowBits) !== row) gap = gap + 1 & mask;
    for (let next = gap + 1 & mask; places[next] !== NO_ROW; next = next + 1 & mask) {
      if ((next - this.#hashOf(rowIn(places[next], rowBits)) & mask) < (next - gap & mask)) continue;
      places[gap] = places[next];
      gap = next;
    }
    places[gap] = NO_ROW;
    this.#size--;
    if (8 * this.#size < places.length && places.length > FEWEST_PLACES) this.#resize(places.length / 2);
  }

  clear(): void {
    this.#places = new Int32Array(FEWEST_PLACES).fill(NO_ROW);
    this.#rowBits = FEWEST_ROW_BITS;
    this.#size = 0;
  }

  /** @param rowBits at least so many for a row: there may be higher numbers than places. */
  #resize(length: number, rowBits = 0): void {
    const before = this.#places;
    const bitsBefore = this.#rowBits;
    this.#places = new Int32Array(length).fill(NO_ROW);
    this.#rowBits = Math.max(bitsBefore, rowBits, Math.log2(length));
    for (let place = 0; place < before.length; place++) {
      if (before[place] === NO_ROW) continue;
      const row = rowIn(before[place], bitsBefore);
      put(this.#places, this.#hashOf(row), row, this.#rowBits);
    }
  }
}

function rowIn(held: number, rowBits: number): number {
  return held & (1 << rowBits) - 1;
}

/** The upper bits of a hash, as many as there is room for beside a row. */
function partOf(hash: number, rowBits: number): number {
  return hash >>> rowBits + 1;
}

function put(places: Int32Array, hash: number, row: number, rowBits: number): void {
  const mask = places.length - 1;
  let place = hash & mask;
  while (places[place] !== NO_ROW) place = place + 1 & mask;
  places[place] = partOf(hash, rowBits) << rowBits | row;
}
