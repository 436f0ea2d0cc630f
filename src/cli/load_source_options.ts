/**
 * Where the clients of a load talk from, from a command line.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { isIPv6 } from "node:net";
import { addressOctets, formatAddress } from "../ike/message/address.ts";
import type { PortRange } from "../load/generator/socket_places.ts";
import { ipAddress, wholeNumber } from "./option_values.ts";

const MOST_ADDRESSES = 65_536;
const MOST_SOCKETS = 1_000_000;
const HIGHEST_PORT = 65_535;

/** One address, or all from one to another. */
export function sourceAddresses(text: string): readonly string[] {
  const [from, to = from, ...more] = text.split("-").map((part) => ipAddress(part.trim()));
  const [first, last] = [numberOf(from), numberOf(to)];
  const count = Number(last - first) + 1;
  if (more.length > 0 || isIPv6(from) !== isIPv6(to) || count < 1 || count > MOST_ADDRESSES) {
    throw new InvalidArgumentError(`Allowed are an address, and a range of up to ${MOST_ADDRESSES}: 127.0.0.2-127.0.0.9.`);
  }
  const { length } = addressOctets(from);
  return Array.from({ length: count }, (_, index) => formatAddress(octetsOf(first + BigInt(index), length)));
}

export function portRange(text: string): PortRange {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= 1 && range.from < range.to && range.to <= HIGHEST_PORT) return range;
  throw new InvalidArgumentError("Allowed are two ports, the lower one first: 40000-49999.");
}

export function socketCount(text: string): number | "each" {
  return text === "each" ? text : wholeNumber(1, MOST_SOCKETS)(text);
}

function numberOf(address: string): bigint {
  return addressOctets(address).reduce((number, octet) => number << 8n | BigInt(octet), 0n);
}

function octetsOf(number: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Number(number >> BigInt(8 * (length - 1 - index)) & 0xffn));
}
