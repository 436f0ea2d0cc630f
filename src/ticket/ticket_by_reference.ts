/**
 * Tickets by reference (RFC 5723, appendix A.2): version | reserved | key identity | state_ref | expiration | MAC.
 *
 * The client gets a random name of the state, which itself stays in a store. Every such ticket has the same length,
 * {@link TICKET_BY_REFERENCE_LENGTH}, and no ticket by value is that short: it holds two ID payloads, an SA payload, two SPIs and SK_d.
 * The length therefore tells the kinds apart, and nothing depends on a wrong guess: each kind has its own key, derived from the ticket key, so
 * what is authentic as the one is never authentic as the other.
 *
 * The functions here say what is to be computed; a provider does it, for a whole wave at once.
 *
 * @module
 */
import type { PrfRequest, VerifyMacRequest } from "../crypto/provider.ts";
import { PRF_HMAC_SHA2_256 } from "../crypto/registry.ts";
import { KEY_ID_LENGTH, type TicketKey, type TicketKeyRing } from "./ticket_key_ring.ts";
import type { TicketFormatName } from "./ticket_format.ts";
import { usesOf } from "./ticket_key_uses.ts";

/** Octets of state_ref: random, so that nobody meets another's by chance. */
export const REFERENCE_LENGTH = 16;

/** Its MAC key is the one derived from the ticket key for this use. */
const FORMAT_VERSION = 2;
/** Its MAC key was derived in another way, by an earlier version of this program. */
const EARLIER_FORMAT_VERSION = 1;
const KEY_ID_OFFSET = 4;
const REFERENCE_OFFSET = KEY_ID_OFFSET + KEY_ID_LENGTH;
const EXPIRATION_OFFSET = REFERENCE_OFFSET + REFERENCE_LENGTH;
const EXPIRATION_LENGTH = 4;
const MAC_OFFSET = EXPIRATION_OFFSET + EXPIRATION_LENGTH;
/** HMAC-SHA2-256, not truncated. */
const MAC_LENGTH = PRF_HMAC_SHA2_256.outputLength;

/** Octets of every ticket by reference. */
export const TICKET_BY_REFERENCE_LENGTH: number = MAC_OFFSET + MAC_LENGTH;

/** The label by which the MAC key of version 1 is derived. */
const EARLIER_MAC_KEY_LABEL = new TextEncoder().encode("RFC 5723 ticket by reference");

/** What {@link encodeReferencePart} puts into a ticket. */
export interface TicketReference {
  /** state_ref: 16 octets. */
  readonly reference: Uint8Array;
  /** Seconds since 1970, 32 bits unsigned. */
  readonly expiresAtEpochSeconds: number;
}

/** The request that makes the MAC key of tickets of version 1. The result is secret, and to be wiped after use. */
export function earlierMacKeyRequest({ key }: TicketKey): PrfRequest {
  return { prf: PRF_HMAC_SHA2_256, key, data: [EARLIER_MAC_KEY_LABEL] };
}

/** All of a ticket but its MAC. */
export function encodeReferencePart({ reference, expiresAtEpochSeconds }: TicketReference, keyId: Uint8Array): Uint8Array {
  const part = new Uint8Array(MAC_OFFSET);
  part[0] = FORMAT_VERSION;
  part.set(keyId, KEY_ID_OFFSET);
  part.set(reference, REFERENCE_OFFSET);
  new DataView(part.buffer).setUint32(EXPIRATION_OFFSET, expiresAtEpochSeconds);
  return part;
}

/** The request that makes the MAC at the end of a ticket. */
export function macRequest(part: Uint8Array, key: TicketKey, format: TicketFormatName = "rfc5723"): PrfRequest {
  return { prf: PRF_HMAC_SHA2_256, key: usesOf(key, format).byReference, data: [part] };
}

/** Joins the parts of a ticket. */
export function joinTicket(part: Uint8Array, mac: Uint8Array): Uint8Array {
  const ticket = new Uint8Array(TICKET_BY_REFERENCE_LENGTH);
  ticket.set(part);
  ticket.set(mac, MAC_OFFSET);
  return ticket;
}

/** Whether a presented ticket is to be taken as one by reference: it has exactly their length. */
export function isTicketByReference(ticket: Uint8Array): boolean {
  return ticket.length === TICKET_BY_REFERENCE_LENGTH;
}

/**
 * The ticket key whose MAC key a presented ticket is to be checked with. `undefined`: its version is none of ours. An unknown key identity
 * gets the decoy key, so that which keys a gateway holds does not show in its time (RFC 5723, section 9.2).
 *
 * @param ticket Of {@link TICKET_BY_REFERENCE_LENGTH} octets.
 */
export function keyOfTicketByReference(ticket: Uint8Array, ring: TicketKeyRing): TicketKey | undefined {
  const key = ring.find(ticket.subarray(KEY_ID_OFFSET, REFERENCE_OFFSET));
  if (ticket[0] === FORMAT_VERSION) return key ?? ring.decoy;
  if (!isOfEarlierVersion(ticket)) return undefined;
  return key?.opensVersion1 ? key : ring.decoy;
}

/** Whether the MAC key of a presented ticket is the one that {@link earlierMacKeyRequest} makes. */
export function isOfEarlierVersion(ticket: Uint8Array): boolean {
  return ticket[0] === EARLIER_FORMAT_VERSION;
}

/** The request that checks the MAC of a presented ticket. Before that, nothing in it is to be looked at, and no store asked. */
export function verifyTicketRequest(ticket: Uint8Array, macKey: Uint8Array): VerifyMacRequest {
  return {
    prf: PRF_HMAC_SHA2_256,
    key: macKey,
    data: [ticket.subarray(0, MAC_OFFSET)],
    mac: ticket.subarray(MAC_OFFSET),
  };
}

/** What a ticket whose MAC is right says. */
export function decodeReferencePart(ticket: Uint8Array): TicketReference {
  return {
    reference: ticket.slice(REFERENCE_OFFSET, EXPIRATION_OFFSET),
    expiresAtEpochSeconds: new DataView(ticket.buffer, ticket.byteOffset).getUint32(EXPIRATION_OFFSET),
  };
}

/** A reference as the store knows it: 32 hexadecimal digits, whatever octets it has. It can be no path, no URL and no SQL. */
export function referenceName({ reference }: TicketReference): string {
  let name = "";
  for (const octet of reference) name += octet.toString(16).padStart(2, "0");
  return name;
}

/** The octets of a name that {@link referenceName} made. */
export function referenceOctets(name: string): Uint8Array {
  return Uint8Array.from({ length: REFERENCE_LENGTH }, (_, index) => parseInt(name.slice(2 * index, 2 * index + 2), 16));
}
