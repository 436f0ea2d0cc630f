/**
 * IP addresses for people.
 *
 * @module
 */

/** 4 octets in dotted form; 16 in the form of RFC 5952, section 4, but that the first run of zeros is shortened, not the longest. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const groups = Array.from({ length: octets.length / 2 }, (_, index) => view.getUint16(2 * index).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}
