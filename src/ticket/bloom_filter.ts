/**
 * A set in constant space that forgets no member, and sometimes takes something for a member that is none (Bloom, 1970).
 *
 * @module
 */
import { HASH_SEEDS, hashEnd, hashMore } from "./seeded_hash.ts";

/** How large a filter is. */
export interface BloomParameters {
  /** Bits of the filter. */
  readonly bits: number;
  /** How many of them a member sets. */
  readonly hashes: number;
}

/** The smallest filter that holds `expected` members at a false-positive rate of at most `falsePositiveRate`. */
export function bloomParameters(expected: number, falsePositiveRate: number): BloomParameters {
  const bits = Math.max(64, Math.ceil(-expected * Math.log(falsePositiveRate) / Math.LN2 ** 2));
  return { bits, hashes: Math.max(1, Math.round(bits / expected * Math.LN2)) };
}

/** Its members are names that this program made, such as those of tickets: nobody can choose one to fill the filter with. */
export class BloomFilter {
  readonly #parameters: BloomParameters;
  readonly #words: Uint32Array;
  #setBits = 0;

  constructor(parameters: BloomParameters) {
    this.#parameters = parameters;
    this.#words = new Uint32Array(Math.ceil(parameters.bits / 32));
  }

  add(name: string): void {
    for (const bit of bitsOf(name, this.#parameters)) {
      const mask = 1 << (bit & 31);
      if ((this.#words[bit >>> 5] & mask) !== 0) continue;
      this.#words[bit >>> 5] |= mask;
      this.#setBits++;
    }
  }

  /** `false`: it was never added. `true`: it was, or others together set all its bits. */
  has(name: string): boolean {
    for (const bit of bitsOf(name, this.#parameters)) {
      if ((this.#words[bit >>> 5] & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** The chance that a name which was never added is taken for a member, with the bits that are set now. */
  get falsePositiveRate(): number {
    return (this.#setBits / this.#parameters.bits) ** this.#parameters.hashes;
  }

  clear(): void {
    this.#words.fill(0);
    this.#setBits = 0;
  }
}

/** Enhanced double hashing: two hashes of the name make any number of positions, which are as good as independent. */
function* bitsOf(name: string, { bits, hashes }: BloomParameters): Generator<number> {
  let position = hash(name, HASH_SEEDS[0]) % bits;
  let stride = hash(name, HASH_SEEDS[1]) % bits;
  for (let index = 0; index < hashes; index++) {
    yield position;
    position = (position + stride) % bits;
    stride = (stride + index + 1) % bits;
  }
}

function hash(name: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < name.length; index++) value = hashMore(value, name.charCodeAt(index));
  return hashEnd(value);
}
