/**
 * What a client keeps so that it can resume: the ticket, which is opaque to it, and every item that RFC 5723, section 5
 * marks "from the ticket", which it therefore has to hold itself (section 4.2).
 *
 * @module
 */
import { CONCEALED, printingAs } from "../crypto/concealed.ts";
import { isZero } from "../wire/numbers_in_place.ts";
import { sameOctets } from "../wire/octets.ts";
import type { Proposal } from "../wire/payload.ts";
import type { Identity } from "./identity.ts";
import type { TicketFormatName } from "./ticket_format.ts";

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
  /**
   * The gateway that issued it, as its client names gateways. Without it, any gateway whose identity is `responderId` will do.
   */
  readonly gateway?: string;
  /** The form of resumption that it is good for. Missing: RFC 5723. */
  readonly profile?: TicketFormatName;
  /** Other gateways that take it, as the gateway that issued it has said inside SK: by address or host name. */
  readonly gateways?: readonly Identity[];
  /** Tells a ticket that was issued for another shared key than the client has now. Too short to say anything about the key. */
  readonly credentialTag?: Uint8Array;
}

/** Whether two tickets are the same to the gateway. */
export function isSameTicket({ ticket: one }: ClientTicket, { ticket: other }: ClientTicket): boolean {
  return sameOctets(one, other);
}

/** Whether a ticket has been used. Everyone would know keys made of its wiped SK_d, so that anyone could answer. */
export function isSpent({ skD }: ClientTicket): boolean {
  return isZero(skD, 0, skD.length);
}

/**
 * The same ticket, in a form whose SK_d neither printing nor JSON shows: whoever has it can resume as this client. As `concealing` makes it, but written
 * out: one is made in every resumption, and properties that are defined one by one take several times as long.
 */
export function concealed(open: ClientTicket): ClientTicket {
  if (Object.getPrototypeOf(open) === printing) return open;
  const { ticket, expiresAtEpochSeconds, initiatorId, responderId, authenticationMethod, proposal, skD } = open;
  const copy: ClientTicket = {
    // @ts-ignore -- it is no property, but where the object prints itself.
    __proto__: printing,
    ticket,
    expiresAtEpochSeconds,
    initiatorId,
    responderId,
    authenticationMethod,
    proposal,
    get skD() {
      return skD;
    },
  };
  // What only some have.
  for (const name in open) if (!Object.hasOwn(copy, name)) Object.assign(copy, { [name]: open[name as keyof ClientTicket] });
  return copy;
}

/** What concealed tickets print as. */
const printing: object = Object.create(
  Object.prototype,
  printingAs(function (this: ClientTicket) {
    return { ...this, skD: CONCEALED };
  }),
);

/** A concealed copy, which shares no octets that anyone wipes. */
export function copyOfTicket(ticket: ClientTicket): ClientTicket {
  return concealed({ ...ticket, ticket: ticket.ticket.slice(), skD: ticket.skD.slice() });
}
