/** Repeatable octets for tests. Not random in any sense that cryptography knows. @module */
import { env } from "node:process";

/** The seed of a run: IKE_RESUME_TEST_SEED, to repeat a failed run, or the clock. */
export const runSeed: number = Number(env.IKE_RESUME_TEST_SEED ?? Date.now() % 0x1_0000_0000) >>> 0;

export interface RepeatableRandom {
  octets(length: number): Uint8Array;
  /** From `least` to `greatest`, both included. */
  integer(least: number, greatest: number): number;
}

/** Xorshift of 32 bits, by Marsaglia. */
export function repeatableRandom(seed: number): RepeatableRandom {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    octets: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    integer: (least, greatest) => least + next() % (greatest - least + 1),
  };
}
