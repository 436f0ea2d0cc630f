/** The little DER (X.690) that keys need on their way into node:crypto. @module */
import { concatenate } from "./octets.ts";

export function derSequence(...elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return derElement(0x30, concatenate(elements));
}

export function derOctetString(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return derElement(0x04, octets);
}

/** A bit string of whole octets. */
export function derBitString(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return derElement(0x03, concatenate([Uint8Array.of(0), octets]));
}

/** An unsigned number, most significant octet first, with no zero in front but one that keeps it positive. */
export function derUnsigned(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const digits = octets.subarray(start);
  return derElement(0x02, digits[0] >= 0x80 ? concatenate([Uint8Array.of(0), digits]) : digits);
}

function derElement(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatenate([Uint8Array.of(tag, ...derLength(content.length)), content]);
}

/** A length up to 65535. */
function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
