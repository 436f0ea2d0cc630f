/**
 * Random numbers that a seed repeats, for load tests only: whoever knows the seed knows every key that a client made with them.
 *
 * @module
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { RandomSource } from "../crypto/key_exchange.ts";

/** Octets drawn from the key stream at a time: a whole number of ChaCha20 blocks of 64. */
const STOCK_LENGTH = 256;
const CHACHA20_BLOCK_LENGTH = 64;
const ZEROS = new Uint8Array(STOCK_LENGTH);
const NONCE = new Uint8Array(12);

/**
 * A ChaCha20 key stream whose key is SHA-256 of seed and label. Equal arguments give equal octets; different labels give streams that
 * have nothing to do with each other.
 */
export function seededRandom(seed: number, label: string): RandomSource {
  const key = sha256(new TextEncoder().encode(`ike-resume load test ${seed} ${label}`));
  let counter = 0;
  let stock: Uint8Array = new Uint8Array(0);
  return (length) => {
    const drawn = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (stock.length === 0) {
        stock = chacha20(key, NONCE, ZEROS, undefined, counter);
        counter += STOCK_LENGTH / CHACHA20_BLOCK_LENGTH;
      }
      const part = stock.subarray(0, length - filled);
      drawn.set(part, filled);
      filled += part.length;
      stock = stock.subarray(part.length);
    }
    return drawn;
  };
}
