/**
 * IPv4 addresses and the identity that holds each: the first of those that do, where there are several. A row of a table in typed arrays for each, because
 * there may be a million.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { NO_ROW, RowIndex } from "../../wire/row_index.ts";
import { WordRows } from "../../wire/word_rows.ts";
import { KeyedHash } from "../message/keyed_hash.ts";

/** Of a holder: the address, the number of the identity, and how many IKE SAs claim it. */
const ROW_WORDS = 3;
const Word = { ADDRESS: 0, IDENTITY: 1, COUNT: 2 } as const;

export class AddressHolders {
  readonly #hash: KeyedHash;
  readonly #octets = new Uint8Array(4);
  readonly #view = new DataView(this.#octets.buffer);
  readonly #index = new RowIndex((row) => this.#hashOf(this.#rows.words[ROW_WORDS * row]));
  readonly #rows = new WordRows(ROW_WORDS);
  #sought = 0;

  constructor(random: RandomSource) {
    this.#hash = new KeyedHash(random);
  }

  /** The identity that holds an address; `undefined`: none is here. */
  holderOf(address: number): number | undefined {
    const row = this.#find(address);
    return row === NO_ROW ? undefined : this.#rows.words[ROW_WORDS * row + Word.IDENTITY];
  }

  /** An address that has no holder here has one from now on. */
  add(address: number, identity: number): void {
    const row = this.#rows.take();
    this.#rows.words[ROW_WORDS * row + Word.ADDRESS] = address;
    this.#rows.words[ROW_WORDS * row + Word.IDENTITY] = identity;
    this.#rows.words[ROW_WORDS * row + Word.COUNT] = 1;
    this.#index.add(this.#hashOf(address), row);
  }

  /** Another IKE SA of its holder claims an address. */
  claim(address: number): void {
    this.#rows.words[ROW_WORDS * this.#find(address) + Word.COUNT]++;
  }

  /** One claims it no longer. True: it was the last, and the address has no holder here any more. */
  giveUp(address: number): boolean {
    const row = this.#find(address);
    if (--this.#rows.words[ROW_WORDS * row + Word.COUNT] > 0) return false;
    this.#index.delete(row);
    this.#rows.giveBack(row);
    return true;
  }

  clear(): void {
    this.#index.clear();
    this.#rows.clear();
  }

  #find(address: number): number {
    this.#sought = address;
    return this.#index.find(this.#hashOf(address), this.#isSought);
  }

  readonly #isSought = (row: number): boolean => this.#rows.words[ROW_WORDS * row] === this.#sought;

  #hashOf(address: number): number {
    this.#view.setInt32(0, address);
    return this.#hash.shortOf(this.#octets, this.#octets.length);
  }
}
