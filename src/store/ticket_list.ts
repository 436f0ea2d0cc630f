/**
 * Tickets that are not to be accepted, in memory, each by its name; and coarser rules where there are too many of them.
 *
 * A full list must neither forget a ticket nor let nobody in. It gives up the names of the owner who has most, and refuses all
 * tickets that were issued to that owner until then; where nobody has more than one, it refuses the oldest, whoever has them.
 *
 * @module
 */
import type { TicketName } from "../ticket/ticket_name.ts";
import { MOST_ENTRIES } from "./expiring_map.ts";
import type { EpochSeconds } from "./gateway_store.ts";
import { LocalRows } from "./local_rows.ts";
import type { TicketRow, TicketRows } from "./ticket_rows.ts";

/** Refuses whatever was issued at a moment or before. */
interface CoarseRule {
  issuedUntil: number;
  expiresAtEpochSeconds: number;
}

/** One row in so many of a full list is made free at once: making room takes a walk through all of it. */
const FREED_SHARE = 8;
/** Owners with a rule of their own. Beyond them one rule takes all. */
const MOST_OWNERS = 4_096;

export class TicketList {
  readonly #rows: TicketRows;
  readonly #now: EpochSeconds;
  readonly #limit: number;
  readonly #byOwner = new Map<number, CoarseRule>();
  #everybody: CoarseRule | undefined;
  #namesGivenUp = 0;

