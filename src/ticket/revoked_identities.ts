/**
 * Identities whose tickets an administrator took back, all of those that were issued until then, wherever they are.
 *
 * @module
 */
import { type Identity, identityKey } from "./identity.ts";
import type { TicketState } from "./ticket_state.ts";

type RevocableState = Pick<TicketState, "initiatorId" | "eapIdentity" | "expiresAtEpochSeconds">;

/** Needs no list of the tickets: one that expires later than any that was issued before must have been issued after. */
export class RevokedIdentities {
  readonly #untilByName = new Map<string, number>();

  /** Refuses every ticket of an identity that expires at `lastExpiry`, the latest expiry of any issued so far, or earlier. */
  add(identity: Identity, lastExpiryEpochSeconds: number, nowEpochSeconds: number): void {
    for (const [name, until] of this.#untilByName) {
      if (until < nowEpochSeconds) this.#untilByName.delete(name);
    }
    this.#untilByName.set(identityKey(identity), lastExpiryEpochSeconds);
  }

  /** Whether a ticket of this state was taken back with its identity: IDi, or the one that EAP authenticated. */
  has({ initiatorId, eapIdentity, expiresAtEpochSeconds }: RevocableState): boolean {
    if (this.#untilByName.size === 0) return false;
    return [initiatorId, eapIdentity].some((identity) => {
      const until = identity && this.#untilByName.get(identityKey(identity));
      return until !== undefined && expiresAtEpochSeconds <= until;
    });
  }
}
