/**
 * The sockets that are read and written in batches: the runtime's own, by another descriptor; and, for the wildcard address, sockets that the runtime
 * does not know, since it would read a datagram without telling which address it came to.
 *
 * @module
 */
import type { Socket } from "node:dgram";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { attach, bindSharedSocket } from "../shared_port/shared_socket.ts";
import { TransportError } from "../transport_error.ts";
import { bindSocket, closed, endpointOf } from "../runtime_socket.ts";
import { descriptorOf, prepare, set } from "./descriptor.ts";
import type { SocketAddresses } from "./socket_addresses.ts";

/** The reasons that people meet, by their number. */
const REASONS: { readonly [error: number]: string } = {
  13: "permission denied (EACCES)",
  97: "the system has no such addresses (EAFNOSUPPORT)",
  98: "address already in use (EADDRINUSE)",
  99: "it is no address of this machine (EADDRNOTAVAIL)",
};

export interface BoundSocket {
  /** Ours to close. */
  readonly descriptor: number;
  readonly local: Endpoint;
  /** The runtime's socket of which it is a second descriptor; absent where the runtime knows of none. */
  readonly runtime?: Socket;
}

/**
 * Binds a socket of the runtime, which reads from then on. `program`: with others, among which it chooses.
 *
 * @throws {TransportError} it cannot be bound, or its descriptor cannot be had.
 */
export async function openRuntimeSocket(
  libc: Libc,
  { address, port }: Endpoint,
  { family }: SocketAddresses,
  program?: Uint8Array,
): Promise<BoundSocket> {
  const runtime = program === undefined ? await bindSocket(address, port) : await bindSharedSocket(address, port, program);
  try {
    const descriptor = descriptorOf(libc, runtime);
    prepare(libc, descriptor, family, false);
    return { descriptor, local: endpointOf(runtime.address()), runtime };
  } catch (error) {
    await closed(runtime);
    throw error;
  }
}

/**
 * Binds one that the runtime does not know to a wildcard address. That of IPv6 takes IPv4 as well, unless `ipv6Only`.
 *
 * @throws {TransportError} it cannot be bound: names the address and port.
 */
export function openOwnSocket(
  libc: Libc,
  { address, port }: Endpoint,
  addresses: SocketAddresses,
  ipv6Only: boolean,
  program?: Uint8Array,
): BoundSocket {
  const isIpv4 = addresses.family === 4;
  const descriptor = libc.socket(isIpv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw cannotListen(libc, address, port);
  if (!isIpv4) set(libc, descriptor, IPPROTO_IPV6, IPV6_V6ONLY, ipv6Only ? 1 : 0);
  if (program !== undefined) set(libc, descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  const name = new Uint8Array(addresses.length);
  addresses.write({ address, port }, name, 0);
  const isBound = libc.bind(descriptor, name, name.length) === 0 &&
    (program === undefined || attach(libc, descriptor, program) === 0);
  if (!isBound) {
    const error = cannotListen(libc, address, port);
    libc.close(descriptor);
    throw error;
  }
  prepare(libc, descriptor, addresses.family, true);
  libc.getsockname(descriptor, name, new Uint8Array(Uint32Array.of(name.length).buffer));
  return { descriptor, local: { address, port: name[2] << 8 | name[3] } };
}

function cannotListen(libc: Libc, address: string, port: number): TransportError {
  const error = libc.errorNumber();
  return new TransportError(`cannot listen on ${address} port ${port}: ${REASONS[error] ?? `error ${error} of the system`}`);
}
