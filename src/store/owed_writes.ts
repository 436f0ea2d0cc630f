/**
 * What was promised to a store while it could not be written: it counts in this process until the store has it.
 *
 * @module
 */
import type { ClaimRequest } from "../ike/step.ts";
import type { Revocation } from "../ticket/revocation_store.ts";
import { ExpiringMap } from "./expiring_map.ts";
import type { EpochSeconds, GatewayStore } from "./gateway_store.ts";

/** Most writes of each kind that wait. */
const MOST_OWED = 100_000;
/** Most writes that are paid at a time, so that no wave waits for long behind them. */
const PAID_AT_ONCE = 1_000;

/** A reference does not say when its state expires: a deletion is owed for as long as the longest ticket can live, 30 days. */
const DELETION_OWED_SECONDS = 30 * 86_400;

export class OwedWrites {
  readonly #claims: ExpiringMap<true>;
  readonly #revocations: ExpiringMap<true>;
  readonly #deletions: ExpiringMap<true>;
  readonly #now: EpochSeconds;

  constructor(now: EpochSeconds) {
    this.#now = now;
    this.#claims = new ExpiringMap(now, MOST_OWED);
    this.#revocations = new ExpiringMap(now, MOST_OWED);
    this.#deletions = new ExpiringMap(now, MOST_OWED);
  }

  get size(): number {
    return this.#claims.size + this.#revocations.size + this.#deletions.size;
  }

  /** False: it was claimed here before, or no more can be owed. */
  claim({ ticketId, expiresAtEpochSeconds }: ClaimRequest): boolean {
    return !this.hasClaim(ticketId) && this.#claims.set(ticketId, true, expiresAtEpochSeconds);
  }

  hasClaim(ticketId: string): boolean {
    return this.#claims.get(ticketId) !== undefined;
  }

  /** The store has the claim now. Whether it was owed. */
  dropClaim(ticketId: string): boolean {
    return this.#claims.delete(ticketId);
  }

  /** False: no more can be owed. */
  revoke({ ticketId, expiresAtEpochSeconds }: Revocation): boolean {
    return this.#revocations.set(ticketId, true, expiresAtEpochSeconds);
  }

  hasRevocation(ticketId: string): boolean {
    return this.#revocations.get(ticketId) !== undefined;
  }

  /** False: no more can be owed. */
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
    if (revocations.length > 0) await store.revocations.add(revocations.map(named));
    for (const [ticketId] of revocations) this.#revocations.delete(ticketId);

    const deletions = some(this.#deletions);
    if (deletions.length > 0) await store.ticketStates.delete(deletions.map(([reference]) => reference));
    for (const [reference] of deletions) this.#deletions.delete(reference);

    const claims = some(this.#claims);
    const claimed = claims.length > 0 ? await store.claims.claim(claims.map(named)) : [];
    for (const [ticketId] of claims) this.#claims.delete(ticketId);
    return claimed.filter((isFirst) => !isFirst).length;
  }
}

type Entry = readonly [name: string, { readonly expiresAtEpochSeconds: number }];

function some(map: ExpiringMap<true>): Entry[] {
  return Array.from(map.entries().take(PAID_AT_ONCE));
}

function named([ticketId, { expiresAtEpochSeconds }]: Entry): ClaimRequest & Revocation {
  return { ticketId, expiresAtEpochSeconds };
}
