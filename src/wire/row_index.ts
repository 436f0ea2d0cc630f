/**
 * Finds rows of a table in typed arrays by a hash: open addressing with linear probing. It knows numbers alone: what is in a row, and which hash that has,
 * its owner says.
 *
 * @module
 */

/** In place of a row: there is none. */
export const NO_ROW = -1;

/** A power of two, as every number of places. */
const FEWEST_PLACES = 64;

export class RowIndex {
  readonly #hashOf: (row: number) => number;
  /** Numbers of rows, or {@link NO_ROW}: at most three of four places are taken. */
  #places = new Int32Array(FEWEST_PLACES).fill(NO_ROW);
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
    for (let place = hash & mask;; place = place + 1 & mask) {
      const row = places[place];
      if (row === NO_ROW || isIt(row)) return row;
    }
  }

  /** Puts a row in that is not there. */
  add(hash: number, row: number): void {
    this.#size++;
    if (4 * this.#size > 3 * this.#places.length) this.#resize(2 * this.#places.length);
    put(this.#places, hash, row);
  }

  /** Takes a row out that is there, and moves those behind it to where they are found without it. */
  delete(row: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let gap = this.#hashOf(row) & mask;
    while (places[gap] !== row) gap = gap + 1 & mask;
    for (let next = gap + 1 & mask; places[next] !== NO_ROW; next = next + 1 & mask) {
      if ((next - this.#hashOf(places[next]) & mask) < (next - gap & mask)) continue;
      places[gap] = places[next];
      gap = next;
    }
    places[gap] = NO_ROW;
    this.#size--;
    if (8 * this.#size < places.length && places.length > FEWEST_PLACES) this.#resize(places.length / 2);
  }

  clear(): void {
    this.#places = new Int32Array(FEWEST_PLACES).fill(NO_ROW);
    this.#size = 0;
  }

  #resize(length: number): void {
    const before = this.#places;
    this.#places = new Int32Array(length).fill(NO_ROW);
    for (const row of before) if (row !== NO_ROW) put(this.#places, this.#hashOf(row), row);
  }
}

function put(places: Int32Array, hash: number, row: number): void {
  const mask = places.length - 1;
  let place = hash & mask;
  while (places[place] !== NO_ROW) place = place + 1 & mask;
  places[place] = row;
}
