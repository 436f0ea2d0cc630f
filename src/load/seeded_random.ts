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
  const state = new DataView(digest.buffer, digest.byteOffset);
  let a = state.getInt32(0);
  let b = state.getInt32(4);
  let c = state.getInt32(8);
  let counter = state.getInt32(12);
  let word = 0;
  let left = 0;
  return (length) => {
    const drawn = new Uint8Array(length);
    for (let filled = 0; filled < length; filled++) {
      if (left === 0) {
        word = (a + b | 0) + counter | 0;
        counter = counter + 1 | 0;
        a = b ^ b >>> 9;
        b = c + (c << 3) | 0;
        c = (c << 21 | c >>> 11) + word | 0;
        left = WORD_LENGTH;
      }
      drawn[filled] = word;
      word >>>= 8;
      left--;
    }
    return drawn;
  };
}
