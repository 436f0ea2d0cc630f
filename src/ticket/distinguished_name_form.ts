/**
 * The form by which distinguished names are compared (RFC 5280, section 7.1): case, spaces and types of string make no difference in it. Whoever has a
 * certificate may say its subject in any of these forms, and is one and the same in all.
 *
 * @module
 */
import { concatenate } from "../wire/octets.ts";

/** Octets of a name that is looked into; a longer one is compared octet by octet. */
const LONGEST_NAME = 2_048;

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;
const SPACE = 0x20;

/**
 * A name of the same attributes, in the same order but for those of one relative name, whose strings are UTF8String in lower case, without spaces
 * around them, and with one where there are several. Of such a form it is the same again.
 *
 * @param der from a peer, maybe
 * @returns `undefined`: it is no name in DER, or too long
 */
export function comparableName(der: Uint8Array): Uint8Array | undefined {
  return der.length > LONGEST_NAME ? undefined : plainForm(der) ?? formOf(der);
}

/**
 * Of nearly all names that there are, in a fraction of the time: relative names of one attribute each, and ASCII without needless spaces, so that
 * nothing changes its place. `undefined`: of another kind, or no name.
 */
function plainForm(der: Uint8Array): Uint8Array | undefined {
  if (der.length < 2 || der[0] !== SEQUENCE || der[1] !== der.length - 2 || der[1] >= 0x80) return undefined;
  const form = der.slice();
  let at = 2;
  while (at < form.length) {
    // SET { SEQUENCE { type, value } }, each of as many octets as are left of what it stands in.
    const end = at + 2 + form[at + 1];
    const [type, value] = [at + 4, at + 6 + form[at + 5]];
    const hasHeaders = form[at] === SET && form[at + 2] === SEQUENCE && form[at + 3] === end - type &&
      form[type] === OBJECT_IDENTIFIER && form[value + 1] === end - value - 2;
    if (end > form.length || !hasHeaders || !toPlainValue(form, value, end)) return undefined;
    at = end;
  }
  return at === 2 ? undefined : form;
}

/** Where it stands. */
function toPlainValue(form: Uint8Array, at: number, end: number): boolean {
  if (form[at] !== UTF8_STRING && form[at] !== PRINTABLE_STRING && form[at] !== IA5_STRING) return false;
  form[at] = UTF8_STRING;
  let before = SPACE;
  for (let index = at + 2; index < end; index++) {
    const octet = form[index];
    if (octet < SPACE || octet >= 0x7f || octet === SPACE && before === SPACE) return false;
    if (octet >= 0x41 && octet <= 0x5a) form[index] = octet + 0x20;
    before = octet;
  }
  return before !== SPACE;
}

function formOf(der: Uint8Array): Uint8Array | undefined {
  const relatives = membersOf(der, SEQUENCE)?.map(relativeForm);
  return relatives && relatives.length > 0 && areAll(relatives) ? element(SEQUENCE, relatives) : undefined;
}

function relativeForm(relative: Uint8Array): Uint8Array | undefined {
  const attributes = membersOf(relative, SET)?.map(attributeForm);
  return attributes && attributes.length > 0 && areAll(attributes) ? element(SET, attributes.sort(inOrder)) : undefined;
}

function attributeForm(attribute: Uint8Array): Uint8Array | undefined {
  const [type, value, more] = membersOf(attribute, SEQUENCE) ?? [];
  if (value === undefined || more !== undefined || type[0] !== OBJECT_IDENTIFIER) return undefined;
  return element(SEQUENCE, [type, valueForm(value)]);
}

/** What is no string, or none of its type, is compared octet by octet. */
function valueForm(value: Uint8Array): Uint8Array {
  const text = textOf(value[0], value.subarray(headerLength(value)));
  if (text === undefined) return value;
  return element(UTF8_STRING, [new TextEncoder().encode(text.trim().replace(/\s+/g, " ").toLowerCase())]);
}

function textOf(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case UTF8_STRING:
      return decoded(UTF_8, content);
    case PRINTABLE_STRING:
    case 0x14: // TeletexString, which is taken for ISO 8859-1, as elsewhere
    case IA5_STRING:
      return String.fromCharCode(...content);
    case 0x1c: // UniversalString
      return universalText(content);
    case 0x1e: // BMPString
      return decoded(UTF_16, content);
    default:
      return undefined;
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UTF_16 = new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true });

function decoded(decoder: TextDecoder, octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

/** Of four octets a character. */
function universalText(octets: Uint8Array): string | undefined {
  if (octets.length % 4 !== 0) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  let text = "";
  for (let at = 0; at < octets.length; at += 4) {
    const character = view.getUint32(at);
    if (character > 0x10_ffff || character >= 0xd800 && character < 0xe000) return undefined;
    text += String.fromCodePoint(character);
  }
  return text;
}

/** The elements within one of a tag, which has to be all that there is; `undefined`: it is none, or not in DER. */
function membersOf(octets: Uint8Array, tag: number): Uint8Array[] | undefined {
  if (octets[0] !== tag || elementLength(octets) !== octets.length) return undefined;
  const members: Uint8Array[] = [];
  for (let rest = octets.subarray(headerLength(octets)); rest.length > 0;) {
    const length = elementLength(rest);
    if (length > rest.length) return undefined;
    members.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return members;
}

function headerLength(octets: Uint8Array): number {
  return octets[1] < 0x80 ? 2 : octets[1] === 0x81 ? 3 : 4;
}

/** `Infinity`, where there is no length, or one that is longer than it has to be. */
function elementLength(octets: Uint8Array): number {
  if (octets.length < 2 || (octets[0] & 0x1f) === 0x1f) return Infinity;
  const [, first, second, third] = octets;
  if (first < 0x80) return 2 + first;
  if (first === 0x81) return second >= 0x80 ? 3 + second : Infinity;
  return first === 0x82 && second > 0 && third !== undefined ? 4 + (second << 8 | third) : Infinity;
}

function element(tag: number, content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, { length }) => sum + length, 0);
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return concatenate([Uint8Array.from(header), ...content]);
}

/** The members of a SET in DER. */
function inOrder(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}

function areAll(forms: (Uint8Array | undefined)[]): forms is Uint8Array[] {
  return forms.every((form) => form !== undefined);
}
