/**
 * The keeper of shared rows, in the main thread: takes out what is over, and grants new rows. All of it while nobody else is at the rows.
 *
 * @module
 */
import type { EpochSeconds } from "../gateway_store.ts";
import type { KeptRow, TicketRow, TicketRows } from "../ticket_rows.ts";
import { Field, Header, type RowNumber, type SharedRows } from "./shared_rows.ts";

/** Rows that are looked at in one go. */
const LOOKED_AT_ONCE = 65_536;
/** Rows that are taken out in one go, and as many that are granted where too few were. */
const FREED_AT_ONCE = 16_384;

export class RowKeeper implements TicketRows {
  readonly #rows: SharedRows;
  readonly #now: EpochSeconds;
  /** The row that is looked at next. */
  #next: RowNumber = 1;

  constructor(rows: SharedRows, now: EpochSeconds) {
    this.#rows = rows;
    this.#now = now;
  }

  /** Rows in use, those among them that threads have taken to spare. */
  get size(): number {
    this.#putRight();
    const { header } = this.#rows;
    return header[Header.FRESH] - header[Header.FREE];
  }

  get sweptAtEpochSeconds(): number {
    return this.#rows.sweptAtEpochSeconds;
  }

  get(key: string): KeptRow | undefined {
    const row = this.#rows.find(key);
    return row === 0 ? undefined : this.#kept(row);
  }

  set(key: string, row: TicketRow, expiresAtEpochSeconds: number): boolean {
    const earlier = this.#rows.find(key);
    if (earlier !== 0) {
      this.#rows.write(earlier, row, expiresAtEpochSeconds);
      return true;
    }
    this.#putRight();
    if (this.#rows.insert(key, row, expiresAtEpochSeconds) !== "full") return true;
    this.#makeRoom();
    return this.#rows.insert(key, row, expiresAtEpochSeconds) !== "full";
  }

  sweep(): void {
    this.#putRight();
    this.#next = 1;
    this.#forgetExpired(Infinity, Infinity);
  }

  *values(): Iterable<KeptRow> {
    this.#putRight();
    for (let row = 1; row <= this.#rows.header[Header.FRESH]; row++) {
      if (this.#rows.placeOf(row) !== -1) yield this.#kept(row);
    }
  }

  deleteWhere(isGone: (row: KeptRow) => boolean): void {
    this.#putRight();
    for (let row = 1; row <= this.#rows.header[Header.FRESH]; row++) {
      if (this.#rows.placeOf(row) !== -1 && isGone(this.#kept(row))) this.#delete(row);
    }
  }

  /** A part of the work, so that nobody has to wait for long. What it grants grows with what has not expired, up to the limit. */
  #makeRoom(): void {
    const freed = this.#forgetExpired(LOOKED_AT_ONCE, FREED_AT_ONCE);
    const { header, limit } = this.#rows;
    if (freed < FREED_AT_ONCE / 2) header[Header.GRANTED] = Math.min(limit, header[Header.GRANTED] + FREED_AT_ONCE);
  }

  /** @returns how many were taken out. */
  #forgetExpired(mostLooks: number, most: number): number {
    const { header } = this.#rows;
    const now = this.#now();
    const looks = Math.min(mostLooks, header[Header.FRESH]);
    let freed = 0;
    for (let look = 0; look < looks && freed < most; look++) {
      const row = this.#next;
      this.#next = row >= header[Header.FRESH] ? 1 : row + 1;
      if ((this.#rows.number(row, Field.EXPIRES) ?? Infinity) < now && this.#delete(row)) freed++;
    }
    if (freed > 0) this.#rows.sweptAtEpochSeconds = Math.max(this.#rows.sweptAtEpochSeconds, now);
    return freed;
  }

  /** Takes a row out, and moves those behind it to where they are found without it. False: it is in no place. */
  #delete(row: RowNumber): boolean {
    const rows = this.#rows;
    const { index, header } = rows;
    const mask = index.length - 1;
    let gap = rows.placeOf(row);
    if (gap === -1) return false;
    for (let next = gap + 1 & mask; index[next] !== 0; next = next + 1 & mask) {
      if ((next - rows.homeOf(index[next]) & mask) < (next - gap & mask)) continue;
      index[gap] = index[next];
      gap = next;
    }
    index[gap] = 0;
    rows.forget(row);
    rows.free[header[Header.FREE]++] = row;
    return true;
  }

  /** Threads that found nothing left have counted beyond it. */
  #putRight(): void {
    const { header } = this.#rows;
    header[Header.FREE] = Math.max(0, header[Header.FREE]);
    header[Header.FRESH] = Math.min(header[Header.GRANTED], header[Header.FRESH]);
  }

  #kept(row: RowNumber): KeptRow {
    const number = (field: number) => this.#rows.number(row, field);
    return {
      value: { below: number(Field.BELOW), owner: number(Field.OWNER), issuedAtEpochSeconds: number(Field.ISSUED) },
      expiresAtEpochSeconds: number(Field.EXPIRES) ?? Infinity,
    };
  }
}
