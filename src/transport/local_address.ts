/**
 * Addresses of this machine: which one a peer is reached from, and which ones can be bound.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { addressOctets } from "../ike/message/address.ts";
import { kernelSourceAddress } from "./deno_source_address.ts";
import { addressTowards, interfaceAddresses, routeInterface } from "./interface_address.ts";
import { TransportError } from "./transport_error.ts";

/** 4 or 6, from the text of an IP address without a zone. Throws a {@link TransportError} for anything else. */
export function addressFamily(address: string): 4 | 6 {
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 4 || family === 6) return family;
  throw new TransportError(`"${address}" is not an IP address: write one like 192.0.2.1 or 2001:db8::1, without a zone`);
}

/** Whether a gateway's address is the name of an interface, which stands for all addresses that it has. */
export function isInterfaceName(address: string): boolean {
  return isIP(address) === 0;
}

/** Whether an address stands for all addresses of the machine. Throws a {@link TransportError} where it is no address. */
export function isWildcard(address: string): boolean {
  addressFamily(address);
  const octets = addressOctets(address);
  return octets.every((octet) => octet === 0);
}

/**
 * Refuses the wildcard address: NAT_DETECTION_DESTINATION_IP hashes the address that a datagram came to (RFC 7296,
 * section 2.23), and a socket bound to the wildcard does not tell it.
 */
export function refuseWildcard(address: string): void {
  if (isWildcard(address)) {
    throw new TransportError(
      `cannot listen on the wildcard address ${address}: NAT detection needs one address of this machine`,
    );
  }
}

/**
 * The address from which this machine reaches `remote`, as its kernel chooses it. Nothing is sent.
 *
 * @throws {TransportError} there is no way to `remote`, or the kernel cannot be asked and the interfaces leave it open.
 */
export async function localAddressTowards(remote: string, port: number): Promise<string> {
  addressFamily(remote);
  const asked = kernelSourceAddress(remote, port);
  if (asked?.kind === "unreachable") throw new TransportError(`no route to ${remote}`);
  if (asked) return asked.address;
  const address = await connectedAddress(remote, port);
  if (!isWildcard(address)) return address;
  // Deno's node:dgram keeps the remote address of a connected socket to itself: its system never chooses a local one.
  const derived = addressTowards(remote, interfaceAddresses(), routeInterface(remote));
  if (derived !== undefined) return derived;
  throw new TransportError(
    `cannot tell which address of this machine reaches ${remote}: name it (\`address\`, or --local), or run with --allow-ffi`,
  );
}

function connectedAddress(remote: string, port: number): Promise<string> {
  const socket = createSocket(addressFamily(remote) === 4 ? "udp4" : "udp6");
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.close();
      reject(new TransportError(`no route to ${remote}: ${error.message}`));
    };
    socket.once("error", fail);
    socket.connect(port, remote, () => {
      const { address } = socket.address();
      socket.close();
      resolve(address);
    });
  });
}
