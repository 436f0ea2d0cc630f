/**
 * A map by SPIs that this end has drawn at random. A Map follows a pointer to each bigint that it compares: among a million that is three times as
 * slow as the two words of an SPI beside each other.
 *
 * Open addressing with linear probing. Whoever draws an SPI decides its place, so no peer can make the map slow.
 *
 * @module
 */

/** Places that there are at least; a power of two, as every number of places. */
const FEWEST_PLACES = 1_024;

/** Spreads what SPIs have in common, such as the worker that their first word tells: the golden ratio of 32 bits. */
const SPREAD = 0x9e37_79b1 | 0;

export class SpiMap<Value> {
  #size = 0;
  #values: (Value | undefined)[] = new Array(FEWEST_PLACES).fill(undefined);
  /** The two words of an SPI, one behind the other, for each place. */
  #words = new Int32Array(2 * FEWEST_PLACES);

  get size(): number {
    return this.#size;
  }

  get(spi: bigint): Value | undefined {
    view.setBigUint64(0, spi);
    return this.#values[this.#placeOf(view.getInt32(0), view.getInt32(4))];
  }

  /** @param value not `undefined`. */
  set(spi: bigint, value: Value): void {
    if (4 * this.#size >= 3 * this.#values.length) this.#resize(2 * this.#values.length);
    view.setBigUint64(0, spi);
    const first = view.getInt32(0);
    const second = view.getInt32(4);
    const place = this.#placeOf(first, second);
    if (this.#values[place] === undefined) this.#size++;
    this.#values[place] = value;
    this.#words[2 * place] = first;
    this.#words[2 * place + 1] = second;
  }

  /** Whether it was there. */
  delete(spi: bigint): boolean {
    return this.take(spi) !== undefined;
  }

  /** Takes a value out, and gives it. */
  take(spi: bigint): Value | undefined {
    view.setBigUint64(0, spi);
    const place = this.#placeOf(view.getInt32(0), view.getInt32(4));
    const value = this.#values[place];
    if (value === undefined) return undefined;
    this.#close(place);
    this.#size--;
    if (8 * this.#size < this.#values.length && this.#values.length > FEWEST_PLACES) this.#resize(this.#values.length / 2);
    return value;
  }

  clear(): void {
    this.#size = 0;
    this.#values = new Array(FEWEST_PLACES).fill(undefined);
    this.#words = new Int32Array(2 * FEWEST_PLACES);
  }

  /** All of them as they are now, in no order: what happens to the map meanwhile changes nothing. */
  entries(): [bigint, Value][] {
    const entries: [bigint, Value][] = [];
    this.#values.forEach((value, place) => {
      if (value === undefined) return;
      view.setInt32(0, this.#words[2 * place]);
      view.setInt32(4, this.#words[2 * place + 1]);
      entries.push([view.getBigUint64(0), value]);
    });
    return entries;
  }

  /** The SPIs as they are now, in no order. */
  spis(): BigUint64Array {
    const spis = new BigUint64Array(this.#size);
    let count = 0;
    this.#values.forEach((value, place) => {
      if (value === undefined) return;
      view.setInt32(0, this.#words[2 * place]);
      view.setInt32(4, this.#words[2 * place + 1]);
      spis[count++] = view.getBigUint64(0);
    });
    return spis;
  }

  /** Where an SPI is, or the free place where it would be. */
  #placeOf(first: number, second: number): number {
    const values = this.#values;
    const words = this.#words;
    const mask = values.length - 1;
    let place = home(first, second, mask);
    while (values[place] !== undefined && (words[2 * place + 1] !== second || words[2 * place] !== first)) {
      place = place + 1 & mask;
    }
    return place;
  }

  /** Takes one out, and moves those behind it to where they are found without it. */
  #close(place: number): void {
    const values = this.#values;
    const words = this.#words;
    const mask = values.length - 1;
    let free = place;
    for (let next = free + 1 & mask; values[next] !== undefined; next = next + 1 & mask) {
      const first = words[2 * next];
      const second = words[2 * next + 1];
      if ((next - home(first, second, mask) & mask) < (next - free & mask)) continue;
      values[free] = values[next];
      words[2 * free] = first;
      words[2 * free + 1] = second;
      free = next;
    }
    values[free] = undefined;
  }

  #resize(places: number): void {
    const [values, words] = [this.#values, this.#words];
    this.#values = new Array(places).fill(undefined);
    this.#words = new Int32Array(2 * places);
    for (let place = 0; place < values.length; place++) {
      if (values[place] === undefined) continue;
      const [first, second] = [words[2 * place], words[2 * place + 1]];
      const to = this.#placeOf(first, second);
      this.#values[to] = values[place];
      this.#words[2 * to] = first;
      this.#words[2 * to + 1] = second;
    }
  }
}

const view = new DataView(new ArrayBuffer(8));

/** Where an SPI is put if nothing stands there. */
function home(first: number, second: number, mask: number): number {
  const spread = Math.imul(first ^ second, SPREAD);
  return (spread ^ spread >>> 15) & mask;
}
