/**
 * By what a client knows that a ticket was issued for another shared key than it has now: who changes a key means to end what was had by it.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { sameOctets } from "../wire/octets.ts";

/**
 * Two octets let one changed key in 65,536 pass, and spare whoever steals the file the means to try keys: 16 bits fit as many wrong ones as there
 * are for every right one.
 */
const TAG_LENGTH = 2;
const PURPOSE = "ike-resume credential tag\0";

export function credentialTag({ skD }: Pick<ClientTicket, "skD">, presharedKey: Uint8Array): Uint8Array {
  const digest = createHmac("sha256", skD).update(PURPOSE).update(presharedKey).digest();
  return new Uint8Array(digest.subarray(0, TAG_LENGTH));
}

/** A ticket without a tag is taken for one of this key. */
export function isOfCredential(ticket: ClientTicket, presharedKey: Uint8Array): boolean {
  return ticket.credentialTag === undefined || sameOctets(ticket.credentialTag, credentialTag(ticket, presharedKey));
}
