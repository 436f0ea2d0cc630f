/**
 * Ranges of addresses as the prefixes that Linux knows.
 *
 * @module
 */
import { formatAddress } from "../../ike/message/address.ts";

/** The fewest prefixes that make up a range, in order; both ends inclusive, 4 or 16 octets: at most 62 or 254. */
export function prefixesOf(startAddress: Uint8Array, endAddress: Uint8Array): string[] {
  const bits = 8 * startAddress.length;
  const last = numberOf(endAddress);
  const prefixes: string[] = [];
  for (let at = numberOf(startAddress); at <= last;) {
    let size = at === 0n ? 1n << BigInt(bits) : at & -at;
    while (at + size - 1n > last) size >>= 1n;
    prefixes.push(`${textOf(at, startAddress.length)}/${bits - (size.toString(2).length - 1)}`);
    at += size;
  }
  return prefixes;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((number, octet) => number << 8n | BigInt(octet), 0n);
}

function textOf(number: bigint, length: number): string {
  return formatAddress(Uint8Array.from({ length }, (_, index) => Number(number >> BigInt(8 * (length - 1 - index)) & 0xffn)));
}
