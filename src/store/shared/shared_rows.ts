/**
 * Rows of tickets in memory that threads share: an index by open addressing, and rows of 64 octets that it leads to.
 *
 * A row is written before it is put into the index, and an entry of the index is set once, by compare and exchange: of two threads that put in the same
 * name both come by the same places in the same order, and only one finds the place empty. While threads go in and out of the gate, nothing is taken out
 * and no row is used again. That is the keeper's, who is alone then (`row_keeper.ts`).
 *
 * @module
 */
import { Gate, GATE_WORDS } from "./gate.ts";
import type { TicketRow } from "../ticket_rows.ts";
import { hashOfWords, WORDS_OF_NAME, writeName } from "./name_words.ts";

/** Words of the header, in front of the gate's. */
export const Header = { LIMIT: 0, SEED: 1, FRESH: 2, GRANTED: 3, FREE: 4 } as const;
const HEADER_WORDS = 16;
/** The latest time at which anything was forgotten, as a float of 64 bits. */
const SWEPT_OCTET = 32;

/** A row is a cache line: words of the name, then numbers. */
const ROW_WORDS = 16;
const ROW_NUMBERS = ROW_WORDS / 2;
/** Numbers of a row; not a number: not known. */
export const Field = { EXPIRES: 4, ISSUED: 5, OWNER: 6, BELOW: 7 } as const;
const OCTETS_OF_WORD = 4;

export type Insertion = "inserted" | "present" | "full";

/** A row by its number, from 1; 0 is none. */
export type RowNumber = number;

/** Memory for so many rows: 64 octets each, and some 12 beside it. Pages that nothing was written to take no room. */
export function newRowMemory(limit: number, seed: number): SharedArrayBuffer {
  const { octets } = layoutOf(limit);
  const memory = new SharedArrayBuffer(octets);
  const header = new Int32Array(memory, 0, HEADER_WORDS);
  header[Header.LIMIT] = limit;
  header[Header.SEED] = seed;
  new Float64Array(memory, SWEPT_OCTET, 1)[0] = -Infinity;
  return memory;
}

export class SharedRows {
  readonly limit: number;
  readonly gate: Gate;
  /** For the keeper alone: places of the index, 0 or a row's number. */
  readonly index: Int32Array;
  /** For the keeper alone. */
  readonly header: Int32Array;
  /** For the keeper alone: numbers of rows that can be used again, `Header.FREE` of them. */
  readonly free: Int32Array;
  readonly #seed: number;
  readonly #swept: Float64Array;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #name = new Int32Array(WORDS_OF_NAME);
  /** A row that this thread has taken and not needed. */
  #spare: RowNumber = 0;

  constructor(memory: SharedArrayBuffer) {
    const header = this.header = new Int32Array(memory, 0, HEADER_WORDS);
    const limit = this.limit = header[Header.LIMIT];
    const { gate, index, places, free, rows } = layoutOf(limit);
    this.gate = new Gate(new Int32Array(memory, gate, GATE_WORDS));
    this.index = new Int32Array(memory, index, places);
    this.free = new Int32Array(memory, free, limit);
    this.#seed = header[Header.SEED];
    this.#swept = new Float64Array(memory, SWEPT_OCTET, 1);
    this.#words = new Int32Array(memory, rows, ROW_WORDS * (limit + 1));
    this.#numbers = new Float64Array(memory, rows, ROW_NUMBERS * (limit + 1));
  }

  /** The latest time at which anything was forgotten. */
  get sweptAtEpochSeconds(): number {
    return this.#swept[0];
  }

  set sweptAtEpochSeconds(at: number) {
    this.#swept[0] = at;
  }

