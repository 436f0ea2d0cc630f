/**
 * Distinguished names from DER to text (RFC 4514). A peer may have made them.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { sameOctets } from "../wire/octets.ts";
import { parseDistinguishedName } from "./distinguished_name.ts";
import { NAME_ATTRIBUTES } from "./name_attributes.ts";

/** Octets of a name that is put into words. */
const LONGEST_NAME = 1_024;

/** The text that `parseDistinguishedName` makes the same octets of, in printable ASCII; `undefined`: there is none. */
export function distinguishedNameText(der: Uint8Array): string | undefined {
  if (der.length > LONGEST_NAME) return undefined;
  try {
    const text = [...members(der, 0x30)].map(relativeText).reverse().join(",");
    return sameOctets(parseDistinguishedName(text), der) ? text : undefined;
  } catch {
    // Neither what is no DER, nor what is no name.
    return undefined;
  }
}

function relativeText(relative: Uint8Array): string {
  return [...members(relative, 0x31)].map(attributeText).join("+");
}

function attributeText(attribute: Uint8Array): string {
  const [type, value, more] = members(attribute, 0x30);
  if (value === undefined || more !== undefined || type[0] !== 0x06) throw new RangeError("no attribute");
  const oid = type.subarray(2);
  const known = NAME_ATTRIBUTES.find((one) => one.oid.length === oid.length && one.oid.every((octet, at) => octet === oid[at]));
  // Digits for all that would be encoded in another way than it is.
  return known && value[0] === known.tag && value.length > headerLength(value)
    ? `${known.word}=${escaped(value.subarray(headerLength(value)))}`
    : `${known?.word ?? dotted(oid)}=#${toHexadecimal(value)}`;
}

/** The elements within one, which has to be all that there is. */
function* members(octets: Uint8Array, tag: number): Generator<Uint8Array> {
  if (octets[0] !== tag || elementLength(octets) !== octets.length) throw new RangeError("no element of this tag");
  let rest = octets.subarray(headerLength(octets));
  while (rest.length > 0) {
    const length = elementLength(rest);
    if (length > rest.length) throw new RangeError("an element is cut off");
    yield rest.subarray(0, length);
    rest = rest.subarray(length);
  }
}

function headerLength(octets: Uint8Array): number {
  return octets[1] < 0x80 ? 2 : octets[1] === 0x81 ? 3 : 4;
}

/** Beyond the end, where there is no length that a name of {@link LONGEST_NAME} has. */
function elementLength(octets: Uint8Array): number {
  if (octets.length < 2 || octets[1] === 0x80 || octets[1] > 0x82) return Infinity;
  const header = headerLength(octets);
  return header + (header === 2 ? octets[1] : header === 3 ? octets[2] : octets[2] << 8 | octets[3]);
}

function escaped(value: Uint8Array): string {
  let text = "";
  for (const [index, octet] of value.entries()) {
    const character = String.fromCharCode(octet);
    const isEdge = octet === 0x20 && (index === 0 || index === value.length - 1) || character === "#" && index === 0;
    if (octet < 0x20 || octet >= 0x7f) text += `\\${octet.toString(16).padStart(2, "0")}`;
    else text += isEdge || /[",+;<>\\]/.test(character) ? `\\${character}` : character;
  }
  return text;
}

function dotted(oid: Uint8Array): string {
  const arcs = [0];
  for (const octet of oid) {
    arcs[arcs.length - 1] = arcs[arcs.length - 1] * 128 + (octet & 0x7f);
    if (octet < 0x80) arcs.push(0);
  }
  const [first, ...others] = arcs.slice(0, -1);
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - 40 * top, ...others].join(".");
}
