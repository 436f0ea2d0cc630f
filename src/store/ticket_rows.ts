/**
 * Where a list of tickets has its rows: a map of this thread's, or memory that several share.
 *
 * @module
 */

/** What a row says of its ticket. */
export interface TicketRow {
  /** For a series: tickets whose serial is lower are meant. `undefined` for a single ticket. */
  readonly below: number | undefined;
  readonly owner: number | undefined;
  readonly issuedAtEpochSeconds: number | undefined;
}

export interface KeptRow {
  readonly value: TicketRow;
  readonly expiresAtEpochSeconds: number;
}

export interface TicketRows {
  readonly size: number;
  /** The latest time at which anything was forgotten. What expired before it may have been here. */
  readonly sweptAtEpochSeconds: number;
  get(key: string): KeptRow | undefined;
  /** Adds or replaces a row. False: there are as many as may be that have not expired, and nothing changed. */
  set(key: string, row: TicketRow, expiresAtEpochSeconds: number): boolean;
  /** Forgets all that has expired. */
  sweep(): void;
  values(): Iterable<KeptRow>;
  deleteWhere(isGone: (row: KeptRow) => boolean): void;
}
