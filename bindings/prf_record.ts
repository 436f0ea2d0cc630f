/**
 * The record of an operation over a prf.
 *
 * @module
 */
import type { PrfAlgorithm } from "../src/crypto/algorithms.ts";
import { HASHES } from "./algorithm_numbers.ts";
import type { Arena } from "./arena.ts";
import { WORD_HASH, WORD_KEY_OFFSET } from "./generated/layout.ts";

/** Begins a record. `place`: which of its member's records this is. */
export function writePrf(prf: PrfAlgorithm, key: Uint8Array, arena: Arena, place: number): void {
  arena.nextRecord();
  arena.setWord(WORD_HASH, HASHES[prf.hash]);
  arena.putKey(WORD_KEY_OFFSET, key, place);
}

/** The same, of a key that stands in keying material: it is written anew each time. */
export function writePrfFrom(prf: PrfAlgorithm, keyingMaterial: Uint8Array, start: number, arena: Arena): void {
  arena.nextRecord();
  arena.setWord(WORD_HASH, HASHES[prf.hash]);
  arena.putInputFrom(WORD_KEY_OFFSET, keyingMaterial, start, start + prf.outputLength);
}
