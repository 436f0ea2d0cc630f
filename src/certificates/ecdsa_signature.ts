/**
 * ECDSA signatures in both of their forms: two numbers of fixed length (RFC 4754), and Ecdsa-Sig-Value in DER (RFC 7427, appendix A.3).
 *
 * @module
 */

const [SEQUENCE, INTEGER] = [0x30, 0x02];

/** @param pair r and s, each half as long. */
export function toDer(pair: Uint8Array): Uint8Array {
  const half = pair.length / 2;
  const content = [...integer(pair.subarray(0, half)), ...integer(pair.subarray(half))];
  return Uint8Array.from([SEQUENCE, ...lengthOctets(content.length), ...content]);
}

/** The two numbers, each of so many octets; `undefined`: it is not DER, or a number is negative or too long. */
export function fromDer(der: Uint8Array, octets: number): Uint8Array | undefined {
  const outer = contentOf(der, 0, SEQUENCE);
  if (outer === undefined || outer.end !== der.length) return undefined;
  const r = contentOf(der, outer.start, INTEGER);
  const s = r && contentOf(der, r.end, INTEGER);
  if (!r || !s || s.end !== der.length) return undefined;
  const pair = new Uint8Array(2 * octets);
  return put(der.subarray(r.start, r.end), pair.subarray(0, octets)) && put(der.subarray(s.start, s.end), pair.subarray(octets))
    ? pair
    : undefined;
}

function integer(number: Uint8Array): number[] {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start++;
  const content = [...number.subarray(start)];
  if (content[0] >= 0x80) content.unshift(0);
  return [INTEGER, content.length, ...content];
}

/** Those of P-521 take a second octet. */
function lengthOctets(length: number): number[] {
  return length < 0x80 ? [length] : [0x81, length];
}

/** Where a value's content is. Lengths beyond 255 do not occur. */
function contentOf(der: Uint8Array, at: number, tag: number): { readonly start: number; readonly end: number } | undefined {
  if (der[at] !== tag) return undefined;
  const isLong = der[at + 1] === 0x81;
  const length = isLong ? der[at + 2] : der[at + 1];
  if (length === undefined || (isLong ? length < 0x80 : length >= 0x80)) return undefined;
  const start = at + (isLong ? 3 : 2);
  return start + length <= der.length ? { start, end: start + length } : undefined;
}

/** `false`: it is not the shortest form, negative, or does not fit. */
function put(number: Uint8Array, into: Uint8Array): boolean {
  if (number.length === 0 || number[0] >= 0x80) return false;
  if (number.length > 1 && number[0] === 0 && number[1] < 0x80) return false;
  const start = number[0] === 0 ? 1 : 0;
  if (number.length - start > into.length) return false;
  into.set(number.subarray(start), into.length - (number.length - start));
  return true;
}
