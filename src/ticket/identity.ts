/**
 * An IKE identity: what stands in IDi and IDr (RFC 7296, section 3.5).
 *
 * @module
 */
import { IdType } from "../wire/constants.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { sameOctets } from "../wire/octets.ts";
import { comparableName } from "./distinguished_name_form.ts";
import { HASH_SEEDS, hashEnd, hashMore } from "./seeded_hash.ts";

/** Who an end says it is: what an ID payload holds. */
export interface Identity {
  /** 1 = ID_IPV4_ADDR, 2 = ID_FQDN, 3 = ID_RFC822_ADDR, 5 = ID_IPV6_ADDR, 9 = ID_DER_ASN1_DN, 11 = ID_KEY_ID. */
  readonly idType: number;
  /** In the form that its type has (RFC 7296, section 3.5): text in UTF-8 for 2 and 3, 4 or 16 octets of an address, DER, or any octets. */
  readonly identification: Uint8Array;
}

/**
 * Whether two identities are equal in type and in every octet, but for the case of letters where it does not count: in a host
 * name (ID_FQDN; RFC 1034, section 3.1) and behind the last @ of ID_RFC822_ADDR (RFC 5280, section 7.5). What stands before
 * that @ is the mail server's to interpret. Distinguished names (ID_DER_ASN1_DN) are equal but for case, spaces and the types
 * of their strings (RFC 5280, section 7.1).
 */
export function sameIdentity(a: Identity, b: Identity): boolean {
  if (a.idType !== b.idType) return false;
  if (sameOctets(a.identification, b.identification)) return true;
  if (a.idType !== IdType.ID_DER_ASN1_DN && a.identification.length !== b.identification.length) return false;
  return sameOctets(foldIdentity(a).identification, foldIdentity(b).identification);
}

/**
 * The form in which identities that are the same have the same octets: in lower case where case does not count, distinguished
 * names as {@link comparableName} has them. The same object where that changes nothing.
 */
export function foldIdentity(identity: Identity): Identity {
  const { idType, identification } = identity;
  if (idType === IdType.ID_DER_ASN1_DN) {
    const name = comparableName(identification);
    return name === undefined || sameOctets(name, identification) ? identity : { idType, identification: name };
  }
  const from = firstFolded(identity);
  for (let index = from; index < identification.length; index++) {
    if (folded(identification[index]) === identification[index]) continue;
    return { idType, identification: identification.map((octet, at) => at >= from ? folded(octet) : octet) };
  }
  return identity;
}

function folded(octet: number): number {
  return octet >= UPPER_A && octet <= UPPER_Z ? octet + TO_LOWER_CASE : octet;
}

/** A name for maps and files: the same for two identities if and only if {@link sameIdentity} says so of them. */
export function identityKey(identity: Identity): string {
  const { idType, identification } = foldIdentity(identity);
  return `${idType}:${toHexadecimal(identification)}`;
}

/** A copy whose octets are its own: an identity from a datagram is a view of that. */
export function copyIdentity(identity: Identity): Identity {
  return { idType: identity.idType, identification: identity.identification.slice() };
}

const AT_SIGN = 0x40;
const [UPPER_A, UPPER_Z] = [0x41, 0x5a];
const TO_LOWER_CASE = 0x20;

/** The octet from which on the case of letters does not count: the end, where it counts everywhere. */
function firstFolded({ idType, identification }: Identity): number {
  if (idType === IdType.ID_FQDN) return 0;
  const isMail = idType === IdType.ID_RFC822_ADDR;
  return isMail && identification.includes(AT_SIGN) ? identification.lastIndexOf(AT_SIGN) + 1 : identification.length;
}

/**
 * A number from 0 to 2^53 - 1 by which identities are told apart where lists must be short: the same in every process, and for
 * two identities that {@link sameIdentity} takes for one. It hides nothing, and two identities may share a number by chance:
 * what is done to one by number is then done to the other.
 */
export function identityNumber(identity: Identity): number {
  const name = identity.idType === IdType.ID_DER_ASN1_DN ? foldIdentity(identity) : identity;
  const { idType, identification } = name;
  const from = firstFolded(name);
  // Both hashes of the identity as {@link foldIdentity} gives it.
  let high = hashMore(HASH_SEEDS[0], idType);
  let low = hashMore(HASH_SEEDS[1], idType);
  for (let index = 0; index < identification.length; index++) {
    const octet = index < from ? identification[index] : folded(identification[index]);
    high = hashMore(high, octet);
    low = hashMore(low, octet);
  }
  return hashEnd(high) % 0x20_0000 * 0x1_0000_0000 + hashEnd(low);
}
