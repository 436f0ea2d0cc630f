/**
 * Where a client keeps its tickets, so that it can resume after a restart of its own (RFC 5723, section 4.2).
 *
 * @module
 */
import { type ClientTicket, isSpent } from "./client_ticket.ts";
import type { Identity } from "./identity.ts";

/** What a ticket is kept under. One client has one ticket for each gateway and each of its identities: the latest. */
export interface ClientTicketKey {
  /** Which gateway: the same text each time, made of the identity that it has to prove, or of its address, such as "192.0.2.1:500". */
  readonly gateway: string;
  /** IDi. */
  readonly identity: Identity;
}

/**
 * Tickets at rest. They hold SK_d: whoever reads them can resume as this client. An implementation may keep what it is given only in a form
 * that others than its user cannot read, and keeps copies, since the `skD` of a ticket is wiped when it is used.
 *
 * Every method rejects when the tickets cannot be read or written; a ticket that is lost costs a full exchange, and nothing else.
 */
export interface ClientTicketStore {
  /** The ticket, a copy; `undefined` when there is none that may still be presented. One that has expired is forgotten. */
  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined>;
  /** Keeps a ticket in the place of the one before it. */
  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void>;
  /** Forgets a ticket: used, refused, or its IKE SA was deleted (RFC 5723, section 6.2). None there is no error. */
  remove(key: ClientTicketKey): Promise<void>;
  /** Forgets the tickets of an identity at every gateway: its user has logged out (RFC 5723, section 6.2). */
  removeAllOf(identity: Identity): Promise<void>;
}

/** Whether a ticket may be presented at all (RFC 5723, section 4.3.1): neither used nor known to be expired. */
export function isUsable(ticket: ClientTicket, nowEpochSeconds: number): boolean {
  return !isSpent(ticket) && nowEpochSeconds < ticket.expiresAtEpochSeconds;
}
