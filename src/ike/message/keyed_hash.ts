/**
 * HalfSipHash-1-3 (Aumasson, Bernstein) with 64 bits of result: a hash for tables of what strangers send. Without its key
 * nobody finds messages that share a hash, so nobody can slow a table down; it is no MAC.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";

/** Octets of a key. */
export const HASH_KEY_LENGTH = 8;

/** The bits of 64 that a number cannot hold exactly. */
const BITS_LEFT_OUT = 11;
const FIRST_LEFT = 2 ** (32 - BITS_LEFT_OUT);

export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;

  constructor(random: RandomSource) {
    const key = random(HASH_KEY_LENGTH);
    this.#k0 = word(key, 0);
    this.#k1 = word(key, 4);
  }

  /** The first 53 bits of the hash, as a whole number. */
  of(octets: Uint8Array): number {
    hashInto(halves, this.#k0, this.#k1, octets, octets.length);
    return halves[0] * FIRST_LEFT + (halves[1] >>> BITS_LEFT_OUT);
  }

  /** The first 32 bits of the hash of so many octets, signed: for tables that are asked several times for each message. */
  shortOf(octets: Uint8Array, length: number): number {
    hashInto(halves, this.#k0, this.#k1, octets, length);
    return halves[0] | 0;
  }
}

/** Both halves of the result, in the order in which they are written, each a little-endian word. */
export function halfSipHash(k0: number, k1: number, octets: Uint8Array): readonly [number, number] {
  hashInto(halves, k0, k1, octets, octets.length);
  return [halves[0], halves[1]];
}

/** Of the hash that was made last: an array for each would be garbage. */
const halves = new Uint32Array(2);

function hashInto(result: Uint32Array, k0: number, k1: number, octets: Uint8Array, length: number): void {
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = k0 ^ 0x6c796765;
  let v3 = k1 ^ 0x74656462;
  const wholeWords = length & ~3;
  for (let at = 0; at <= wholeWords; at += 4) {
    const m = at < wholeWords ? word(octets, at) : lastWord(octets, wholeWords, length);
    v3 ^= m;
    v0 = v0 + v1 | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = v0 + v3 | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = v2 + v1 | 0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= m;
  }
  v2 ^= 0xee;
  for (let round = 1; round <= 6; round++) {
    v0 = v0 + v1 | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = v0 + v3 | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = v2 + v1 | 0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    if (round === 3) {
      result[0] = v1 ^ v3;
      v1 ^= 0xdd;
    }
  }
  result[1] = v1 ^ v3;
}

/** The octets behind the last whole word, and the length. */
function lastWord(octets: Uint8Array, start: number, length: number): number {
  let result = length << 24;
  for (let at = start; at < length; at++) result |= octets[at] << 8 * (at - start);
  return result;
}

function word(octets: Uint8Array, at: number): number {
  return octets[at] | octets[at + 1] << 8 | octets[at + 2] << 16 | octets[at + 3] << 24;
}
