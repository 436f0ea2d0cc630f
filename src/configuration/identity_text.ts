/**
 * Identities as people write them (RFC 7296, section 3.5).
 *
 * @module
 */
import { addressOctets } from "../ike/message/address.ts";
import type { Identity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";
import { formatAddress } from "../ike/message/address.ts";
import { ConfigurationError } from "./configuration_error.ts";
import { parseDistinguishedName } from "./distinguished_name.ts";
import { distinguishedNameText } from "./distinguished_name_text.ts";

/** Octets: what fits an IKE message with room to spare. */
const LONGEST_IDENTITY = 1024;

const PREFIXES: ReadonlyMap<string, number> = new Map([
  ["fqdn", IdType.ID_FQDN],
  ["email", IdType.ID_RFC822_ADDR],
  ["keyid", IdType.ID_KEY_ID],
]);
const PREFIX_OF: ReadonlyMap<number, string> = new Map(Array.from(PREFIXES, ([prefix, idType]) => [idType, prefix]));

/**
 * An identity: an IP address, `user@example.org`, a host name, or one of these by its type: `fqdn:…`, `email:…`, `keyid:…`; `dn:…` is a
 * distinguished name, as `parseDistinguishedName` has it (ID_DER_ASN1_DN). As other daemons
 * write them, `@name` is a host name, `@@user@example.org` a mail address, and `@#` before hexadecimal digits or `@[…]` a key ID.
 *
 * @throws {ConfigurationError} it is empty or longer than 1,024 octets, has no digits behind `@#`, or is no distinguished name behind `dn:`.
 */
export function parseIdentity(text: string): Identity {
  const identity = text.startsWith(DN_PREFIX)
    ? { idType: IdType.ID_DER_ASN1_DN, identification: parseDistinguishedName(text.slice(DN_PREFIX.length)) }
    : ofPlainType(text);
  const { length } = identity.identification;
  if (length < 1 || length > LONGEST_IDENTITY) {
    throw new ConfigurationError(`an identity of ${length} octets: allowed are 1 to ${LONGEST_IDENTITY}`);
  }
  return identity;
}

const DN_PREFIX = "dn:";

function ofPlainType(text: string): Identity {
  const [, prefix, rest] = /^(fqdn|email|keyid):(.*)$/s.exec(text) ?? [];
  return prefix === undefined ? marked(text) ?? guess(text) : textIdentity(PREFIXES.get(prefix)!, rest);
}

/**
 * The identity for people: plain ASCII, with `\\xHH` for any other octet. {@link parseIdentity} takes it for the same identity if there are
 * no such octets in it: one type never reads as another.
 */
export function formatIdentity(identity: Identity): string {
  const { idType, identification } = identity;
  if (idType === IdType.ID_IPV4_ADDR && identification.length === 4) return formatAddress(identification);
  if (idType === IdType.ID_IPV6_ADDR && identification.length === 16) return formatAddress(identification);
  const name = idType === IdType.ID_DER_ASN1_DN ? distinguishedNameText(identification) : undefined;
  if (name !== undefined) return `${DN_PREFIX}${name}`;
  const prefix = PREFIX_OF.get(idType);
  if (prefix === undefined) return `type ${idType}:${toHexadecimal(identification)}`;
  const text = printable(identification);
  return idType !== IdType.ID_KEY_ID && readsAs(idType, text) ? text : `${prefix}:${text}`;
}

/** Whether text without a prefix is taken for an identity of this type. */
function readsAs(idType: number, text: string): boolean {
  return !/^(@|type |(fqdn|email|keyid|dn):)/.test(text) && guess(text).idType === idType;
}

/** The identity of a text with `@` at its beginning, as strongSwan and Libreswan read it; `undefined`: it has none. */
function marked(text: string): Identity | undefined {
  if (!text.startsWith("@")) return undefined;
  if (text.startsWith("@@")) return textIdentity(IdType.ID_RFC822_ADDR, text.slice(2));
  const [, bracketed] = /^@\[(.*)\]$/s.exec(text) ?? [];
  if (bracketed !== undefined) return textIdentity(IdType.ID_KEY_ID, bracketed);
  if (!text.startsWith("@#")) return textIdentity(IdType.ID_FQDN, text.slice(1));
  const identification = fromHexadecimal(text.slice(2));
  if (identification === undefined) throw new ConfigurationError(`identity "${text}": expected hexadecimal digits behind @#`);
  return { idType: IdType.ID_KEY_ID, identification };
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

/** A peer chooses its identity: what is not plain ASCII never reaches a terminal or a log, and nothing else reads as if it had been that. */
function printable(octets: Uint8Array): string {
  let text = "";
  for (const [index, octet] of octets.entries()) {
    const isEscape = octet === BACKSLASH && octets[index + 1] === LETTER_X;
    const isPlain = octet >= 0x20 && octet < 0x7f && !isEscape;
    text += isPlain ? String.fromCharCode(octet) : `\\x${octet.toString(16).padStart(2, "0")}`;
  }
  return text;
}

const [BACKSLASH, LETTER_X] = [0x5c, 0x78];
