/**
 * Where revoked tickets are remembered until they would have expired: the Invalid Ticket List of RFC 5723, section 9.8.
 *
 * @module
 */
import type { TicketName } from "./ticket_name.ts";

/** Names a ticket that must not be accepted any more. With a series, all its earlier tickets are meant too. */
export type Revocation = TicketName;

/**
 * A batch is a wave's: a store over a network makes one round trip of it. A store that fails rejects, or answers as it is
 * configured to answer then.
 *
 * A false positive costs one client a full exchange. A false negative lets in a ticket that its owner or an administrator took
 * back: a full store refuses more tickets than it was told to, never fewer.
 */
export interface RevocationStore {
  /** Revokes tickets. To revoke one again changes nothing, except that the later expiry counts. */
  add(batch: readonly Revocation[]): void | Promise<void>;
  /**
   * Whether each ticket is revoked: by its name, with its series, or by a coarser rule. `"unknown"`: that cannot be told now, and it is not accepted.
   */
  has(batch: readonly TicketName[]): readonly (boolean | "unknown")[] | Promise<readonly (boolean | "unknown")[]>;
}
