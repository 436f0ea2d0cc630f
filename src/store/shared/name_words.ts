/**
 * Names of tickets as words, for tables without objects: a look-up makes no garbage, and threads can share what is no object.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Digits of a name that stands in the words as it is: key identity and IV of a ticket are 48 at most. */
const MOST_DIGITS = 48;
const DIGITS_PER_WORD = 8;
const NAME_WORDS = MOST_DIGITS / DIGITS_PER_WORD;
/** Words of a name: its digits, and behind them what it is and how long. */
export const WORDS_OF_NAME: number = NAME_WORDS + 1;
/** Instead of the length, where the words are a hash: no length that a name can have. */
const HASHED = -1;

const DIGIT_ZERO = 0x30;
const [DIGIT_A, DIGIT_F] = [0x61, 0x66];

/**
 * Writes a name into `words`, {@link WORDS_OF_NAME} long. Two names have the same words only if they are the same: what is no hexadecimal number in small
 * letters, or is too long, is hashed (SHA-256, 192 bits of it).
 */
export function writeName(name: string, words: Int32Array): void {
  words.fill(0);
  const { length } = name;
  if (length > MOST_DIGITS) return writeHash(name, words);
  for (let index = 0; index < length; index++) {
    const code = name.charCodeAt(index);
    const digit = code <= DIGIT_ZERO + 9 ? code - DIGIT_ZERO : code <= DIGIT_F ? code - DIGIT_A + 10 : -1;
    if (digit < 0 || code > DIGIT_ZERO + 9 && code < DIGIT_A) return writeHash(name, words);
    words[index >>> 3] = words[index >>> 3] << 4 | digit;
  }
  words[NAME_WORDS] = length;
}

function writeHash(name: string, words: Int32Array): void {
  const hash = createHash("sha256").update(name).digest();
  for (let index = 0; index < NAME_WORDS; index++) words[index] = hash.readInt32LE(4 * index);
  words[NAME_WORDS] = HASHED;
}

/** Spreads names over places; with a seed that nobody else knows, whoever chooses names does not choose their places. */
export function hashOfWords(words: Int32Array, start: number, seed: number): number {
  let hash = seed;
  for (let index = start; index < start + WORDS_OF_NAME; index++) {
    hash = Math.imul(hash ^ words[index], 0x85eb_ca6b);
    hash = Math.imul(hash ^ hash >>> 15, 0xc2b2_ae35);
  }
  return hash ^ hash >>> 16;
}
