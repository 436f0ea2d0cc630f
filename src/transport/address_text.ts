/**
 * IP addresses from octets to the text form that endpoints have.
 *
 * @module
 */

/** Of 4 or 16 octets. IPv6 in its shortest form, as URLs have it (RFC 5952). */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
