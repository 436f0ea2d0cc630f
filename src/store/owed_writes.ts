/**
 * Writes that a store is owed, since it could not be written: they count in this process until the store has them.
 *
 * @module
 */
import type { ClaimRequest } from "../ike/steps/step.ts";
import type { Revocation } from "../ticket/revocation_store.ts";
import type { TicketName } from "../ticket/ticket_name.ts";
import { type Expiring, ExpiringMap } from "./expiring_map.ts";
import type { EpochSeconds, GatewayStore } from "./gateway_store.ts";
import { isRevoked, revocationKey, revoke } from "./revoked_tickets.ts";
import { TicketList } from "./ticket_list.ts";

/** Most writes of each kind that wait. */
const MOST_OWED = 100_000;
/** Most writes that are paid at a time, so that no wave waits for long behind them. */
const PAID_AT_ONCE = 1_000;

/** A reference does not say when its state expires: a deletion is owed for as long as the longest ticket can live, 30 days. */
const DELETION_OWED_SECONDS = 30 * 86_400;

export class OwedWrites {
  readonly #claims: ExpiringMap<ClaimRequest>;
  readonly #revocations: ExpiringMap<TicketName>;
  /** Revocations without room among those: they count in this process alone, by coarser rules where it has to be. */
  readonly #unowedRevocations: TicketList;
  readonly #deletions: ExpiringMap<true>;
  readonly #now: EpochSeconds;

  constructor(now: EpochSeconds) {
    this.#now = now;
    this.#claims = new ExpiringMap(now, MOST_OWED);
    this.#revocations = new ExpiringMap(now, MOST_OWED);
    this.#unowedRevocations = new TicketList(now, MOST_OWED);
    this.#deletions = new ExpiringMap(now, MOST_OWED);
  }

  get size(): number {
    return this.#claims.size + this.#revocations.size + this.#deletions.size;
  }

  /** Claims a ticket. False: it was claimed here before, or no more can be owed. */
  claim(request: ClaimRequest): boolean {
    const { ticketId, expiresAtEpochSeconds } = request;
    return !this.hasClaim(ticketId) && this.#claims.set(ticketId, request, expiresAtEpochSeconds);
  }

  hasClaim(ticketId: string): boolean {
    return this.#claims.get(ticketId) !== undefined;
  }

  /** The store has the claim now. Returns whether it was owed. */
  dropClaim(ticketId: string): boolean {
    return this.#claims.delete(ticketId);
  }

  /** Revokes a ticket. False: no more can be owed, and nothing is known of it but its name. */
  revoke(revocation: Revocation): boolean {
    const key = revocationKey(revocation);
    const { serial: earlier = -1 } = this.#revocations.get(key)?.value ?? {};
    if (revocation.serial !== undefined && revocation.serial < earlier) return true;
    const { expiresAtEpochSeconds } = revocation;
    if (this.#revocations.set(key, revocation, expiresAtEpochSeconds)) return true;
    const { owner, issuedAtEpochSeconds } = revocation;
    if (owner === undefined || issuedAtEpochSeconds === undefined) return false;
    return revoke(this.#unowedRevocations, revocation, expiresAtEpochSeconds);
  }

  /** A revocation goes to the store itself: an earlier one of its series that is owed must not be written after it. */
  dropRevocation(revocation: Revocation): void {
    this.#revocations.delete(revocationKey(revocation));
  }

  hasRevocation(ticket: TicketName): boolean {
    if (this.#revocations.get(ticket.ticketId) !== undefined) return true;
    const { series, serial } = ticket;
    const ofSeries = series === undefined ? undefined : this.#revocations.get(series)?.value.serial;
    return ofSeries !== undefined && serial !== undefined && serial <= ofSeries || isRevoked(this.#unowedRevocations, ticket);
  }

  /** Owes a deletion. False: no more can be owed. */
  deleteState(reference: string): boolean {
    return this.#deletions.set(reference, true, this.#now() + DELETION_OWED_SECONDS);
  }

  hasDeletion(reference: string): boolean {
    return this.#deletions.get(reference) !== undefined;
  }

  /**
   * Writes some of what is owed. What the store did not take stays owed.
   *
   * @returns how many tickets that were claimed here had been claimed elsewhere: each was accepted twice
   */
  async paySome(store: GatewayStore): Promise<number> {
    const revocations = some(this.#revocations);
    if (revocations.length > 0) await store.revocations.add(revocations.map(([, { value }]) => value));
    for (const [key, { value }] of revocations) {
      if (this.#revocations.get(key)?.value === value) this.#revocations.delete(key);
    }

    const deletions = some(this.#deletions);
    if (deletions.length > 0) await store.ticketStates.delete(deletions.map(([reference]) => reference));
    for (const [reference] of deletions) this.#deletions.delete(reference);

    const claims = some(this.#claims);
    const claimed = claims.length > 0 ? await store.claims.claim(claims.map(([, { value }]) => value)) : [];
    for (const [ticketId] of claims) this.#claims.delete(ticketId);
    return claimed.filter((isFirst) => !isFirst).length;
  }
}

function some<Value>(map: ExpiringMap<Value>): [name: string, Expiring<Value>][] {
  return Array.from(map.entries().take(PAID_AT_ONCE));
}
