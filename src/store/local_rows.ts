/**
 * Rows of tickets in this thread's memory, of 64 octets, and an index that leads to them. As entries of a `Map`, with a string, two
 * objects and numbers for each, they would take four times as much, and all of it the collector of garbage would have to follow.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { NO_ROW, RowIndex } from "../wire/row_index.ts";
import type { EpochSeconds } from "./gateway_store.ts";
import { hashOfWords, WORDS_OF_NAME, writeName } from "./shared/name_words.ts";
import type { KeptRow, TicketRow, TicketRows } from "./ticket_rows.ts";

/** A row: words of the name, their hash, and numbers. */
const ROW_WORDS = 16;
const HASH_WORD = WORDS_OF_NAME;
/** Numbers of a row; not a number: not known, and for the expiration: the row is free. */
const Field = { EXPIRES: 4, ISSUED: 5, OWNER: 6, BELOW: 7 } as const;

/** Rows lie in pieces of so many: what is there is never copied when more are needed. */
const BITS_OF_PIECE = 12;
const ROWS_OF_PIECE = 2 ** BITS_OF_PIECE;
/** How many insertions pass between two looks for what has expired. */
const SWEEP_INTERVAL = 256;
/** Rows that a look takes in: four for each that came, so that what has expired is never more than a part of all. */
const SWEPT_AT_ONCE = 4 * SWEEP_INTERVAL;

const MOST_SEED = 2 ** 31;

interface Piece {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

export class LocalRows implements TicketRows {
  readonly #now: EpochSeconds;
  readonly #limit: number;
  readonly #pieces: Piece[] = [];
  readonly #index = new RowIndex((row) => this.#pieceOf(row).words[startOf(row) + HASH_WORD]);
  /** Whoever chooses names does not choose their places. */
  readonly #seed = randomInt(MOST_SEED);
  /** The name that was asked for last, its words, and their hash: one that is not there yet is asked for again when it is put in. */
  #key: string | undefined;
  readonly #name = new Int32Array(WORDS_OF_NAME);
  #hash = 0;
  /** Rows before this were in use once. */
  #touched = 0;
  /** The row that was given back last; the first word of each that is free says which is next. */
  #free = NO_ROW;
  /** The row that is looked at next. */
  #sweeping = 0;
  #sinceSweep = 0;
  #sweptAtEpochSeconds = -Infinity;

  /** @param limit most rows */
  constructor(now: EpochSeconds, limit: number) {
    this.#now = now;
    this.#limit = limit;
  }

  get size(): number {
    return this.#index.size;
  }

  get sweptAtEpochSeconds(): number {
    return this.#sweptAtEpochSeconds;
  }

