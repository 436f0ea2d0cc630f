/**
 * The tag by which a client knows that a ticket was issued for another shared key or certificate than it has now: a user who changes a key
 * means to end what came of the old one.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { InitiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { sameOctets } from "../wire/octets.ts";

/**
 * Two octets let one changed key in 65,536 pass, and are of no use to a thief of the file who tries keys: one in 65,536 wrong
 * keys fits as well as the right one.
 */
const TAG_LENGTH = 2;
const PURPOSE = "ike-resume credential tag\0";

/** What a client proves itself with: the octets that a ticket depends on. A certificate that was renewed counts as another. */
export function credentialOctets({ certificates, presharedKey }: InitiatorConfiguration): Uint8Array {
  return certificates?.own[0]?.certificates[0] ?? presharedKey ?? NO_OCTETS;
}

const NO_OCTETS = new Uint8Array(0);

export function credentialTag({ skD }: Pick<ClientTicket, "skD">, presharedKey: Uint8Array): Uint8Array {
  const digest = createHmac("sha256", skD).update(PURPOSE).update(presharedKey).digest();
  return new Uint8Array(digest.subarray(0, TAG_LENGTH));
}

/** A ticket without a tag is taken for one of this key. */
export function isOfCredential(ticket: ClientTicket, presharedKey: Uint8Array): boolean {
  return ticket.credentialTag === undefined || sameOctets(ticket.credentialTag, credentialTag(ticket, presharedKey));
}