  /** The row of a name, or 0. */
  find(name: string): RowNumber {
    writeName(name, this.#name);
    for (let place = this.#home(this.#name, 0);; place = this.#after(place)) {
      const row = Atomics.load(this.index, place);
      if (row === 0 || this.#hasName(row)) return row;
    }
  }

  /** Puts a row in, unless its name is there already. `full`: no row is left that may be taken without the keeper. */
  insert(name: string, row: TicketRow, expiresAtEpochSeconds: number): Insertion {
    writeName(name, this.#name);
    let taken: RowNumber = 0;
    for (let place = this.#home(this.#name, 0);; place = this.#after(place)) {
      let found = Atomics.load(this.index, place);
      if (found === 0) {
        if (taken === 0) {
          taken = this.#take();
          if (taken === 0) return "full";
          this.#words.set(this.#name, ROW_WORDS * taken);
          this.write(taken, row, expiresAtEpochSeconds);
        }
        found = Atomics.compareExchange(this.index, place, 0, taken);
        if (found === 0) return "inserted";
      }
      if (!this.#hasName(found)) continue;
      this.#spare = taken || this.#spare;
      return "present";
    }
  }

  /** A number of a row, `Field` says which; `undefined`: it is not known. */
  number(row: RowNumber, field: number): number | undefined {
    const value = this.#numbers[ROW_NUMBERS * row + field];
    return Number.isNaN(value) ? undefined : value;
  }

  /** For the keeper alone, once a row is in. */
  write(row: RowNumber, { owner, issuedAtEpochSeconds, below }: TicketRow, expiresAtEpochSeconds: number): void {
    const numbers = this.#numbers;
    const at = ROW_NUMBERS * row;
    numbers[at + Field.EXPIRES] = expiresAtEpochSeconds;
    numbers[at + Field.ISSUED] = issuedAtEpochSeconds ?? NaN;
    numbers[at + Field.OWNER] = owner ?? NaN;
    numbers[at + Field.BELOW] = below ?? NaN;
  }

  /** For the keeper alone: a row that is out of the index does not expire any more. */
  forget(row: RowNumber): void {
    this.#numbers[ROW_NUMBERS * row + Field.EXPIRES] = NaN;
  }

  /** For the keeper alone: the place of a row in the index; -1: it is in none, and perhaps some thread's spare one. */
  placeOf(row: RowNumber): number {
    for (let place = this.homeOf(row);; place = this.#after(place)) {
      if (this.index[place] === row) return place;
      if (this.index[place] === 0) return -1;
    }
  }

  /** For the keeper alone: where a row stands if nothing is in its way. */
  homeOf(row: RowNumber): number {
    return this.#home(this.#words, ROW_WORDS * row);
  }

  #home(words: Int32Array, start: number): number {
    return hashOfWords(words, start, this.#seed) & this.index.length - 1;
  }

  #after(place: number): number {
    return place + 1 & this.index.length - 1;
  }

  #hasName(row: RowNumber): boolean {
    const words = this.#words;
    const start = ROW_WORDS * row;
    for (let index = 0; index < WORDS_OF_NAME; index++) if (words[start + index] !== this.#name[index]) return false;
    return true;
  }

  /** A row that no other thread has; 0: none may be taken. Both numbers may run beyond their bound: the keeper puts them right. */
  #take(): RowNumber {
    const spare = this.#spare;
    if (spare !== 0) {
      this.#spare = 0;
      return spare;
    }
    const { header } = this;
    if (Atomics.load(header, Header.FREE) > 0) {
      const left = Atomics.sub(header, Header.FREE, 1);
      if (left > 0) return this.free[left - 1];
    }
    if (Atomics.load(header, Header.FRESH) < header[Header.GRANTED]) {
      const before = Atomics.add(header, Header.FRESH, 1);
      if (before < header[Header.GRANTED]) return before + 1;
    }
    return 0;
  }
}

interface Layout {
  readonly gate: number;
  readonly index: number;
  readonly places: number;
  readonly free: number;
  readonly rows: number;
  readonly octets: number;
}

/** Where each part begins, in octets. There are at least twice as many places as rows: runs of taken ones stay short. */
function layoutOf(limit: number): Layout {
  const places = 2 ** Math.ceil(Math.log2(2 * limit + 2));
  const gate = OCTETS_OF_WORD * HEADER_WORDS;
  const index = gate + OCTETS_OF_WORD * GATE_WORDS;
  const free = index + OCTETS_OF_WORD * places;
  const row = OCTETS_OF_WORD * ROW_WORDS;
  const rows = Math.ceil((free + OCTETS_OF_WORD * limit) / row) * row;
  return { gate, index, places, free, rows, octets: rows + row * (limit + 1) };
}
