/**
 * The file of an SQLite store: opened, checked, and refused with the reason when it cannot be trusted.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { refusalOfMode } from "./secret_file_mode.ts";
import { REVOKED_IDENTITIES_SCHEMA } from "./sqlite_revoked_identities.ts";
import { StoreError, type StoreErrorKind } from "./store_error.ts";

const OWNER_ONLY = 0o600;

/** Says that a database is this program's: "IKER". */
const APPLICATION_ID = 0x494b4552;
const SCHEMA_VERSION = 2;

/** How far the clock may be behind the file's own latest time: a clock that is set back by more is wrong. */
const MOST_SECONDS_SET_BACK = 86_400;

/**
 * One row for each ticket, or for a series of revoked ones, whose tickets with a serial below `below` are meant. `coarse_rules`
 * refuses tickets that were issued to an owner, or with -1 to anybody, at `issued` or before. `clock` holds, in its one row,
 * the latest time at which expired rows were forgotten.
 */
const SCHEMA = `
  CREATE TABLE claims (ticket_id TEXT PRIMARY KEY, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_by_expiry ON claims (expires);
  CREATE TABLE ticket_states (reference TEXT PRIMARY KEY, state BLOB NOT NULL, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX ticket_states_by_expiry ON ticket_states (expires);
  CREATE TABLE revocations (ticket_id TEXT PRIMARY KEY, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX revocations_by_expiry ON revocations (expires);
  CREATE TABLE clock (only INTEGER PRIMARY KEY CHECK (only = 1), swept REAL NOT NULL, opened REAL NOT NULL) STRICT;
  INSERT INTO clock VALUES (1, 0, 0);
  PRAGMA application_id = ${APPLICATION_ID};
`;

/** Changes of version 2. A new file gets them in the same way. */
const SCHEMA_OF_VERSION_2 = `
  ALTER TABLE claims ADD COLUMN owner INTEGER;
  ALTER TABLE claims ADD COLUMN issued REAL;
  ALTER TABLE revocations ADD COLUMN owner INTEGER;
  ALTER TABLE revocations ADD COLUMN issued REAL;
  ALTER TABLE revocations ADD COLUMN below INTEGER;
  CREATE TABLE coarse_rules (
    list TEXT NOT NULL, owner INTEGER NOT NULL, issued REAL NOT NULL, expires REAL NOT NULL, PRIMARY KEY (list, owner)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * How long opening is tried while others open or write the same file. Switching to WAL fails at once where another process does
 * so too, whatever the patience for locks is: gateways that start together would refuse each other.
 */
const OPENING_PATIENCE_MS = 5_000;
const PAUSE_MS = 20;

/**
 * Opens the database in a file, or makes it where there is none.
 *
 * @param lockPatienceMs how long a call waits while another process writes
 * @throws {StoreError} the file is open to others, cannot be read or written, is full, corrupt, of another version, or from the future; or
 * another process held it all the while.
 */
export async function openSqliteFile(path: string, lockPatienceMs: number, nowEpochSeconds: number): Promise<DatabaseSync> {
  const sqlite = await loadSqlite();
  makeOwnersFile(path);
  for (const giveUpAtMs = performance.now() + OPENING_PATIENCE_MS;;) {
    try {
      return openOnce(sqlite, path, lockPatienceMs, nowEpochSeconds);
    } catch (error) {
      const isHeld = error instanceof StoreError && error.kind === "locked";
      if (!isHeld || performance.now() >= giveUpAtMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function openOnce(
  sqlite: typeof import("node:sqlite"),
  path: string,
  lockPatienceMs: number,
  nowEpochSeconds: number,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${lockPatienceMs}`);
    const identity = checkIdentity(database, path);
    // FULL: a transaction is on the disk when it is acknowledged. Deleted rows, states above all, are overwritten.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    if (identity !== "current") makeSchema(database, path);
    database.exec(REVOKED_IDENTITIES_SCHEMA);
    checkContent(database, path);
    checkClock(database, path, nowEpochSeconds);
    return database;
  } catch (error) {
    database?.close();
    throw storeErrorOf(path, error);
  }
}

