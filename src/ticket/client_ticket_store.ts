/**
 * Where a client keeps its tickets, so that it can resume after a restart of its own (RFC 5723, section 4.2).
 *
 * @module
 */
import { type ClientTicket, isSpent } from "./client_ticket.ts";
import type { Identity } from "./identity.ts";

/** The key of a kept ticket. A client has one ticket for each gateway and each of its identities: the latest. */
export interface ClientTicketKey {
  /** Names the gateway, each time alike: by the identity that it has to prove, or by its address, such as "192.0.2.1:500". */
  readonly gateway: string;
  /** IDi. */
  readonly identity: Identity;
}

/**
 * Tickets at rest. They hold SK_d: whoever reads them can resume as this client. An implementation must keep them in a form
 * that only its user can read. It keeps copies, since the `skD` of a ticket is wiped when it is used.
 *
 * Each ticket is presented by one attempt at a time (RFC 5723, section 9.10): it is taken out, and is removed for good once an
 * IKE SA was established with it, or put back when none was. Where a process is killed in between, a store that outlives it may
 * give the ticket out again.
 *
 * Every method rejects when the tickets cannot be read or written; a ticket that is lost costs a full exchange, and nothing else.
 */
export interface ClientTicketStore {
  /** A copy of the ticket, which stays; `undefined`: there is none that may be presented now. An expired one is forgotten. */
  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined>;
  /**
   * As {@link load}, and takes the ticket out: nobody else finds it, neither here nor in another process that shares the store.
   */
  take(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined>;
  /** Puts a ticket back that was taken out and not used, unless another one is there, or it was forgotten meanwhile. */
  putBack(key: ClientTicketKey, ticket: ClientTicket): Promise<void>;
  /** Keeps a ticket in the place of the one before it. */
  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void>;
  /**
   * Forgets this ticket, taken out or not: used, refused, or its IKE SA was deleted (RFC 5723, section 6.2). Another one that
   * is kept under the same key stays. It is no error if none is there.
   */
  remove(key: ClientTicketKey, ticket: ClientTicket): Promise<void>;
  /** Forgets the tickets of an identity at every gateway, also those taken out: its user has logged out (RFC 5723, section 6.2). */
  removeAllOf(identity: Identity): Promise<void>;
}

/** Whether a ticket may be presented at all (RFC 5723, section 4.3.1): neither used nor known to be expired. */
export function isUsable(ticket: ClientTicket, nowEpochSeconds: number): boolean {
  return !isSpent(ticket) && nowEpochSeconds < ticket.expiresAtEpochSeconds;
}
