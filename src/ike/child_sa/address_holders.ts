/**
 * IPv4 addresses and the identity that holds each: the first of those that do, where there are several. A row of a table in typed arrays for each, because
 * there may be a million.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { NO_ROW, RowIndex } from "../../wire/row_index.ts";
import { KeyedHash } from "../message/keyed_hash.ts";

/** Of a holder: the address, the number of the identity, and how many IKE SAs claim it. Of a free row the first word says which is next. */
const ROW_WORDS = 3;
const Word = { ADDRESS: 0, IDENTITY: 1, COUNT: 2 } as const;
const FEWEST_ROWS = 64;

export class AddressHolders {
  readonly #hash: KeyedHash;
  readonly #octets = new Uint8Array(4);
  readonly #view = new DataView(this.#octets.buffer);
  readonly #index = new RowIndex((row) => this.#hashOf(this.#rows[ROW_WORDS * row]));
  #rows = new Int32Array(ROW_WORDS * FEWEST_ROWS);
  #touched = 0;
  #free = NO_ROW;
  #sought = 0;

  constructor(random: RandomSource) {
    this.#hash = new KeyedHash(random);
  }

  /** The identity that holds an address; `undefined`: none is here. */
  holderOf(address: number): number | undefined {
    const row = this.#find(address);
    return row === NO_ROW ? undefined : this.#rows[ROW_WORDS * row + Word.IDENTITY];
  }

  /** An address that has no holder here has one from now on. */
  add(address: number, identity: number): void {
    const row = this.#take();
    this.#rows[ROW_WORDS * row + Word.ADDRESS] = address;
    this.#rows[ROW_WORDS * row + Word.IDENTITY] = identity;
    this.#rows[ROW_WORDS * row + Word.COUNT] = 1;
    this.#index.add(this.#hashOf(address), row);
  }

  /** Another IKE SA of its holder claims an address. */
  claim(address: number): void {
    this.#rows[ROW_WORDS * this.#find(address) + Word.COUNT]++;
  }

  /** One claims it no longer. True: it was the last, and the address has no holder here any more. */
  giveUp(address: number): boolean {
    const row = this.#find(address);
    if (--this.#rows[ROW_WORDS * row + Word.COUNT] > 0) return false;
    this.#index.delete(row);
    this.#rows[ROW_WORDS * row] = this.#free;
    this.#free = row;
    return true;
  }

  clear(): void {
    this.#index.clear();
    this.#rows = new Int32Array(ROW_WORDS * FEWEST_ROWS);
    this.#touched = 0;
    this.#free = NO_ROW;
  }

  #find(address: number): number {
    this.#sought = address;
    return this.#index.find(this.#hashOf(address), this.#isSought);
  }

  readonly #isSought = (row: number): boolean => this.#rows[ROW_WORDS * row] === this.#sought;

  #hashOf(address: number): number {
    this.#view.setInt32(0, address);
    return this.#hash.shortOf(this.#octets, this.#octets.length);
  }

  #take(): number {
    const row = this.#free;
    if (row !== NO_ROW) {
      this.#free = this.#rows[ROW_WORDS * row];
      return row;
    }
    if (ROW_WORDS * this.#touched === this.#rows.length) {
      const before = this.#rows;
      this.#rows = new Int32Array(2 * before.length);
      this.#rows.set(before);
    }
    return this.#touched++;
  }
}
