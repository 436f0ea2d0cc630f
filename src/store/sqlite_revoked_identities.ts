/**
 * Revoked identities in the file of an SQLite store. Their table is made where it is not there: versions that do not know it leave it alone.
 *
 * @module
 */
import type { StatementSync } from "node:sqlite";
import { CLOCK_MARGIN_SECONDS, type EpochSeconds } from "./gateway_store.ts";
import type { RevokedIdentity, RevokedIdentityStore } from "./store_channel.ts";

export const REVOKED_IDENTITIES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS revoked_identities (
    identity TEXT PRIMARY KEY, until REAL NOT NULL, last_expiry REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Runs statements of the store's, in one transaction. */
export interface SqliteCalls {
  prepared(text: string): StatementSync;
  read<Result>(work: () => Result): Result;
  write<Result>(work: () => Result): Result;
}

export class SqliteRevokedIdentities implements RevokedIdentityStore {
  readonly #calls: SqliteCalls;
  readonly #now: EpochSeconds;

  constructor(calls: SqliteCalls, now: EpochSeconds) {
    this.#calls = calls;
    this.#now = now;
  }

  add({ key, untilEpochSeconds, lastExpiryEpochSeconds }: RevokedIdentity): void {
    this.#calls.write(() => {
      this.#calls.prepared("DELETE FROM revoked_identities WHERE last_expiry < ?").run(this.#now() - CLOCK_MARGIN_SECONDS);
      this.#calls.prepared(
        `INSERT INTO revoked_identities VALUES (?, ?, ?) ON CONFLICT (identity) DO UPDATE
          SET until = max(until, excluded.until), last_expiry = max(last_expiry, excluded.last_expiry)`,
      ).run(key, untilEpochSeconds, lastExpiryEpochSeconds);
    });
  }

  all(): RevokedIdentity[] {
    return this.#calls.read(() =>
      this.#calls.prepared("SELECT identity, until, last_expiry FROM revoked_identities").all().map((row) => ({
        key: String(row.identity),
        untilEpochSeconds: Number(row.until),
        lastExpiryEpochSeconds: Number(row.last_expiry),
      }))
    );
  }
}