  get(key: string): KeptRow | undefined {
    if (this.#index.size === 0) return undefined;
    const row = this.#rowOf(key);
    return row === NO_ROW ? undefined : this.#kept(row);
  }

  set(key: string, row: TicketRow, expiresAtEpochSeconds: number): boolean {
    const earlier = this.#rowOf(key);
    if (earlier !== NO_ROW) {
      this.#write(earlier, row, expiresAtEpochSeconds);
      return true;
    }
    if (++this.#sinceSweep >= SWEEP_INTERVAL) this.#sweepSome();
    if (this.size >= this.#limit) return false;
    const number = this.#take();
    const { words } = this.#pieceOf(number);
    const start = startOf(number);
    const hash = this.#hash;
    words.set(this.#name, start);
    words[start + HASH_WORD] = hash;
    this.#write(number, row, expiresAtEpochSeconds);
    this.#index.add(hash, number);
    return true;
  }

  sweep(): void {
    const now = this.#now();
    for (let row = 0; row < this.#touched; row++) this.#forgetIfExpired(row, now);
  }

  *values(): Iterable<KeptRow> {
    for (let row = 0; row < this.#touched; row++) if (this.#isUsed(row)) yield this.#kept(row);
  }

  deleteWhere(isGone: (row: KeptRow) => boolean): void {
    for (let row = 0; row < this.#touched; row++) {
      if (this.#isUsed(row) && isGone(this.#kept(row))) this.#delete(row);
    }
  }

  /** A bounded part of the work: nobody waits for long, however many there are. */
  #sweepSome(): void {
    this.#sinceSweep = 0;
    const now = this.#now();
    for (let look = Math.min(SWEPT_AT_ONCE, this.#touched); look > 0; look--) {
      this.#forgetIfExpired(this.#sweeping, now);
      this.#sweeping = (this.#sweeping + 1) % this.#touched;
    }
  }

  #forgetIfExpired(row: number, now: number): void {
    // Not so if it is free: nothing is less than what is no number.
    if (!(this.#expiresAt(row) < now)) return;
    this.#delete(row);
    this.#sweptAtEpochSeconds = Math.max(this.#sweptAtEpochSeconds, now);
  }

  /** The row of a name, whose words are in `#name` from now on, or {@link NO_ROW}. */
  #rowOf(key: string): number {
    if (key !== this.#key) {
      writeName(key, this.#name);
      this.#hash = hashOfWords(this.#name, 0, this.#seed);
      this.#key = key;
    }
    return this.#index.find(this.#hash, this.#hasName);
  }

  readonly #hasName = (row: number): boolean => {
    const { words } = this.#pieceOf(row);
    const start = startOf(row);
    for (let word = 0; word < WORDS_OF_NAME; word++) if (words[start + word] !== this.#name[word]) return false;
    return true;
  };

  #take(): number {
    const row = this.#free;
    if (row !== NO_ROW) {
      this.#free = this.#pieceOf(row).words[startOf(row)];
      return row;
    }
    if (this.#touched === ROWS_OF_PIECE * this.#pieces.length) this.#pieces.push(newPiece());
    return this.#touched++;
  }

  #delete(row: number): void {
    this.#index.delete(row);
    const { words, numbers } = this.#pieceOf(row);
    numbers[startOf(row) / 2 + Field.EXPIRES] = NaN;
    words[startOf(row)] = this.#free;
    this.#free = row;
  }

  #write(row: number, { owner, issuedAtEpochSeconds, below }: TicketRow, expiresAtEpochSeconds: number): void {
    const { numbers } = this.#pieceOf(row);
    const at = startOf(row) / 2;
    numbers[at + Field.EXPIRES] = expiresAtEpochSeconds;
    numbers[at + Field.ISSUED] = issuedAtEpochSeconds ?? NaN;
    numbers[at + Field.OWNER] = owner ?? NaN;
    numbers[at + Field.BELOW] = below ?? NaN;
  }

  #kept(row: number): KeptRow {
    const { numbers } = this.#pieceOf(row);
    const at = startOf(row) / 2;
    return {
      value: {
        below: known(numbers[at + Field.BELOW]),
        owner: known(numbers[at + Field.OWNER]),
        issuedAtEpochSeconds: known(numbers[at + Field.ISSUED]),
      },
      expiresAtEpochSeconds: numbers[at + Field.EXPIRES],
    };
  }

  #expiresAt(row: number): number {
    return this.#pieceOf(row).numbers[startOf(row) / 2 + Field.EXPIRES];
  }

  #isUsed(row: number): boolean {
    return !Number.isNaN(this.#expiresAt(row));
  }

  #pieceOf(row: number): Piece {
    return this.#pieces[row >>> BITS_OF_PIECE];
  }
}

/** Where a row begins in its piece, in words. */
function startOf(row: number): number {
  return (row & ROWS_OF_PIECE - 1) * ROW_WORDS;
}

function newPiece(): Piece {
  const octets = new ArrayBuffer(Int32Array.BYTES_PER_ELEMENT * ROW_WORDS * ROWS_OF_PIECE);
  return { words: new Int32Array(octets), numbers: new Float64Array(octets) };
}

function known(number: number): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}
