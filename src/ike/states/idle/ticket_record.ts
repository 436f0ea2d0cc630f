/**
 * The latest ticket of an idle IKE SA, as octets of its record.
 *
 * @module
 */
import type { IssuedTicket } from "../../../ticket/issued_ticket.ts";
import { toHexadecimal } from "../../../wire/hexadecimal.ts";

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
export function writeTicketRecord(ticket: IssuedTicket, isOfSeries: boolean, view: DataView, start: number): boolean {
  const { ticketId, owner, issuedAtEpochSeconds, serial } = ticket;
  const length = ticketId.length / 2;
  view.setUint8(start + At.NAME_LENGTH, 0);
  if (owner === undefined || issuedAtEpochSeconds === undefined || serial === undefined) return false;
  if (!isOfSeries || length === 0 || length > MOST_NAME_OCTETS || !isLowerHexadecimal(ticketId)) return false;
  for (let at = 0; at < length; at++) {
    view.setUint8(start + At.NAME + at, digit(ticketId, 2 * at) << 4 | digit(ticketId, 2 * at + 1));
  }
  view.setUint8(start + At.NAME_LENGTH, length);
  view.setUint8(start + At.IS_REFERENCE, ticket.kind === "reference" ? 1 : 0);
  view.setUint32(start + At.SERIAL, serial);
  view.setFloat64(start + At.OWNER, owner);
  view.setFloat64(start + At.ISSUED, issuedAtEpochSeconds);
  view.setFloat64(start + At.EXPIRES, ticket.expiresAtEpochSeconds);
  return true;
}

/** Reads the ticket that was written, if there is one, and takes it out. */
export function takeTicketRecord(series: () => string, view: DataView, start: number): IssuedTicket | undefined {
  const length = view.getUint8(start + At.NAME_LENGTH);
  if (length === 0) return undefined;
  view.setUint8(start + At.NAME_LENGTH, 0);
  return {
    kind: view.getUint8(start + At.IS_REFERENCE) === 1 ? "reference" : "value",
    ticketId: toHexadecimal(new Uint8Array(view.buffer, view.byteOffset + start + At.NAME, length)),
    expiresAtEpochSeconds: view.getFloat64(start + At.EXPIRES),
    owner: view.getFloat64(start + At.OWNER),
    series: series(),
    serial: view.getUint32(start + At.SERIAL),
    issuedAtEpochSeconds: view.getFloat64(start + At.ISSUED),
  };
}

const DIGIT_ZERO = 0x30;
const [DIGIT_A, DIGIT_F] = [0x61, 0x66];

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < DIGIT_A ? code - DIGIT_ZERO : code - DIGIT_A + 10;
}

/** An even number of digits. */
function isLowerHexadecimal(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < DIGIT_ZERO || code > DIGIT_ZERO + 9) && (code < DIGIT_A || code > DIGIT_F)) return false;
  }
  return text.length % 2 === 0;
}
