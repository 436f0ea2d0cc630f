/**
 * What a client keeps so that it can resume: the ticket, which is opaque to it, and every item that RFC 5723, section 5
 * marks "from the ticket", which it therefore has to hold itself (section 4.2).
 *
 * @module
 */
import { concealing } from "../crypto/concealed.ts";
import { sameOctets } from "../wire/octets.ts";
import type { Proposal } from "../wire/payload.ts";
import type { Identity } from "./identity.ts";

/** Handed out by a session, to be stored with care: SK_d in it is a key. */
export interface ClientTicket {
  /** As it came in TICKET_LT_OPAQUE, behind the lifetime. */
  readonly ticket: Uint8Array;
  /** Seconds since 1970: when it was received, plus the lifetime of TICKET_LT_OPAQUE. */
  readonly expiresAtEpochSeconds: number;
  /** IDi: the client itself. */
  readonly initiatorId: Identity;
  /** IDr: the gateway that issued it. */
  readonly responderId: Identity;
  /** AUTH method of the exchange that the ticket came from. */
  readonly authenticationMethod: number;
  /** The IKE SA's algorithms: SAr as it was chosen. */
  readonly proposal: Proposal;
  /** SK_d of the IKE SA that the ticket stands for. Secret. All zero once an IKE SA was established with the ticket. */
  readonly skD: Uint8Array;
  /** Which gateway issued it, as its client names gateways. Without it the ticket may be presented to any of the identity that `responderId` is. */
  readonly gateway?: string;
  /** By it a ticket is known that was issued for another shared key than the client has now. Too short to tell anything about the key. */
  readonly credentialTag?: Uint8Array;
}

/** Whether two are one: as the gateway sees them. */
export function isSameTicket({ ticket: one }: ClientTicket, { ticket: other }: ClientTicket): boolean {
  return sameOctets(one, other);
}

/** Whether a ticket has been used. Keys made of its wiped SK_d would be known to everyone: whoever answered would be believed. */
export function isSpent({ skD }: ClientTicket): boolean {
  return skD.every((octet) => octet === 0);
}

/** The same ticket, in a form that neither printing nor JSON shows SK_d of: whoever has it can resume as this client. */
export function concealed(ticket: ClientTicket): ClientTicket {
  return concealing(ticket, "skD");
}

/** A copy that shares no octets that anyone wipes, concealed. */
export function copyOfTicket(ticket: ClientTicket): ClientTicket {
  return concealed({ ...ticket, ticket: ticket.ticket.slice(), skD: ticket.skD.slice() });
}
