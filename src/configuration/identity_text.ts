/**
 * Identities as people write them (RFC 7296, section 3.5).
 *
 * @module
 */
import { addressOctets } from "../ike/address.ts";
import type { Identity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { formatAddress } from "./address_text.ts";
import { ConfigurationError } from "./configuration_error.ts";

/** Octets: what fits an IKE message with room to spare. */
const LONGEST_IDENTITY = 1024;

const PREFIXES: ReadonlyMap<string, number> = new Map([
  ["fqdn", IdType.ID_FQDN],
  ["email", IdType.ID_RFC822_ADDR],
  ["keyid", IdType.ID_KEY_ID],
]);

/**
 * An identity: an IP address, `user@example.org`, a host name, or one of these by its type: `fqdn:…`, `email:…`, `keyid:…`.
 *
 * @throws {ConfigurationError} it is empty or longer than 1,024 octets.
 */
export function parseIdentity(text: string): Identity {
  const [, prefix, rest] = /^(fqdn|email|keyid):(.*)$/s.exec(text) ?? [];
  const identity = prefix === undefined ? guess(text) : textIdentity(PREFIXES.get(prefix)!, rest);
  const { length } = identity.identification;
  if (length < 1 || length > LONGEST_IDENTITY) {
    throw new ConfigurationError(`an identity of ${length} octets: allowed are 1 to ${LONGEST_IDENTITY}`);
  }
  return identity;
}

/** The identity for people. */
export function formatIdentity({ idType, identification }: Identity): string {
  if (idType === IdType.ID_IPV4_ADDR && identification.length === 4) return formatAddress(identification);
  if (idType === IdType.ID_IPV6_ADDR && identification.length === 16) return formatAddress(identification);
  if (idType === IdType.ID_FQDN || idType === IdType.ID_RFC822_ADDR) return printable(identification);
  if (idType === IdType.ID_KEY_ID) return `keyid:${printable(identification)}`;
  return `type ${idType}:${toHexadecimal(identification)}`;
}

function guess(text: string): Identity {
  const address = addressOf(text);
  if (address !== undefined) {
    return { idType: address.length === 4 ? IdType.ID_IPV4_ADDR : IdType.ID_IPV6_ADDR, identification: address };
  }
  return textIdentity(text.includes("@") ? IdType.ID_RFC822_ADDR : IdType.ID_FQDN, text);
}

function addressOf(text: string): Uint8Array | undefined {
  try {
    return addressOctets(text);
  } catch {
    return undefined;
  }
}

function textIdentity(idType: number, text: string): Identity {
  return { idType, identification: new TextEncoder().encode(text) };
}

/** A peer chooses its identity: what is not plain ASCII never reaches a terminal or a log. */
function printable(octets: Uint8Array): string {
  return Array.from(
    octets,
    (octet) => octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\x${octet.toString(16).padStart(2, "0")}`,
  )
    .join("");
}
