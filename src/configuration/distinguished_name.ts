/**
 * Distinguished names from text (RFC 4514) to DER, as ID_DER_ASN1_DN has them. The X.509 schemas that certificates are read by know no such text.
 *
 * @module
 */
import { fromHexadecimal } from "../wire/hexadecimal.ts";
import { concatenate } from "../wire/octets.ts";
import { ConfigurationError } from "./configuration_error.ts";
import { fitsString, NAME_ATTRIBUTES, UTF8_STRING } from "./name_attributes.ts";

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_IDENTIFIER = 0x06;

/**
 * A distinguished name as `CN=laptop,OU=Sales,O=Example,C=CH`: what stands last in the certificate comes first. Attributes are words of RFC 4514, of
 * certificates besides (`emailAddress`, `serialNumber`, …), or dotted numbers; `+` joins several of one relative name; `\` makes the next character, or
 * the octet of two hexadecimal digits, part of a value; a value of `#` and hexadecimal digits is DER. Values are encoded as UTF8String, but for those
 * that RFC 5280 wants otherwise.
 *
 * @throws {ConfigurationError} it is no such name.
 */
export function parseDistinguishedName(text: string): Uint8Array {
  const relatives = splitAt(text, ",").map((relative) => {
    const attributes = splitAt(relative, "+").map((attribute) => encodeAttribute(attribute, text));
    return element(SET, ...attributes.sort(inOrder));
  });
  return element(SEQUENCE, ...relatives.reverse());
}

/** Parts between separators that no `\` stands before. */
function splitAt(text: string, separator: "," | "+"): string[] {
  const parts = [""];
  for (const [token] of text.matchAll(/\\[^]|[^]/gu)) {
    if (token === separator) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}

/** But for a last one that has a `\\` before it. */
function withoutSpacesAround(text: string): string {
  const tokens = text.trimStart().match(/\\[^]|[^]/gu) ?? [];
  let end = tokens.length;
  while (end > 0 && tokens[end - 1] === " ") end--;
  return tokens.slice(0, end).join("");
}

function encodeAttribute(text: string, whole: string): Uint8Array {
  const wrong = (why: string) => new ConfigurationError(`distinguished name "${whole}": ${why}`);
  const equals = text.indexOf("=");
  if (equals < 0) throw wrong(`"${text.trim()}" is no attribute: expected a type, =, and a value`);
  const type = text.slice(0, equals).trim();
  const { oid, tag } = typeOf(type) ?? {};
  if (oid === undefined || tag === undefined) {
    const words = NAME_ATTRIBUTES.map(({ word }) => word).join(", ");
    throw wrong(`attribute "${type}": allowed are ${words}, and dotted numbers`);
  }
  const written = withoutSpacesAround(text.slice(equals + 1));
  const der = written.startsWith("#") ? fromHexadecimal(written.slice(1)) : undefined;
  if (written.startsWith("#")) {
    if (der === undefined || !isOneElement(der)) throw wrong(`${type}: expected the hexadecimal digits of DER behind #`);
    return element(SEQUENCE, element(OBJECT_IDENTIFIER, oid), der);
  }
  const value = unescaped(written);
  if (value === undefined) throw wrong(`${type}: \\ is missing before one of " ; < >, or what follows one is wrong`);
  if (value.length === 0) throw wrong(`${type}: no value`);
  const characters = utf8TextOf(value);
  if (characters === undefined) throw wrong(`${type}: its octets are no UTF-8`);
  if (!fitsString(tag, characters) || type.toLowerCase() === "c" && characters.length !== 2) {
    throw wrong(`${type}: "${characters}" has characters or a length that such a value cannot have`);
  }
  return element(SEQUENCE, element(OBJECT_IDENTIFIER, oid), element(tag, value));
}

function typeOf(type: string): { readonly oid: Uint8Array; readonly tag: number } | undefined {
  const wanted = SYNONYMS.get(type.toLowerCase()) ?? type.toLowerCase();
  const known = NAME_ATTRIBUTES.find(({ word }) => word.toLowerCase() === wanted);
  if (known) return { oid: Uint8Array.from(known.oid), tag: known.tag };
  const oid = dottedOid(type);
  if (oid === undefined) return undefined;
  const byNumber = NAME_ATTRIBUTES.find((one) =>
    one.oid.length === oid.length && one.oid.every((octet, at) => octet === oid[at])
  );
  return { oid, tag: byNumber?.tag ?? UTF8_STRING };
}

/** As other programs write them. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["e", "emailaddress"],
  ["email", "emailaddress"],
  ["s", "st"],
  ["surname", "sn"],
  ["givenname", "gn"],
  ["t", "title"],
]);

/** Content octets (ITU-T X.690, section 8.19). */
function dottedOid(text: string): Uint8Array | undefined {
  if (!/^[0-2](\.(0|[1-9][0-9]{0,8})){2,20}$/.test(text)) return undefined;
  const [first, second, ...arcs] = text.split(".").map(Number);
  if (first < 2 && second > 39) return undefined;
  return Uint8Array.from([first * 40 + second, ...arcs].flatMap((arc) => {
    const octets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift(left % 128 | 0x80);
    return octets;
  }));
}

/** The octets of a value; `undefined`: a character stands in it that has to be escaped, or an escape that is none. */
function unescaped(text: string): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (const [token] of text.matchAll(/\\[0-9a-fA-F]{2}|\\[^]|[^]/gu)) {
    if (token.startsWith("\\")) {
      const octets = token.length === 3 ? fromHexadecimal(token.slice(1)) : undefined;
      if (octets === undefined && !/^\\[ #=",+;<>\\]$/.test(token)) return undefined;
      parts.push(octets ?? new TextEncoder().encode(token.slice(1)));
    } else {
      if (/["<>;\0]/.test(token)) return undefined;
      parts.push(new TextEncoder().encode(token));
    }
  }
  return concatenate(parts);
}

function utf8TextOf(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/** Whether octets are one element of DER, by its header. */
function isOneElement(octets: Uint8Array): boolean {
  const content = octets.length - (octets[1] < 0x80 ? 2 : octets[1] === 0x81 ? 3 : 4);
  return content >= 0 &&
    octets.every((octet, at) => at === 0 || at >= octets.length - content || octet === header(content)[at - 1]);
}

function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const octets = concatenate(content);
  return concatenate([Uint8Array.of(tag, ...header(octets.length)), octets]);
}

/** A length, in DER. No name is longer than 65,535 octets. */
function header(length: number): number[] {
  return length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

/** The members of a SET in DER. */
function inOrder(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}
