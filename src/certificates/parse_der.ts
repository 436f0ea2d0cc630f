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

/** What the configuration gives, however long. @throws {Error} it is not of this schema. */
export function parseTrusted<T>(der: Uint8Array, schema: Schema<T>): T {
  return AsnConvert.parse(der, schema, { berOptions: { maxNodes: Infinity, maxContentLength: Infinity } });
}