  /** @param rows where its rows are, `limit` of them; default: memory of this thread */
  constructor(now: EpochSeconds, limit: number = MOST_ENTRIES, rows: TicketRows = new LocalRows(now, limit)) {
    this.#rows = rows;
    this.#now = now;
    this.#limit = limit;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How many rows have given way to a coarser rule so far. */
  get namesGivenUp(): number {
    return this.#namesGivenUp;
  }

  /** As of {@link TicketRows}. */
  get sweptAtEpochSeconds(): number {
    return this.#rows.sweptAtEpochSeconds;
  }

  get(key: string): TicketRow | undefined {
    return this.#rows.get(key)?.value;
  }

  /** False: the list is full of tickets known by nothing but their names, and nothing changed. */
  set(key: string, row: TicketRow, expiresAtEpochSeconds: number): boolean {
    const earlier = this.#rows.get(key);
    if (earlier) {
      const below = higher(earlier.value.below, row.below);
      // A clock that was set back meanwhile must not have a coarser rule cover less.
      const issuedAtEpochSeconds = higher(earlier.value.issuedAtEpochSeconds, row.issuedAtEpochSeconds);
      const joined = { owner: row.owner, below, issuedAtEpochSeconds };
      return this.#rows.set(key, joined, Math.max(earlier.expiresAtEpochSeconds, expiresAtEpochSeconds));
    }
    return this.#rows.set(key, row, expiresAtEpochSeconds) || this.#addToRule(row, expiresAtEpochSeconds) ||
      this.#makeRoom() && this.#rows.set(key, row, expiresAtEpochSeconds);
  }

  /** Whether there are coarser rules: then a ticket without a row may be refused. */
  get hasRules(): boolean {
    return this.#everybody !== undefined || this.#byOwner.size > 0;
  }

  /** Whether a coarser rule refuses a ticket. A ticket whose time of issue is unknown may have been issued at any time. */
  covers({ owner, issuedAtEpochSeconds = -Infinity }: TicketName): boolean {
    if (this.#everybody && issuedAtEpochSeconds <= this.#everybody.issuedUntil) return true;
    if (this.#byOwner.size === 0 || owner === undefined) return false;
    const rule = this.#byOwner.get(owner);
    return rule !== undefined && issuedAtEpochSeconds <= rule.issuedUntil;
  }

  /**
   * An owner whose names were given up gets no more of them while the list is full: each would take a walk through all of it.
   */
  #addToRule({ owner, issuedAtEpochSeconds }: TicketRow, expiresAtEpochSeconds: number): boolean {
    if (owner === undefined || issuedAtEpochSeconds === undefined) return false;
    const rule = this.#byOwner.get(owner);
    if (rule === undefined) return false;
    widen(rule, issuedAtEpochSeconds, expiresAtEpochSeconds);
    this.#namesGivenUp++;
    return true;
  }

  #makeRoom(): boolean {
    this.#rows.sweep();
    this.forgetOldRules();
    const wanted = Math.max(1, Math.floor(this.#limit / FREED_SHARE));
    const before = this.#rows.size;
    if (before >= this.#limit) this.#giveUpGreediest(wanted);
    if (this.#rows.size >= this.#limit) this.#giveUpOldest(wanted);
    return this.#rows.size < this.#limit;
  }

  #giveUpGreediest(wanted: number): void {
    const countOf = new Map<number, number>();
    for (const { value: { owner, issuedAtEpochSeconds } } of this.#rows.values()) {
      if (owner !== undefined && issuedAtEpochSeconds !== undefined) countOf.set(owner, (countOf.get(owner) ?? 0) + 1);
    }
    const greediest = [...countOf].filter(([, count]) => count > 1).sort(([, one], [, other]) => other - one);
    const given = new Set<number>();
    let freed = 0;
    for (const [owner, count] of greediest) {
      if (freed >= wanted) break;
      given.add(owner);
      freed += count;
    }
    if (given.size === 0) return;
    this.#giveUp((row) => row.owner !== undefined && given.has(row.owner), (row) => this.#ruleOf(row.owner!));
    if (this.#byOwner.size > MOST_OWNERS) this.#joinOwners();
  }

  #giveUpOldest(wanted: number): void {
    const moments: number[] = [];
    for (const { value } of this.#rows.values()) {
      if (value.issuedAtEpochSeconds !== undefined) moments.push(value.issuedAtEpochSeconds);
    }
    if (moments.length === 0) return;
    const until = moments.sort((one, other) => one - other)[Math.min(wanted, moments.length) - 1];
    const rule = this.#everybody ??= { issuedUntil: -Infinity, expiresAtEpochSeconds: -Infinity };
    this.#giveUp((row) => row.issuedAtEpochSeconds! <= until, () => rule);
  }

  /** Turns rows whose time of issue is known into a rule. */
  #giveUp(isGiven: (row: TicketRow) => boolean, ruleFor: (row: TicketRow) => CoarseRule): void {
    this.#rows.deleteWhere(({ value, expiresAtEpochSeconds }) => {
      if (value.issuedAtEpochSeconds === undefined || !isGiven(value)) return false;
      widen(ruleFor(value), value.issuedAtEpochSeconds, expiresAtEpochSeconds);
      this.#namesGivenUp++;
      return true;
    });
  }

  #ruleOf(owner: number): CoarseRule {
    let rule = this.#byOwner.get(owner);
    if (rule === undefined) this.#byOwner.set(owner, rule = { issuedUntil: -Infinity, expiresAtEpochSeconds: -Infinity });
    return rule;
  }

  #joinOwners(): void {
    const rule = this.#everybody ??= { issuedUntil: -Infinity, expiresAtEpochSeconds: -Infinity };
    for (const { issuedUntil, expiresAtEpochSeconds } of this.#byOwner.values()) {
      widen(rule, issuedUntil, expiresAtEpochSeconds);
    }
    this.#byOwner.clear();
  }

  /** A rule is of no use once every ticket that it stands for has expired. */
  forgetOldRules(): void {
    const now = this.#now();
    for (const [owner, rule] of this.#byOwner) if (rule.expiresAtEpochSeconds < now) this.#byOwner.delete(owner);
    if (this.#everybody && this.#everybody.expiresAtEpochSeconds < now) this.#everybody = undefined;
  }
}

function widen(rule: CoarseRule, issuedUntil: number, expiresAtEpochSeconds: number): void {
  rule.issuedUntil = Math.max(rule.issuedUntil, issuedUntil);
  rule.expiresAtEpochSeconds = Math.max(rule.expiresAtEpochSeconds, expiresAtEpochSeconds);
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? one ?? other : Math.max(one, other);
}
