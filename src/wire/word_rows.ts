/**
 * Rows of a table in one typed array, which are used again once they are given back: of a million entries, objects would take several times as much.
 *
 * @module
 */
import { NO_ROW } from "./row_index.ts";

const FEWEST_ROWS = 64;

/** Rows of as many words of 32 bits each. Of a free row the first word says which is next. */
export class WordRows {
  readonly #rowWords: number;
  #words: Int32Array;
  /** Rows before this were in use once. */
  #touched = 0;
  /** The row that was given back last, or {@link NO_ROW}. */
  #free = NO_ROW;

  constructor(rowWords: number) {
    this.#rowWords = rowWords;
    this.#words = new Int32Array(rowWords * FEWEST_ROWS);
  }

  /** All rows, one behind the other. Another array once {@link WordRows.take} has needed more: nobody keeps it. */
  get words(): Int32Array {
    return this.#words;
  }

  /** A row that nobody has. Its words are whatever they were. */
  take(): number {
    const row = this.#free;
    if (row !== NO_ROW) {
      this.#free = this.#words[this.#rowWords * row];
      return row;
    }
    if (this.#rowWords * this.#touched === this.#words.length) {
      const before = this.#words;
      this.#words = new Int32Array(2 * before.length);
      this.#words.set(before);
    }
    return this.#touched++;
  }

  /** A row that was taken is free. */
  giveBack(row: number): void {
    this.#words[this.#rowWords * row] = this.#free;
    this.#free = row;
  }

  /** All rows are free, and their room is given up. */
  clear(): void {
    this.#words = new Int32Array(this.#rowWords * FEWEST_ROWS);
    this.#touched = 0;
    this.#free = NO_ROW;
  }
}
