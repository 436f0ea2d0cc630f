/**
 * Identities of which an administrator took back all tickets issued so far, wherever they are.
 *
 * @module
 */
import { type Identity, identityKey } from "./identity.ts";
import type { TicketState } from "./ticket_state.ts";

type RevocableState = Pick<TicketState, "initiatorId" | "eapIdentity" | "expiresAtEpochSeconds">;

interface Revoked {
  readonly untilEpochSeconds: number;
  readonly untilMs: number;
}

/**
 * Needs no list of the tickets: one that expires later than any issued before the revocation must have been issued after it.
 */
export class RevokedIdentities {
  readonly #byName = new Map<string, Revoked>();

  /**
   * Refuses every ticket of an identity that expires at `lastExpiry`, the latest expiry of any issued so far, or earlier. An
   * identity is forgotten once that moment has come by both the wall clock and the monotonic one: a wall clock that jumps ahead
   * gives no ticket back.
   */
  add(
    identity: Identity,
    lastExpiryEpochSeconds: number,
    { epochSeconds, monotonicMs }: { readonly epochSeconds: number; readonly monotonicMs: number },
  ): void {
    for (const [name, { untilEpochSeconds, untilMs }] of this.#byName) {
      if (untilEpochSeconds < epochSeconds && untilMs < monotonicMs) this.#byName.delete(name);
    }
    const untilMs = monotonicMs + 1_000 * (lastExpiryEpochSeconds - epochSeconds);
    this.#byName.set(identityKey(identity), { untilEpochSeconds: lastExpiryEpochSeconds, untilMs });
  }

  /** Whether a ticket of this state was taken back with its identity: IDi, or the one that EAP authenticated. */
  has({ initiatorId, eapIdentity, expiresAtEpochSeconds }: RevocableState): boolean {
    if (this.#byName.size === 0) return false;
    return [initiatorId, eapIdentity].some((identity) => {
      const until = identity && this.#byName.get(identityKey(identity))?.untilEpochSeconds;
      return until !== undefined && expiresAtEpochSeconds <= until;
    });
  }
}
