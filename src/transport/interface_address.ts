/**
 * The address of this machine that a remote one is reached from, worked out from its interfaces: for runtimes on which a connected UDP
 * socket does not tell it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { addressOctets } from "../ike/message/address.ts";

/** One address of an interface. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly address: string;
  /** Bits of the network that is reached directly from it. */
  readonly prefixLength: number;
}

/**
 * The address whose own network holds `remote`. Beyond all networks: the only address that there is, or the one on the
 * interface of the route. `undefined`: it cannot be told, and a guess would be worse.
 */
export function addressTowards(
  remote: string,
  addresses: readonly InterfaceAddress[],
  routeInterface: string | undefined,
): string | undefined {
  const octets = addressOctets(remote);
  const candidates = addresses.filter(({ address }) => addressOctets(address).length === octets.length);
  const direct = candidates.filter(({ address, prefixLength }) => sharesPrefix(addressOctets(address), octets, prefixLength));
  if (direct.length > 0) return direct.reduce((best, one) => one.prefixLength > best.prefixLength ? one : best).address;
  const routed = candidates.filter(({ address }) => isRoutable(addressOctets(address)));
  if (routed.length === 1) return routed[0].address;
  const onRoute = routed.filter(({ interfaceName }) => interfaceName === routeInterface);
  return onRoute.length === 1 ? onRoute[0].address : undefined;
}

/** The addresses of this machine. */
export function interfaceAddresses(): InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses]) =>
    (addresses ?? []).map(({ address, cidr }) => ({ interfaceName, address, prefixLength: Number(cidr?.split("/")[1]) }))
  );
}

/** The addresses that can be listened on, of the machine or of one interface: without link-local ones of IPv6, which mean nothing without it. */
export function listenableAddresses(interfaceName?: string): readonly string[] {
  return interfaceAddresses()
    .filter((one) => interfaceName === undefined || one.interfaceName === interfaceName)
    .map(({ address }) => address)
    .filter((address) => !/^fe[89ab]/i.test(address));
}

/** The interface of the route to an IPv4 address, where the system tells it in a file: on Linux. */
export function routeInterface(remote: string): string | undefined {
  try {
    return interfaceOfRoute(readFileSync("/proc/net/route", "ascii"), remote);
  } catch {
    return undefined;
  }
}

/**
 * The interface of the route by the file's text. Its columns: interface, destination, gateway, flags, two counters, metric,
 * mask, …; addresses in hexadecimal, in the octet order of the machine. The longest prefix wins, then the lowest metric.
 */
export function interfaceOfRoute(table: string, remote: string): string | undefined {
  const octets = addressOctets(remote);
  if (octets.length !== 4) return undefined;
  const view = new DataView(octets.slice().buffer);
  const address = view.getUint32(0, LITTLE_ENDIAN);
  const routes = table.split("\n").slice(1).map((line) => line.split("\t")).filter((fields) => fields.length > 7).map((
    fields,
  ) => ({
    interfaceName: fields[0],
    destination: Number.parseInt(fields[1], 16),
    isUsable: (Number.parseInt(fields[3], 16) & (ROUTE_IS_UP | ROUTE_IS_REJECT)) === ROUTE_IS_UP,
    metric: Number(fields[6]),
    mask: Number.parseInt(fields[7], 16),
  }));
  const matching = routes.filter(({ destination, mask }) => ((address ^ destination) & mask) === 0);
  const lengthOf = ({ mask }: { readonly mask: number }) => mask.toString(2).replaceAll("0", "").length;
  const [best] = matching.sort((a, b) => lengthOf(b) - lengthOf(a) || a.metric - b.metric);
  return best?.isUsable ? best.interfaceName : undefined;
}

const ROUTE_IS_UP = 0x1;
const ROUTE_IS_REJECT = 0x200;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function sharesPrefix(a: Uint8Array, b: Uint8Array, prefixLength: number): boolean {
  for (let bit = 0; bit < prefixLength; bit += 8) {
    const mask = 0xff00 >> Math.min(8, prefixLength - bit) & 0xff;
    if (((a[bit / 8] ^ b[bit / 8]) & mask) !== 0) return false;
  }
  return true;
}

/** Whether an address is neither loopback nor link-local: packets from those go no further than the first router. */
function isRoutable(octets: Uint8Array): boolean {
  if (octets.length === 4) return octets[0] !== 127 && !(octets[0] === 169 && octets[1] === 254);
  const isLoopback = octets.every((octet, index) => octet === (index === 15 ? 1 : 0));
  return !isLoopback && !(octets[0] === 0xfe && (octets[1] & 0xc0) === 0x80);
}
