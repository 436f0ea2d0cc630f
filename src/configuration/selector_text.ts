/**
 * Traffic selectors as people write them (RFC 7296, section 3.13).
 *
 * @module
 */
import { addressRangeSelector } from "../ike/child_sa/traffic_selectors.ts";
import { addressOctets, formatAddress } from "../ike/message/address.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { ConfigurationError } from "./configuration_error.ts";

const ALLOWED = "allowed are 10.1.0.0/16, 2001:db8::/32, 192.0.2.7, or 192.0.2.1-192.0.2.9";

/**
 * All protocols and ports of a network, an address, or a range of addresses.
 *
 * @throws {ConfigurationError} it is none of these, or its end lies before its start.
 */
export function parseSelector(text: string): TrafficSelector {
  const [start, end] = rangeOf(text);
  if (start.length !== end.length || isBefore(end, start)) throw wrong(text);
  return addressRangeSelector(start, end);
}

/** Several selectors, with commas between. */
export function parseSelectors(text: string): TrafficSelector[] {
  return text.split(",").map((part) => parseSelector(part.trim()));
}

/** The selector for people. */
export function formatSelector({ startAddress, endAddress, ipProtocol, startPort, endPort }: TrafficSelector): string {
  const ports = startPort === 0 && endPort === 65535 ? "any" : `${startPort}-${endPort}`;
  const limits = ipProtocol === 0 && ports === "any" ? "" : `[${ipProtocol === 0 ? "any" : ipProtocol}/${ports}]`;
  return `${formatAddress(startAddress)}-${formatAddress(endAddress)}${limits}`;
}

function rangeOf(text: string): [Uint8Array, Uint8Array] {
  const [first, last, ...more] = text.split("-");
  if (more.length > 0) throw wrong(text);
  if (last !== undefined) return [octetsOf(first, text), octetsOf(last, text)];
  const [network, bits, ...rest] = text.split("/");
  const address = octetsOf(network, text);
  if (bits === undefined) return [address, address];
  const prefix = Number(bits);
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || prefix > 8 * address.length) throw wrong(text);
  return [withHostBits(address, prefix, 0), withHostBits(address, prefix, 0xff)];
}

/** The address with all bits behind the prefix taken from `fill`. */
function withHostBits(address: Uint8Array, prefix: number, fill: number): Uint8Array {
  return address.map((octet, index) => {
    const kept = Math.min(Math.max(prefix - 8 * index, 0), 8);
    const mask = 0xff00 >> kept & 0xff;
    return octet & mask | fill & ~mask & 0xff;
  });
}

function octetsOf(address: string, text: string): Uint8Array {
  try {
    return addressOctets(address).slice();
  } catch {
    throw wrong(text);
  }
}

function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const index = a.findIndex((octet, at) => octet !== b[at]);
  return index >= 0 && a[index] < b[index];
}

function wrong(text: string): ConfigurationError {
  return new ConfigurationError(`traffic selector "${text}" is not understood: ${ALLOWED}`);
}
