/**
 * Random numbers that a seed repeats, for load tests only: whoever knows the seed knows every key that a client made with them.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { RandomSource } from "../crypto/key_exchange.ts";

const WORD_LENGTH = 4;

/**
 * Statistically random, and cheap: sfc32 (Doty-Humphrey, "Small Fast Counting", PractRand), whose state is SHA-256 of seed and label.
 * Equal arguments give equal octets, however they are drawn; different labels give streams that have nothing to do with each other.
 */
export function seededRandom(seed: number, label: string): RandomSource {
  const digest = sha256(new TextEncoder().encode(`ike-resume load test ${seed} ${label}`));
  const words = new DataView(digest.buffer, digest.byteOffset);
  // In an array, and not in variables: a number of 32 bits in one of those is an object anew each time that it changes.
  const state = Int32Array.of(words.getInt32(0), words.getInt32(4), words.getInt32(8), words.getInt32(12), 0, 0);
  const random = (length: number) => {
    const drawn = new Uint8Array(length);
    fill(drawn, state);
    return drawn;
  };
  return Object.assign(random, { fill: (octets: Uint8Array) => fill(octets, state) });
}

/** @param state of sfc32, four words; then the latest word, as far as it was not drawn yet, and how many octets that is. */
function fill(octets: Uint8Array, state: Int32Array): void {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let counter = state[3];
  let word = state[4];
  let left = state[5];
  for (let filled = 0; filled < octets.length; filled++) {
    if (left === 0) {
      word = (a + b | 0) + counter | 0;
      counter = counter + 1 | 0;
      a = b ^ b >>> 9;
      b = c + (c << 3) | 0;
      c = (c << 21 | c >>> 11) + word | 0;
      left = WORD_LENGTH;
    }
    octets[filled] = word;
    word >>>= 8;
    left--;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = counter;
  state[4] = word;
  state[5] = left;
}
