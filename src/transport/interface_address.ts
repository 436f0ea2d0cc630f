/**
 * The address of this machine that a remote one is reached from, worked out from its interfaces: for runtimes on which a connected UDP
 * socket does not tell it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { addressOctets } from "../ike/address.ts";

/** One address of an interface. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly address: string;
  /** Bits of the network that is reached directly from it. */
  readonly prefixLength: number;
}

/**
 * The address whose own network holds `remote`; beyond these networks the one address there is, or the one on the interface of the default
 * route. `undefined`: it cannot be told.
 */
export function addressTowards(
  remote: string,
  addresses: readonly InterfaceAddress[],
  defaultInterface: string | undefined,
): string | undefined {
  const octets = addressOctets(remote);
  const candidates = addresses.filter(({ address }) => addressOctets(address).length === octets.length);
  const direct = candidates.filter(({ address, prefixLength }) => sharesPrefix(addressOctets(address), octets, prefixLength));
  if (direct.length > 0) return direct.reduce((best, one) => one.prefixLength > best.prefixLength ? one : best).address;
  const routed = candidates.filter(({ address }) => isRoutable(addressOctets(address)));
  if (routed.length === 1) return routed[0].address;
  return routed.find(({ interfaceName }) => interfaceName === defaultInterface)?.address;
}

/** The addresses of this machine. */
export function interfaceAddresses(): InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses]) =>
    (addresses ?? []).map(({ address, cidr }) => ({ interfaceName, address, prefixLength: Number(cidr?.split("/")[1]) }))
  );
}

/** The interface of the default IPv4 route, where the system tells it in a file: on Linux. */
export function defaultInterface(): string | undefined {
  try {
    const routes = readFileSync("/proc/net/route", "ascii").split("\n").slice(1).map((line) => line.split("\t"));
    return routes.find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")?.[0];
  } catch {
    return undefined;
  }
}

function sharesPrefix(a: Uint8Array, b: Uint8Array, prefixLength: number): boolean {
  for (let bit = 0; bit < prefixLength; bit += 8) {
    const mask = 0xff00 >> Math.min(8, prefixLength - bit) & 0xff;
    if (((a[bit / 8] ^ b[bit / 8]) & mask) !== 0) return false;
  }
  return true;
}

/** Neither loopback nor link-local: packets from such an address go no further than the first router. */
function isRoutable(octets: Uint8Array): boolean {
  if (octets.length === 4) return octets[0] !== 127 && !(octets[0] === 169 && octets[1] === 254);
  const isLoopback = octets.every((octet, index) => octet === (index === 15 ? 1 : 0));
  return !isLoopback && !(octets[0] === 0xfe && (octets[1] & 0xc0) === 0x80);
}
