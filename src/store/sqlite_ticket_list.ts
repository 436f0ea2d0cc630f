/**
 * Used or revoked tickets in a table, each by its name; and coarser rules where there are too many of them, as those of `TicketList` in memory.
 *
 * @module
 */
import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { TicketName } from "../ticket/ticket_name.ts";
import { firstGoodSerial, revocationKey } from "./revoked_tickets.ts";

/** One row in so many of a full list is made free at once. */
const FREED_SHARE = 8;
/** Owners with a rule of their own. Beyond them one rule takes all. */
const MOST_OWNERS = 4_096;
/** The owner of the rule for all. */
const EVERYBODY = -1;
/** A ticket whose time of issue is unknown may have been issued at any time. */
const UNKNOWN_TIME = -1;

const COVERS = "SELECT 1 FROM coarse_rules WHERE list = ? AND owner IN (?, -1) AND issued >= ?";
const WIDEN = "ON CONFLICT DO UPDATE SET issued = max(issued, excluded.issued), expires = max(expires, excluded.expires)";

export class SqliteTicketList {
  readonly #list: "claims" | "revocations";
  readonly #prepared: (text: string) => StatementSync;
  readonly #mostRows: number;
  #namesGivenUp = 0;

  /** Every call runs within a transaction or a read of the caller's. */
  constructor(list: "claims" | "revocations", prepared: (text: string) => StatementSync, mostRows: number) {
    this.#list = list;
    this.#prepared = prepared;
    this.#mostRows = mostRows;
  }

  /** How many names have given way to a coarser rule so far, by this process. */
  get namesGivenUp(): number {
    return this.#namesGivenUp;
  }

  /** Claims a ticket. False: it was claimed before, or a coarser rule refuses it. */
  claim(name: TicketName): boolean {
    const { ticketId, expiresAtEpochSeconds, owner = null, issuedAtEpochSeconds = null } = name;
    const insert =
      `INSERT OR IGNORE INTO claims (ticket_id, expires, owner, issued) SELECT ?, ?, ?, ? WHERE NOT EXISTS (${COVERS})`;
    return this.#change(insert, ticketId, expiresAtEpochSeconds, owner, issuedAtEpochSeconds, ...this.#covering(name)) > 0;
  }

  isClaimed(name: TicketName): boolean {
    const query = `SELECT 1 FROM claims WHERE ticket_id = ? UNION ALL ${COVERS} LIMIT 1`;
    return this.#prepared(query).get(name.ticketId, ...this.#covering(name)) !== undefined;
  }

  revoke(name: TicketName, expiresAtEpochSeconds: number): void {
    const { owner = null, issuedAtEpochSeconds = null } = name;
    const upsert =
      "INSERT INTO revocations (ticket_id, expires, owner, issued, below) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE " +
      "SET expires = max(expires, excluded.expires), below = max(below, excluded.below), " +
      "issued = coalesce(max(issued, excluded.issued), issued, excluded.issued)";
    const below = firstGoodSerial(name) ?? null;
    this.#change(upsert, revocationKey(name), expiresAtEpochSeconds, owner, issuedAtEpochSeconds, below);
  }

  isRevoked(name: TicketName): boolean {
    const { ticketId, series = null, serial = null } = name;
    const query = "SELECT 1 FROM revocations WHERE ticket_id = ? UNION ALL " +
      `SELECT 1 FROM revocations WHERE ticket_id = ? AND below > ? UNION ALL ${COVERS} LIMIT 1`;
    return this.#prepared(query).get(ticketId, series, serial, ...this.#covering(name)) !== undefined;
  }

  /**
   * Gives up names where there are more than may be: first those of the owner who has most; where nobody has two, the oldest.
   */
  makeRoom(): void {
    if (this.#count() <= this.#mostRows) return;
    const wanted = Math.max(1, Math.ceil(this.#mostRows / FREED_SHARE));
    this.#giveUpGreediest(wanted);
    if (this.#count() > this.#mostRows) this.#giveUpOldest(wanted);
  }

  #giveUpGreediest(wanted: number): void {
    const greediest = `FROM ${this.#list} WHERE owner IS NOT NULL AND issued IS NOT NULL ` +
      "GROUP BY owner HAVING count(*) > 1 ORDER BY count(*) DESC, owner LIMIT ?";
    let freed = 0;
    let owners = 0;
    for (const { count } of this.#prepared(`SELECT count(*) AS count ${greediest}`).all(MOST_OWNERS)) {
      if (freed >= wanted) break;
      freed += Number(count);
      owners++;
    }
    if (owners === 0) return;
    this.#change(
      `INSERT INTO coarse_rules (list, owner, issued, expires) SELECT '${this.#list}', owner, max(issued), max(expires) ${greediest} ${WIDEN}`,
      owners,
    );
    const rules = this.#prepared("SELECT count(*) AS count FROM coarse_rules WHERE list = ?").get(this.#list);
    if (Number(rules?.count) > MOST_OWNERS) this.#joinOwners();
    this.#deleteCovered();
  }

  #giveUpOldest(wanted: number): void {
    const until = this.#prepared(`SELECT issued FROM ${this.#list} WHERE issued IS NOT NULL ORDER BY issued LIMIT 1 OFFSET ?`)
      .get(wanted - 1)?.issued;
    if (typeof until !== "number") return;
    this.#change(
      `INSERT INTO coarse_rules (list, owner, issued, expires) SELECT '${this.#list}', ${EVERYBODY}, ?, max(expires) ` +
        `FROM ${this.#list} WHERE issued <= ? HAVING count(*) > 0 ${WIDEN}`,
      until,
      until,
    );
    this.#deleteCovered();
  }

  #joinOwners(): void {
    this.#change(
      `INSERT INTO coarse_rules (list, owner, issued, expires) SELECT list, ${EVERYBODY}, max(issued), max(expires) ` +
        `FROM coarse_rules WHERE list = ? GROUP BY list ${WIDEN}`,
      this.#list,
    );
    this.#change(`DELETE FROM coarse_rules WHERE list = ? AND owner <> ${EVERYBODY}`, this.#list);
  }

  /** Deletes the names of tickets that a rule refuses. */
  #deleteCovered(): void {
    const list = this.#list;
    this.#namesGivenUp += this.#change(
      `DELETE FROM ${list} WHERE issued IS NOT NULL AND EXISTS (SELECT 1 FROM coarse_rules ` +
        `WHERE list = '${list}' AND coarse_rules.owner IN (${list}.owner, ${EVERYBODY}) AND coarse_rules.issued >= ${list}.issued)`,
    );
  }

  #count(): number {
    return Number(this.#prepared(`SELECT count(*) AS count FROM ${this.#list}`).get()?.count);
  }

  #covering({ owner = EVERYBODY, issuedAtEpochSeconds = UNKNOWN_TIME }: TicketName): [string, number, number] {
    return [this.#list, owner, issuedAtEpochSeconds];
  }

  #change(statement: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(statement).run(...values).changes);
  }
}
