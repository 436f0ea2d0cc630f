/**
 * DER by its schema, with bounds: what a peer sends is small, but may be made of thousands of elements.
 *
 * @module
 */
import { AsnConvert } from "@peculiar/asn1-schema";

/** Elements of what a peer sends; a certificate of four hundred names has fewer. */
const MOST_ELEMENTS = 512;
/** Elements within elements. */
const DEEPEST = 32;

type Schema<T> = new () => T;

/** What came from a peer. @throws {Error} it is not of this schema, or has too many elements. */
export function parseHostile<T>(der: Uint8Array | ArrayBuffer, schema: Schema<T>): T {
  return AsnConvert.parse(der, schema, { berOptions: { maxNodes: MOST_ELEMENTS, maxDepth: DEEPEST } });
}

/**
 * The elements within a constructed element that is all of the octets, whole, by strict DER: lengths are definite and as short as they can be, here and
 * within what is constructed.
 *
 * @throws {RangeError} it is no such DER, or has too many elements.
 */
export function elementsOf(der: Uint8Array): Uint8Array[] {
  const walk = { left: MOST_ELEMENTS };
  const { length, header } = measure(der, walk);
  if (length !== der.length) throw new RangeError("octets behind the DER");
  return within(der.subarray(header), walk, 1);
}

function within(content: Uint8Array, walk: { left: number }, depth: number): Uint8Array[] {
  if (depth > DEEPEST) throw new RangeError("DER that is too deep");
  const elements: Uint8Array[] = [];
  for (let rest = content; rest.length > 0;) {
    const { length, header } = measure(rest, walk);
    const element = rest.subarray(0, length);
    if ((element[0] & CONSTRUCTED) !== 0) within(element.subarray(header), walk, depth + 1);
    elements.push(element);
    rest = rest.subarray(length);
  }
  return elements;
}

/** Of an element's beginning. Tags of several octets stand in nothing that is read here. */
function measure(octets: Uint8Array, walk: { left: number }): { readonly length: number; readonly header: number } {
  if (walk.left-- <= 0) throw new RangeError("DER of too many elements");
  const [tag = 0, first = 0x80] = octets;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || more > 3) throw new RangeError("no DER");
  let length = more === 0 ? first : 0;
  for (let at = 2; at < 2 + more; at++) length = length * 256 + (octets[at] ?? 0);
  const isShortest = more === 0 || length >= (more === 1 ? 0x80 : 256 ** (more - 1));
  if (!isShortest || 2 + more + length > octets.length) throw new RangeError("no DER, or cut off");
  return { length: 2 + more + length, header: 2 + more };
}

const CONSTRUCTED = 0x20;

/** What the configuration gives, however long. @throws {Error} it is not of this schema. */
export function parseTrusted<T>(der: Uint8Array, schema: Schema<T>): T {
  return AsnConvert.parse(der, schema, { berOptions: { maxNodes: Infinity, maxContentLength: Infinity } });
}
