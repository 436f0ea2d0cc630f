/**
 * Where the sockets of a load are bound: addresses in turn, and ports by a range.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { SocketOptions } from "../../client/initiator_driver.ts";

/** Both among them. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface SocketPlacesOptions {
  readonly addresses: readonly string[];
  /** How many pairs of sockets. */
  readonly sockets: number;
  /** Two ports of it for each pair. Default: the system chooses. */
  readonly ports?: PortRange;
  /** How many pairs stand before these, in other processes of the same load. */
  readonly firstSocket?: number;
}

/** A pair: one port for IKE, one for IKE and ESP once a NAT was found. */
const PORTS_A_PAIR = 2;

/**
 * A place for each pair: all addresses in turn, then with the next ports.
 *
 * @throws {RangeError} there are too few ports
 */
export function socketPlaces({ addresses, sockets, ports, firstSocket = 0 }: SocketPlacesOptions): readonly SocketOptions[] {
  const range = ports ?? systemRange();
  const most = range === undefined ? Infinity : addresses.length * Math.floor((range.to - range.from + 1) / PORTS_A_PAIR);
  if (sockets > most) {
    throw new RangeError(
      `${sockets} pairs of sockets at ${addresses.length} addresses need more than the ports ${range!.from} to ${
        range!.to
      }: expected at most ${most} pairs, or more addresses (--source)`,
    );
  }
  return Array.from({ length: sockets }, (_, index) => {
    const place = (firstSocket + index) % most;
    const address = addresses[place % addresses.length];
    if (ports === undefined) return { address };
    const port = ports.from + PORTS_A_PAIR * Math.floor(place / addresses.length);
    return { address, port, natPort: port + 1 };
  });
}

/** The ports that the system chooses from (Linux); `undefined`: it does not tell. */
function systemRange(): PortRange | undefined {
  try {
    const [from, to] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim().split(/\s+/).map(Number);
    return from > 0 && to >= from ? { from, to } : undefined;
  } catch {
    return undefined;
  }
}
