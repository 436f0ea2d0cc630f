/**
 * Octets and SPIs in hexadecimal, as files, logs and command lines have them.
 *
 * @module
 */

/** Two lower-case digits for each octet. */
export function toHexadecimal(octets: Uint8Array): string {
  // Node 22 and 24 have none.
  if (octets.toHex) return octets.toHex();
  let digits = "";
  for (let index = 0; index < octets.length; index++) digits += DIGITS[octets[index]];
  return digits;
}

const DIGITS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** The octets that digits of either case stand for; `undefined` for anything but an even number of digits, at least two. */
export function fromHexadecimal(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

/** The SPI of an IKE SA: 16 digits. */
export function ikeSpiDigits(spi: bigint): string {
  return spi.toString(16).padStart(16, "0");
}
