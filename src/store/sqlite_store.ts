/**
 * All that a gateway keeps, in one SQLite file: it outlives the process, and several processes of one machine can share it.
 *
 * Each batch is one transaction, acknowledged when it is on the disk: no claim that was answered is lost by SIGKILL or by a power cut.
 *
 * @module
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { ClaimRequest } from "../ike/steps/step.ts";
import type { TicketClaims } from "../ike/steps/wave.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import type { StoredTicket, TicketStateStore } from "../ticket/ticket_state_store.ts";
import { MOST_ENTRIES } from "./expiring_map.ts";
import { CLOCK_MARGIN_SECONDS, type DisposableStore, type EpochSeconds, steady, systemEpochSeconds } from "./gateway_store.ts";
import { openSqliteFile, rollBack, storeErrorOf } from "./sqlite_file.ts";
import { type SqliteCalls, SqliteRevokedIdentities } from "./sqlite_revoked_identities.ts";
import { SqliteTicketList } from "./sqlite_ticket_list.ts";
import type { RevokedIdentityStore } from "./store_channel.ts";
import { StoreError } from "./store_error.ts";

/** How many rows are written between two sweeps of what has expired. */
const SWEEP_INTERVAL = 4096;
/** Most rows of one table that a sweep deletes, so that it holds up no wave: more than are written between two sweeps. */
const SWEEP_LIMIT = 2 * SWEEP_INTERVAL;

const DEFAULT_LOCK_PATIENCE_MS = 250;

/** Where the store is, and how it is locked. */
export interface SqliteStoreOptions {
  /** The database's file, which is made if it is not there; `:memory:` for none. */
  readonly path: string;
  /** How long a call may wait while another process writes, in milliseconds: the event loop stands still meanwhile. Default 250. */
  readonly lockPatienceMs?: number;
  /** Seconds since 1970; default: the system's clock. */
  readonly now?: EpochSeconds;
  /**
   * Most used tickets, and most revoked ones, that are kept by name; beyond them a coarser rule refuses those of the client
   * that has most. 1 to 10,000,000; default 1,000,000, some 100 MB.
   */
  readonly mostTickets?: number;
  /** Milliseconds on a clock that never steps back. */
  readonly monotonicMs?: () => number;
}

