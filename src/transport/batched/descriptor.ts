/**
 * Descriptors of UDP sockets that are read and written in batches: how they are set up, and known again.
 *
 * @module
 */
import type { Socket } from "node:dgram";
import {
  IP_MULTICAST_TTL,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_HOPS,
  IPV6_RECVPKTINFO,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RXQ_OVFL,
  SOL_SOCKET,
} from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { addressFamily } from "../local_address.ts";
import { descriptorsBoundTo } from "../own_descriptors.ts";
import { RECEIVE_BUFFER_SIZES } from "../runtime_socket.ts";
import { TransportError } from "../transport_error.ts";

/** What the system tells of a socket's memory, up to the drops. */
const MEMORY_WORDS = 9;

/** So often are sockets that share an address and a port told apart; each time leaves one in 256 in doubt. */
const ATTEMPTS = 16;

/** The runtime's own descriptors of sockets, as they were found: a socket that is bound again has the same. */
const found = new WeakMap<Socket, number>();

/**
 * Another descriptor of a socket that the runtime has opened, which the runtime does not know and cannot close.
 *
 * @throws {TransportError} it cannot be found.
 */
export function descriptorOf(libc: Libc, socket: Socket): number {
  const { address, port } = socket.address();
  let candidates: number[];
  try {
    const known = found.get(socket);
    candidates = known === undefined ? descriptorsBoundTo(address, port) : [known];
  } catch (error) {
    throw new TransportError(`the descriptor of a socket cannot be found: ${error instanceof Error ? error.message : error}`);
  }
  for (let attempt = 0; candidates.length > 1 && attempt < ATTEMPTS; attempt++) {
    candidates = markedAmong(libc, socket, candidates, addressFamily(address));
  }
  if (candidates.length === 1) found.set(socket, candidates[0]);
  const duplicate = candidates.length === 1 ? libc.duplicate(candidates[0]) : -1;
  if (duplicate < 0) {
    throw new TransportError(
      `the descriptor of a socket cannot be found: ${candidates.length} are bound to ${address} port ${port}`,
    );
  }
  return duplicate;
}

/** Sockets of several threads may share a port. Ours is marked by an option that means nothing to it: it sends no multicasts. */
function markedAmong(libc: Libc, socket: Socket, candidates: readonly number[], family: 4 | 6): number[] {
  const mark = crypto.getRandomValues(new Uint8Array(1))[0];
  socket.setMulticastTTL(mark);
  const [level, option] = family === 4 ? [IPPROTO_IP, IP_MULTICAST_TTL] : [IPPROTO_IPV6, IPV6_MULTICAST_HOPS];
  return candidates.filter((descriptor) => optionOf(libc, descriptor, level, option) === mark);
}

/** Has the kernel count what it drops, keep much, and, for the wildcard address, tell where each datagram came to. */
export function prepare(libc: Libc, descriptor: number, family: 4 | 6, isWildcard: boolean): void {
  set(libc, descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
  const [size] = RECEIVE_BUFFER_SIZES;
  // The first is for privileged processes, beyond the system's limit; the second is cut to it.
  if (set(libc, descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size) !== 0) set(libc, descriptor, SOL_SOCKET, SO_RCVBUF, size);
  if (!isWildcard) return;
  const failed = family === 4
    ? set(libc, descriptor, IPPROTO_IP, IP_PKTINFO, 1)
    : set(libc, descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  if (failed !== 0) throw new TransportError("the system does not tell which address datagrams come to");
}

/** Whether a descriptor is still one that {@link prepare} has seen: somebody may have closed it, and its number gone to another file. */
export function isOurs(libc: Libc, descriptor: number): boolean {
  return optionOf(libc, descriptor, SOL_SOCKET, SO_RXQ_OVFL) === 1;
}

/** Datagrams that a socket has dropped so far, as 32 bits (`SK_MEMINFO_DROPS`); `undefined`: the system does not tell. */
export function droppedBy(libc: Libc, descriptor: number): number | undefined {
  const words = new Uint32Array(MEMORY_WORDS);
  const length = Uint32Array.of(words.byteLength);
  const failed = libc.getsockopt(
    descriptor,
    SOL_SOCKET,
    SO_MEMINFO,
    new Uint8Array(words.buffer),
    new Uint8Array(length.buffer),
  );
  return failed === 0 && length[0] >= words.byteLength ? words[MEMORY_WORDS - 1] : undefined;
}

/** Sets an option of 32 bits. 0: it is set. */
export function set(libc: Libc, descriptor: number, level: number, option: number, value: number): number {
  const octets = new Uint8Array(Int32Array.of(value).buffer);
  return libc.setsockopt(descriptor, level, option, octets, octets.length);
}

function optionOf(libc: Libc, descriptor: number, level: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const length = Uint32Array.of(value.byteLength);
  const failed = libc.getsockopt(descriptor, level, option, new Uint8Array(value.buffer), new Uint8Array(length.buffer));
  return failed === 0 ? value[0] : undefined;
}