/** What SQLite reports, as a {@link StoreError}. Its messages name neither values nor secrets. */
export function storeErrorOf(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // Not every runtime carries SQLite's result code; the texts have not changed since 2004.
  const known = KINDS.find(([text]) => message.includes(text));
  return new StoreError(known?.[1] ?? "unavailable", `sqlite: ${path}: ${message}${known ? known[2] : ""}`, { cause: error });
}

const KINDS: readonly (readonly [text: string, kind: StoreErrorKind, advice: string])[] = [
  ["not a database", "corrupt", "; expected a store of this program, or no file"],
  ["malformed", "corrupt", "; restore it, or move it away and lose what it held"],
  ["readonly", "read-only", "; expected a file and a folder that can be written"],
  ["is full", "full", "; expected room on the disk"],
  ["disk I/O error", "full", "; expected room on a disk that works"],
  ["unable to open", "unreadable", ""],
  ["is locked", "locked", "; another process held it for too long"],
];

async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  try {
    return await import("node:sqlite");
  } catch (error) {
    throw new StoreError("unavailable", "sqlite: this runtime has no node:sqlite; expected Deno, or Node from 22.13 on", {
      cause: error,
    });
  }
}

/** Makes the file for its owner alone. SQLite gives the files that it makes beside it the same mode. */
function makeOwnersFile(path: string): void {
  let descriptor: number;
  try {
    try {
      descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, OWNER_ONLY);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      throw new StoreError("read-only", `sqlite: ${path}: cannot be written; expected a file and a folder that can`, {
        cause: error,
      });
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("unreadable", `sqlite: ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  try {
    const refusal = refusalOfMode(fstatSync(descriptor));
    if (refusal !== undefined) throw new StoreError("mode", `sqlite: ${path} ${refusal}`);
  } finally {
    closeSync(descriptor);
  }
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EROFS" || error.code === "EACCES");
}

/** Tells what the file is; anything that is not this program's is refused. */
function checkIdentity(database: DatabaseSync, path: string): "empty" | "earlier" | "current" {
  const applicationId = numberOf(database, "PRAGMA application_id", "application_id");
  const version = numberOf(database, "PRAGMA user_version", "user_version");
  const tables = numberOf(database, "SELECT count(*) AS tables FROM sqlite_schema", "tables");
  if (applicationId === 0 && version === 0 && tables === 0) return "empty";
  if (applicationId !== APPLICATION_ID) {
    throw new StoreError("corrupt", `sqlite: ${path}: a database of another program; expected a store of this one, or no file`);
  }
  if (version === 1) return "earlier";
  if (version !== SCHEMA_VERSION) {
    throw new StoreError("version", `sqlite: ${path} has version ${version}, expected ${SCHEMA_VERSION}`);
  }
  return "current";
}

/** Of two processes that open a new file at once, the second finds the first one's schema. */
function makeSchema(database: DatabaseSync, path: string): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const identity = checkIdentity(database, path);
    if (identity === "empty") database.exec(SCHEMA);
    if (identity !== "current") database.exec(SCHEMA_OF_VERSION_2);
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

function checkContent(database: DatabaseSync, path: string): void {
  const result = database.prepare("PRAGMA quick_check(1)").get();
  if (result?.quick_check === "ok") return;
  throw new StoreError("corrupt", `sqlite: ${path} is damaged; restore it, or move it away and lose what it held`);
}

/** Checks the clock, and writes: a file that cannot be written is found now, and not by the first client. */
function checkClock(database: DatabaseSync, path: string, nowEpochSeconds: number): void {
  const swept = numberOf(database, "SELECT swept FROM clock", "swept");
  if (swept > nowEpochSeconds + MOST_SECONDS_SET_BACK) {
    const [then, now] = [swept, nowEpochSeconds].map((seconds) => new Date(seconds * 1000).toISOString());
    throw new StoreError(
      "clock",
      `sqlite: ${path} was last swept at ${then}, and the clock shows ${now}; expected a later time`,
    );
  }
  database.exec(`UPDATE clock SET opened = ${Number(nowEpochSeconds)}`);
}

/** Rolls back a transaction, which may be over already: SQLite ends it by itself when there is no room. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // The error that made it necessary is what counts, and the caller throws that.
  }
}

function numberOf(database: DatabaseSync, query: string, column: string): number {
  const value = database.prepare(query).get()?.[column];
  if (typeof value !== "number") throw new StoreError("corrupt", `sqlite: no ${column}; expected a store of this program`);
  return value;
}
