/**
 * An IKE identity: what stands in IDi and IDr (RFC 7296, section 3.5).
 *
 * @module
 */
import { sameOctets } from "../wire/octets.ts";

export interface Identity {
  /** 1 = ID_IPV4_ADDR, 2 = ID_FQDN, 3 = ID_RFC822_ADDR, 5 = ID_IPV6_ADDR, 9 = ID_DER_ASN1_DN, 11 = ID_KEY_ID. */
  readonly idType: number;
  readonly identification: Uint8Array;
}

/** Equal in type and in every octet. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.idType === b.idType && sameOctets(a.identification, b.identification);
}

/** A copy whose octets are its own: what a datagram carried is a view of it. */
export function copyIdentity(identity: Identity): Identity {
  return { idType: identity.idType, identification: identity.identification.slice() };
}
