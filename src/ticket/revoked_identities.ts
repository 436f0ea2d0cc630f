/**
 * Identities of which an administrator took back all tickets issued so far, wherever they are.
 *
 * @module
 */
import { type Identity, identityKey } from "./identity.ts";
import { MAXIMUM_TICKET_LIFETIME_SECONDS } from "./ticket_key_policy.ts";
import type { TicketState } from "./ticket_state.ts";

type RevocableState = Pick<TicketState, "initiatorId" | "eapIdentity" | "issue" | "expiresAtEpochSeconds">;

interface Revoked {
  /** Tickets that were issued until then are meant. */
  readonly issuedUntilEpochSeconds: number;
  /** The same of tickets that do not say when they were issued: those that expire until then. */
  readonly lastExpiryEpochSeconds: number;
  /** When it may be forgotten, by both clocks. */
  readonly keptUntilEpochSeconds: number;
  readonly keptUntilMs: number;
}

/** Needs no list of the tickets: each says when it was issued. */
export class RevokedIdentities {
  readonly #byName = new Map<string, Revoked>();

  /**
   * Refuses every ticket of an identity that was issued until `now`. One that does not say so is refused where it expires at `lastExpiry`, the latest
   * expiry of any issued so far by the lifetime that is now in force, or earlier.
   *
   * An identity is forgotten when no ticket that was issued until then can live any longer, however long they lived at that time, by both the wall clock
   * and the monotonic one: a wall clock that jumps ahead gives no ticket back. Nor does an earlier revocation that is told later.
   */
  add(
    identity: Identity,
    lastExpiryEpochSeconds: number,
    { epochSeconds, monotonicMs }: { readonly epochSeconds: number; readonly monotonicMs: number },
  ): void {
    for (const [name, { keptUntilEpochSeconds, keptUntilMs }] of this.#byName) {
      if (keptUntilEpochSeconds < epochSeconds && keptUntilMs < monotonicMs) this.#byName.delete(name);
    }
    const key = identityKey(identity);
    const before = this.#byName.get(key);
    this.#byName.set(key, {
      issuedUntilEpochSeconds: Math.max(epochSeconds, before?.issuedUntilEpochSeconds ?? 0),
      lastExpiryEpochSeconds: Math.max(lastExpiryEpochSeconds, before?.lastExpiryEpochSeconds ?? 0),
      keptUntilEpochSeconds: Math.max(epochSeconds + MAXIMUM_TICKET_LIFETIME_SECONDS, before?.keptUntilEpochSeconds ?? 0),
      keptUntilMs: monotonicMs + 1_000 * MAXIMUM_TICKET_LIFETIME_SECONDS,
    });
  }

  /** Whether a ticket of this state was taken back with its identity: IDi, or the one that EAP authenticated. */
  has(state: RevocableState): boolean {
    if (this.#byName.size === 0) return false;
    const { initiatorId, eapIdentity } = state;
    return this.#isMeant(initiatorId, state) || eapIdentity !== undefined && this.#isMeant(eapIdentity, state);
  }

  #isMeant(identity: Identity, { issue, expiresAtEpochSeconds }: RevocableState): boolean {
    const revoked = this.#byName.get(identityKey(identity));
    if (revoked === undefined) return false;
    return issue === undefined
      ? expiresAtEpochSeconds <= revoked.lastExpiryEpochSeconds
      : issue.issuedAtEpochSeconds <= revoked.issuedUntilEpochSeconds;
  }
}
