/**
 * The attributes of distinguished names that have a word (RFC 4514, section 3, and those that certificates have besides), and how their values are
 * encoded (RFC 5280, appendix A.1).
 *
 * @module
 */

/** Tags of strings: any text is UTF8String. */
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const IA5_STRING = 0x16;

export interface NameAttribute {
  /** As it is written; read in any case. */
  readonly word: string;
  /** Content octets of the OBJECT IDENTIFIER. */
  readonly oid: readonly number[];
  readonly tag: number;
}

/** 0.9.2342.19200300.100.1. */
const PILOT = [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01];

export const NAME_ATTRIBUTES: readonly NameAttribute[] = [
  { word: "CN", oid: [0x55, 4, 3], tag: UTF8_STRING },
  { word: "SN", oid: [0x55, 4, 4], tag: UTF8_STRING },
  { word: "serialNumber", oid: [0x55, 4, 5], tag: PRINTABLE_STRING },
  { word: "C", oid: [0x55, 4, 6], tag: PRINTABLE_STRING },
  { word: "L", oid: [0x55, 4, 7], tag: UTF8_STRING },
  { word: "ST", oid: [0x55, 4, 8], tag: UTF8_STRING },
  { word: "STREET", oid: [0x55, 4, 9], tag: UTF8_STRING },
  { word: "O", oid: [0x55, 4, 10], tag: UTF8_STRING },
  { word: "OU", oid: [0x55, 4, 11], tag: UTF8_STRING },
  { word: "title", oid: [0x55, 4, 12], tag: UTF8_STRING },
  { word: "GN", oid: [0x55, 4, 42], tag: UTF8_STRING },
  { word: "dnQualifier", oid: [0x55, 4, 46], tag: PRINTABLE_STRING },
  { word: "UID", oid: [...PILOT, 1], tag: UTF8_STRING },
  { word: "DC", oid: [...PILOT, 25], tag: IA5_STRING },
  { word: "emailAddress", oid: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01], tag: IA5_STRING },
];

/** Whether text may stand in a string of this tag. */
export function fitsString(tag: number, text: string): boolean {
  if (tag === PRINTABLE_STRING) return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
  // deno-lint-ignore no-control-regex
  return tag !== IA5_STRING || /^[\x00-\x7f]*$/.test(text);
}
