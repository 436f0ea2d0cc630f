/**
 * The latest ticket of an idle IKE SA, as octets of its record.
 *
 * @module
 */
import type { IssuedTicket } from "../../../ticket/issued_ticket.ts";
import { toHexadecimal } from "../../../wire/hexadecimal.ts";
import type { Slab } from "../../../wire/octet_slots.ts";

/** Key identity and IV are no longer, nor is a reference. */
const MOST_NAME_OCTETS = 24;

/** Where its parts are, from its begin: 54 octets. Numbers as JavaScript has them. */
const At = {
  /** 0: there is none. */
  NAME_LENGTH: 0,
  IS_REFERENCE: 1,
  SERIAL: 2,
  OWNER: 6,
  ISSUED: 14,
  EXPIRES: 22,
  NAME: 30,
} as const;

/**
 * Writes a ticket. False: it is of a kind that there are few of, and none is there now.
 * @param isOfSeries it is of the series of the IKE SA.
 */
export function writeTicketRecord(ticket: IssuedTicket, isOfSeries: boolean, { octets, view }: Slab, start: number): boolean {
  const { ticketId, owner, issuedAtEpochSeconds, serial } = ticket;
  octets[start + At.NAME_LENGTH] = 0;
  if (owner === undefined || issuedAtEpochSeconds === undefined || serial === undefined) return false;
  if (!isOfSeries || !writeName(ticketId, octets, start + At.NAME)) return false;
  octets[start + At.NAME_LENGTH] = ticketId.length / 2;
  octets[start + At.IS_REFERENCE] = ticket.kind === "reference" ? 1 : 0;
  view.setUint32(start + At.SERIAL, serial);
  view.setFloat64(start + At.OWNER, owner);
  view.setFloat64(start + At.ISSUED, issuedAtEpochSeconds);
  view.setFloat64(start + At.EXPIRES, ticket.expiresAtEpochSeconds);
  return true;
}

/** False: it is not two digits for each of so many octets, in small letters. Some of it may stand there then. */
function writeName(name: string, octets: Uint8Array, start: number): boolean {
  const { length } = name;
  if (length === 0 || length % 2 !== 0 || length > 2 * MOST_NAME_OCTETS) return false;
  for (let at = 0; at < length; at += 2) {
    const high = digit(name.charCodeAt(at));
    const low = digit(name.charCodeAt(at + 1));
    if ((high | low) < 0) return false;
    octets[start + at / 2] = high << 4 | low;
  }
  return true;
}

/** Whether a ticket stands there. */
export function hasTicketRecord({ octets }: Slab, start: number): boolean {
  return octets[start + At.NAME_LENGTH] !== 0;
}

/** Reads the ticket that was written, and takes it out. */
export function takeTicketRecord(series: string, { octets, view }: Slab, start: number): IssuedTicket {
  const length = octets[start + At.NAME_LENGTH];
  octets[start + At.NAME_LENGTH] = 0;
  if (nameOctets.length !== length) nameOctets = new Uint8Array(length);
  for (let at = 0; at < length; at++) nameOctets[at] = octets[start + At.NAME + at];
  return {
    kind: octets[start + At.IS_REFERENCE] === 1 ? "reference" : "value",
    ticketId: toHexadecimal(nameOctets),
    expiresAtEpochSeconds: view.getFloat64(start + At.EXPIRES),
    owner: view.getFloat64(start + At.OWNER),
    series,
    serial: view.getUint32(start + At.SERIAL),
    issuedAtEpochSeconds: view.getFloat64(start + At.ISSUED),
  };
}

/** Of the name that is being read: it is no secret, nearly all are of one length, and the next is written over it. */
let nameOctets = new Uint8Array(0);

const DIGIT_ZERO = 0x30;
const [DIGIT_A, DIGIT_F] = [0x61, 0x66];

/** The value of a digit in small letters; negative: it is none. */
function digit(code: number): number {
  if (code >= DIGIT_ZERO && code <= DIGIT_ZERO + 9) return code - DIGIT_ZERO;
  return code >= DIGIT_A && code <= DIGIT_F ? code - DIGIT_A + 10 : -1;
}