/**
 * Opens the store in a file, or makes it.
 *
 * @throws {StoreError} the file cannot be used; nothing of it was changed or replaced. Every call rejects in the same way later on.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<DisposableStore> {
  const now = steady(options.now ?? systemEpochSeconds, options.monotonicMs);
  const { mostTickets = MOST_ENTRIES } = options;
  if (!Number.isInteger(mostTickets) || mostTickets < 1 || mostTickets > 10_000_000) {
    throw new StoreError(
      "configuration",
      `sqlite: mostTickets is ${mostTickets}, expected a whole number from 1 to 10,000,000`,
    );
  }
  const database = await openSqliteFile(options.path, options.lockPatienceMs ?? DEFAULT_LOCK_PATIENCE_MS, now());
  return new SqliteStore(options.path, database, now, mostTickets);
}

class SqliteStore implements DisposableStore {
  readonly name: string;
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly revokedIdentities: RevokedIdentityStore;
  readonly #claims: SqliteTicketList;
  readonly #revocations: SqliteTicketList;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #now: EpochSeconds;
  readonly #statements = new Map<string, StatementSync>();
  #latestEpochSeconds = -Infinity;
  #sinceSweep = 0;
  #isOpen = true;

  constructor(path: string, database: DatabaseSync, now: EpochSeconds, mostTickets: number) {
    this.name = `sqlite:${path}`;
    this.#path = path;
    this.#database = database;
    this.#now = now;
    const prepared = (text: string) => this.#prepared(text);
    const claims = this.#claims = new SqliteTicketList("claims", prepared, mostTickets);
    const revocations = this.#revocations = new SqliteTicketList("revocations", prepared, mostTickets);
    this.claims = {
      claim: (batch) =>
        this.#write(batch, (swept) => batch.map((request) => request.expiresAtEpochSeconds >= swept && claims.claim(request))),
      isClaimed: (batch) => this.#read(() => this.#areClaimed(batch)),
    };
    this.ticketStates = {
      put: (batch) => this.#write(batch, () => batch.map((ticket) => this.#put(ticket))),
      get: (batch) => this.#read(() => batch.map((reference) => this.#get(reference))),
      delete: (batch) =>
        this.#write(
          batch,
          () => batch.map((reference) => this.#change("DELETE FROM ticket_states WHERE reference = ?", reference)),
        ),
    };
    this.revocations = {
      add: (batch) =>
        this.#write(batch, () => {
          for (const revocation of batch) {
            revocations.revoke(revocation, revocation.expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS);
          }
        }),
      has: (batch) => this.#read(() => batch.map((name) => revocations.isRevoked(name))),
    };
    const calls: SqliteCalls = {
      prepared,
      read: (work) => this.#read(work),
      write: (work) => this.#write([undefined], work),
    };
    this.revokedIdentities = new SqliteRevokedIdentities(calls, now);
  }

  get namesGivenUp(): number {
    return this.#claims.namesGivenUp + this.#revocations.namesGivenUp;
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#database.close();
    this.#isOpen = false;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #areClaimed(batch: readonly ClaimRequest[]): boolean[] {
    const swept = this.#sweptAt();
    return batch.map((request) => request.expiresAtEpochSeconds < swept || this.#claims.isClaimed(request));
  }

  #put({ reference, state, expiresAtEpochSeconds }: StoredTicket): boolean {
    return this.#change("INSERT OR REPLACE INTO ticket_states VALUES (?, ?, ?)", reference, state, expiresAtEpochSeconds);
  }

  #get(reference: string): Uint8Array | undefined {
    const row = this.#prepared("SELECT state, expires FROM ticket_states WHERE reference = ?").get(reference);
    if (!(row?.state instanceof Uint8Array) || Number(row.expires) <= this.#latestEpochSeconds) return undefined;
    return row.state;
  }

  /** Runs one transaction, with a sweep at times. `swept` is the latest time at which any process has forgotten claims. */
  #write<T>(batch: readonly unknown[], body: (swept: number) => T): T {
    if (batch.length === 0) return body(0);
    return this.#guarded(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        this.#sinceSweep += batch.length;
        if (this.#sinceSweep >= SWEEP_INTERVAL) this.#sweep();
        const result = body(this.#sweptAt());
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        rollBack(this.#database);
        throw error;
      }
    });
  }

  #read<T>(body: () => T): T {
    return this.#guarded(() => {
      this.#latestEpochSeconds = Math.max(this.#latestEpochSeconds, this.#now());
      return body();
    });
  }

  #guarded<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw storeErrorOf(this.#path, error);
    }
  }

  #sweep(): void {
    const now = this.#now();
    this.#change("UPDATE clock SET swept = max(swept, ?)", now);
    for (const [table, key] of [["claims", "ticket_id"], ["ticket_states", "reference"], ["revocations", "ticket_id"]]) {
      const expired = `SELECT ${key} FROM ${table} WHERE expires < ? ORDER BY expires LIMIT ${SWEEP_LIMIT}`;
      this.#change(`DELETE FROM ${table} WHERE ${key} IN (${expired})`, now);
    }
    this.#change("DELETE FROM coarse_rules WHERE expires < ?", now);
    this.#claims.makeRoom();
    this.#revocations.makeRoom();
    this.#sinceSweep = 0;
  }

  #sweptAt(): number {
    return Number(this.#prepared("SELECT swept FROM clock").get()?.swept);
  }

  /** Whether any row was changed. */
  #change(statement: string, ...values: SQLInputValue[]): boolean {
    return Number(this.#prepared(statement).run(...values).changes) > 0;
  }

  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
