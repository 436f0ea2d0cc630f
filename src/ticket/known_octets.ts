/**
 * Parts of tickets that nearly all tickets of a gateway have in common, known by their octets, so that each is read, and kept, once.
 *
 * @module
 */

/** Tickets come from configurations, not from strangers: no honest fleet has so many different parts. */
const MOST_KNOWN = 32;

interface Known<Value> {
  readonly octets: Uint8Array;
  readonly value: Value;
}

export class KnownOctets<Value> {
  readonly #read: (octets: Uint8Array) => Value | undefined;
  #known: Known<Value>[] = [];

  /** @param read makes the value of octets that it may keep; `undefined`: they are none. */
  constructor(read: (octets: Uint8Array) => Value | undefined) {
    this.#read = read;
  }

  /** The value of the octets from `start` to `end`: one for all that are equal. It shares nothing with `octets`, which may be wiped. */
  valueOf(octets: Uint8Array, start: number, end: number): Value | undefined {
    for (const known of this.#known) {
      if (isAt(known.octets, octets, start, end)) return known.value;
    }
    const own = octets.slice(start, end);
    const value = this.#read(own);
    if (value === undefined) return undefined;
    if (this.#known.length === MOST_KNOWN) this.#known = [];
    this.#known.push({ octets: own, value });
    return value;
  }
}

function isAt(expected: Uint8Array, octets: Uint8Array, start: number, end: number): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) {
    if (octets[start + index] !== expected[index]) return false;
  }
  return true;
}
