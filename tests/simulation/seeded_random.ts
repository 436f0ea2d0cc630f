/**
 * Randomness that a seed decides, for tests alone.
 *
 * @module
 */
import type { RandomSource } from "../../src/crypto/key_exchange.ts";

/** Numbers from 0 to 1, and octets, always the same for one seed (mulberry32: not for secrets). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 inclusive to 1 exclusive. */
  readonly number = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  readonly octets: RandomSource = (length) => Uint8Array.from({ length }, () => Math.floor(this.number() * 256));
}
