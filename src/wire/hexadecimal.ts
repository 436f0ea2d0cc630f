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
  let at = 0;
  // In few pieces: each that is added makes another string, and every ticket and every client has a name.
  for (; at + TWENTY <= octets.length; at += TWENTY) digits += digitsOfTwenty(octets, at);
  for (; at + FOUR <= octets.length; at += FOUR) digits += digitsOfFour(octets, at);
  for (; at < octets.length; at++) digits += String.fromCharCode(HIGH[octets[at]], LOW[octets[at]]);
  return digits;
}

/** Octets of the name of a ticket by value, of an SPI, and of what is left. */
const TWENTY = 20;
const EIGHT = 8;
const FOUR = 4;

function digitsOfTwenty(octets: Uint8Array, at: number): string {
  // deno-fmt-ignore
  return String.fromCharCode(
    HIGH[octets[at]], LOW[octets[at]], HIGH[octets[at + 1]], LOW[octets[at + 1]],
    HIGH[octets[at + 2]], LOW[octets[at + 2]], HIGH[octets[at + 3]], LOW[octets[at + 3]],
    HIGH[octets[at + 4]], LOW[octets[at + 4]], HIGH[octets[at + 5]], LOW[octets[at + 5]],
    HIGH[octets[at + 6]], LOW[octets[at + 6]], HIGH[octets[at + 7]], LOW[octets[at + 7]],
    HIGH[octets[at + 8]], LOW[octets[at + 8]], HIGH[octets[at + 9]], LOW[octets[at + 9]],
    HIGH[octets[at + 10]], LOW[octets[at + 10]], HIGH[octets[at + 11]], LOW[octets[at + 11]],
    HIGH[octets[at + 12]], LOW[octets[at + 12]], HIGH[octets[at + 13]], LOW[octets[at + 13]],
    HIGH[octets[at + 14]], LOW[octets[at + 14]], HIGH[octets[at + 15]], LOW[octets[at + 15]],
    HIGH[octets[at + 16]], LOW[octets[at + 16]], HIGH[octets[at + 17]], LOW[octets[at + 17]],
    HIGH[octets[at + 18]], LOW[octets[at + 18]], HIGH[octets[at + 19]], LOW[octets[at + 19]],
  );
}

function digitsOfEight(octets: Uint8Array, at: number): string {
  // deno-fmt-ignore
  return String.fromCharCode(
    HIGH[octets[at]], LOW[octets[at]], HIGH[octets[at + 1]], LOW[octets[at + 1]],
    HIGH[octets[at + 2]], LOW[octets[at + 2]], HIGH[octets[at + 3]], LOW[octets[at + 3]],
    HIGH[octets[at + 4]], LOW[octets[at + 4]], HIGH[octets[at + 5]], LOW[octets[at + 5]],
    HIGH[octets[at + 6]], LOW[octets[at + 6]], HIGH[octets[at + 7]], LOW[octets[at + 7]],
  );
}

function digitsOfFour(octets: Uint8Array, at: number): string {
  // deno-fmt-ignore
  return String.fromCharCode(
    HIGH[octets[at]], LOW[octets[at]], HIGH[octets[at + 1]], LOW[octets[at + 1]],
    HIGH[octets[at + 2]], LOW[octets[at + 2]], HIGH[octets[at + 3]], LOW[octets[at + 3]],
  );
}

/** The characters of both digits, by octet. */
const HIGH = Uint8Array.from({ length: 256 }, (_, octet) => (octet >>> 4).toString(16).charCodeAt(0));
const LOW = Uint8Array.from({ length: 256 }, (_, octet) => (octet & 15).toString(16).charCodeAt(0));

/** The octets that digits of either case stand for; `undefined` for anything but an even number of digits, at least two. */
export function fromHexadecimal(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

/** The SPI of an IKE SA: 16 digits. */
export function ikeSpiDigits(spi: bigint): string {
  spiView.setBigUint64(0, spi);
  return digitsOfEight(spiOctets, 0);
}

/** Of the SPI whose digits are being made: it is no secret, and written over by the next. */
const spiOctets = new Uint8Array(8);
const spiView = new DataView(spiOctets.buffer);

/** Whether these are the digits of the SPI that stands there. */
export function isIkeSpiDigits(digits: string | undefined, octets: Uint8Array, at: number): boolean {
  if (digits?.length !== 2 * EIGHT) return false;
  for (let index = 0; index < EIGHT; index++) {
    const octet = octets[at + index];
    if (digits.charCodeAt(2 * index) !== HIGH[octet] || digits.charCodeAt(2 * index + 1) !== LOW[octet]) return false;
  }
  return true;
}
