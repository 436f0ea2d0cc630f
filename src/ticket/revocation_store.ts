/**
 * Where revoked tickets are remembered until they would have expired: the Invalid Ticket List of RFC 5723, section 9.8.
 *
 * @module
 */

/** Names a ticket that must not be accepted any more. */
export interface Revocation {
  readonly ticketId: string;
  /** When the ticket expires: from then on it is refused for its age, and need not be remembered. */
  readonly expiresAtEpochSeconds: number;
}

/**
 * A batch is a wave's: a store over a network makes one round trip of it. A store that fails rejects, or answers as its configuration
 * says that a failure is to be taken.
 *
 * A false positive costs one client a full exchange. A false negative lets a ticket in that its owner or an administrator took back.
 */
export interface RevocationStore {
  /** Revokes tickets. To revoke one again changes nothing, except that the later expiry counts. */
  add(batch: readonly Revocation[]): void | Promise<void>;
  /** Whether each ticket is revoked. */
  has(batch: readonly string[]): readonly boolean[] | Promise<readonly boolean[]>;
}
