/**
 * Names of tickets, by which used and revoked ones are remembered.
 *
 * @module
 */

/**
 * Names one ticket, and says enough of it to refuse it by a coarser rule: by its series, its owner, or its time. A ticket that
 * an earlier version issued has no series, and no time of issue.
 */
export interface TicketName {
  /** In hexadecimal. No secret. */
  readonly ticketId: string;
  /** When the ticket expires: from then on it is refused for its age, and need not be remembered. */
  readonly expiresAtEpochSeconds: number;
  /** Nobody knows when it expires: that is the latest moment at which any ticket can. */
  readonly isExpiryUnknown?: true;
  /** Its owner, as `identityNumber` says. Not known of a ticket that somebody named by its `ticketId` alone. */
  readonly owner?: number;
  /**
   * Whole seconds since 1970; for a ticket named by its `ticketId` alone, the latest moment at which it can have been issued.
   */
  readonly issuedAtEpochSeconds?: number;
  /** 16 hexadecimal digits that the tickets of one IKE SA, and of those that took its place by rekeying, have in common. */
  readonly series?: string;
  /** Of two tickets of a series the later one has the higher serial. 32 bits unsigned. */
  readonly serial?: number;
}
