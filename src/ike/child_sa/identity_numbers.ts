/**
 * Identities by number, each kept once, as octets: of a million clients a string for each, in several maps, would be a large part of what they take.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { OctetSlots } from "../../wire/octet_slots.ts";
import { NO_ROW, RowIndex } from "../../wire/row_index.ts";
import { WordRows } from "../../wire/word_rows.ts";
import { KeyedHash } from "../message/keyed_hash.ts";

/** In place of a number: nobody holds anything under this identity. */
export const NOBODY: number = NO_ROW;

/** Of an identity: the slot of its octets, their length, their hash, and how many hold it. */
const ROW_WORDS = 4;
const Word = { SLOT: 0, LENGTH: 1, HASH: 2, HOLDERS: 3 } as const;
/** Octets by which slots are longer from one length to the next. */
const STEP = 8;

/** Names identities by `identityKey`. A number stands for one identity as long as it is held by anybody. */
export class IdentityNumbers {
  readonly #hash: KeyedHash;
  readonly #slots = new OctetSlots(STEP);
  readonly #index = new RowIndex((row) => this.#rows.words[ROW_WORDS * row + Word.HASH]);
  readonly #rows = new WordRows(ROW_WORDS);
  /** The key that was asked for last, its octets, and their hash: who comes up is asked for several times in a row. */
  #soughtKey = "";
  #sought = new Uint8Array(256);
  #soughtLength = 0;
  #soughtHash = 0;

  constructor(random: RandomSource) {
    this.#hash = new KeyedHash(random);
    this.#encode(this.#soughtKey);
  }

  /** How many identities there are. */
  get size(): number {
    return this.#index.size;
  }

  /** The number of an identity, or {@link NOBODY}. */
  find(key: string): number {
    this.#write(key);
    return this.#index.find(this.#soughtHash, this.#isSought);
  }

  /** Whether a number stands for this identity. */
  is(number: number, key: string): boolean {
    this.#write(key);
    return this.#isSought(number);
  }

  /** The number of an identity, which one more holds from now on. */
  hold(key: string): number {
    this.#write(key);
    const hash = this.#soughtHash;
    const known = this.#index.find(hash, this.#isSought);
    if (known !== NO_ROW) {
      this.#rows.words[ROW_WORDS * known + Word.HOLDERS]++;
      return known;
    }
    const row = this.#rows.take();
    const slab = this.#slots.slabFor(Math.max(1, this.#soughtLength));
    const start = this.#slots.take(slab);
    slab.octets.set(this.#sought.subarray(0, this.#soughtLength), start);
    const at = ROW_WORDS * row;
    this.#rows.words[at + Word.SLOT] = this.#slots.numberOf(slab, start);
    this.#rows.words[at + Word.LENGTH] = this.#soughtLength;
    this.#rows.words[at + Word.HASH] = hash;
    this.#rows.words[at + Word.HOLDERS] = 1;
    this.#index.add(hash, row);
    return row;
  }

  /** One more holds what this number stands for. */
  holdNumber(number: number): void {
    this.#rows.words[ROW_WORDS * number + Word.HOLDERS]++;
  }

  /** One holds it no longer. */
  release(number: number): void {
    const at = ROW_WORDS * number;
    if (--this.#rows.words[at + Word.HOLDERS] > 0) return;
    this.#index.delete(number);
    const { slab, start } = this.#slots.slotOf(this.#rows.words[at + Word.SLOT] >>> 0);
    this.#slots.giveBack(slab, start);
    this.#rows.giveBack(number);
  }

  #write(key: string): void {
    if (key !== this.#soughtKey) this.#encode(key);
  }

  readonly #isSought = (row: number): boolean => {
    const at = ROW_WORDS * row;
    const length = this.#rows.words[at + Word.LENGTH];
    if (length !== this.#soughtLength) return false;
    const { slab: { octets }, start } = this.#slots.slotOf(this.#rows.words[at + Word.SLOT] >>> 0);
    for (let octet = 0; octet < length; octet++) if (octets[start + octet] !== this.#sought[octet]) return false;
    return true;
  };

  /**
   * Two digits are one octet behind the first colon, where there is nothing but digits, as in every `identityKey`. What is before it, and anything else,
   * stands as it is, two octets a character, with another first octet.
   */
  #encode(key: string): void {
    if (this.#sought.length < 2 * key.length + 1) this.#sought = new Uint8Array(4 * key.length);
    const colon = key.indexOf(":");
    if (!this.#writeDigits(key, colon)) this.#writeUnits(key);
    this.#soughtHash = this.#hash.shortOf(this.#sought, this.#soughtLength);
    this.#soughtKey = key;
  }

  #writeDigits(key: string, colon: number): boolean {
    const sought = this.#sought;
    if (colon < 1 || (key.length - colon) % 2 === 0) return false;
    let end = 0;
    sought[end++] = colon;
    for (let at = 0; at < colon; at++) {
      const code = key.charCodeAt(at);
      if (code > 0xff) return false;
      sought[end++] = code;
    }
    for (let at = colon + 1; at < key.length; at += 2) {
      const high = digit(key.charCodeAt(at));
      const low = digit(key.charCodeAt(at + 1));
      if ((high | low) < 0) return false;
      sought[end++] = high << 4 | low;
    }
    this.#soughtLength = end;
    return true;
  }

  #writeUnits(key: string): void {
    const sought = this.#sought;
    let end = 0;
    sought[end++] = 0;
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at);
      sought[end++] = code >>> 8;
      sought[end++] = code & 0xff;
    }
    this.#soughtLength = end;
  }
}

const DIGIT_ZERO = 0x30;
const [DIGIT_A, DIGIT_F] = [0x61, 0x66];

/** The value of a digit in small letters; negative: it is none. */
function digit(code: number): number {
  if (code >= DIGIT_ZERO && code <= DIGIT_ZERO + 9) return code - DIGIT_ZERO;
  return code >= DIGIT_A && code <= DIGIT_F ? code - DIGIT_A + 10 : -1;
}
