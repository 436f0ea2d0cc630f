/**
 * Octets as text in files.
 *
 * @module
 */

export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** `undefined` for what is not an even number, above none, of hexadecimal digits. */
export function fromHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length === 0 || text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}
