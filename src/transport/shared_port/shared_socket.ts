/**
 * Sockets that share a port (SO_REUSEPORT), each for one worker.
 *
 * @module
 */
import type { Socket } from "node:dgram";
import process from "node:process";
import { addressFamily } from "../local_address.ts";
import { AF_UNSPEC, SO_ATTACH_REUSEPORT_CBPF, SO_REUSEPORT, SOL_SOCKET } from "../libc/constants.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { descriptorOf, set } from "../batched/descriptor.ts";
import { SocketAddresses } from "../batched/socket_addresses.ts";
import { bindSocket, closed } from "../runtime_socket.ts";
import { TransportError } from "../transport_error.ts";
import { INSTRUCTION_LENGTH } from "./steering_program.ts";

/**
 * Binds a socket of the runtime to a port that others share. Where the C library cannot be called the kernel tells sockets by the endpoints of
 * datagrams, and `program` is passed over.
 *
 * @throws {TransportError} it cannot be bound, or ports cannot be shared on this runtime.
 */
export async function bindSharedSocket(address: string, port: number, program: Uint8Array): Promise<Socket> {
  const choice = loadLibc();
  if (process.versions.deno === undefined) {
    const socket = await bindSocket(address, port, true);
    if ("libc" in choice) attachTo(choice.libc, socket, program);
    return socket;
  }
  // Deno has no such option. A socket that was bound to any port lets go of it, and is bound again by the C library.
  if (!("libc" in choice)) throw new TransportError(`a port cannot be shared: ${choice.unavailable}`);
  const socket = await bindSocket(address, 0);
  try {
    bindAgain(choice.libc, socket, address, port);
    attachTo(choice.libc, socket, program);
    return socket;
  } catch (error) {
    await closed(socket);
    throw error;
  }
}

/** Has the kernel choose among the sockets of a port by a program; the last one that was attached counts. 0: it does. */
export function attach(libc: Libc, descriptor: number, program: Uint8Array): number {
  // struct sock_fprog: the number of instructions, and where they are.
  const pointer = new Uint8Array(16);
  const view = new DataView(pointer.buffer);
  view.setUint16(0, program.length / INSTRUCTION_LENGTH, true);
  view.setBigUint64(8, libc.addressOf(program), true);
  return libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, pointer, pointer.length);
}

function attachTo(libc: Libc, socket: Socket, program: Uint8Array): void {
  const descriptor = descriptorOf(libc, socket);
  const failed = attach(libc, descriptor, program) !== 0;
  libc.close(descriptor);
  if (failed) throw new TransportError("a port cannot be shared: the system takes no program that chooses its socket");
}

/** What a connection to nobody undoes is that the system chose a port (connect(2), "dissolve the association"). */
function bindAgain(libc: Libc, socket: Socket, address: string, port: number): void {
  const addresses = new SocketAddresses(addressFamily(address));
  const descriptor = descriptorOf(libc, socket);
  try {
    const nobody = new Uint8Array(addresses.length);
    new DataView(nobody.buffer).setUint16(0, AF_UNSPEC, true);
    const name = new Uint8Array(addresses.length);
    addresses.write({ address, port }, name, 0);
    const isBound = libc.connect(descriptor, nobody, nobody.length) === 0 &&
      set(libc, descriptor, SOL_SOCKET, SO_REUSEPORT, 1) === 0 && libc.bind(descriptor, name, name.length) === 0;
    if (!isBound) {
      throw new TransportError(
        `cannot listen on ${address} port ${port} with others: error ${libc.errorNumber()} of the system`,
      );
    }
    libc.getsockname(descriptor, name, new Uint8Array(Uint32Array.of(name.length).buffer));
    const now = { ...socket.address(), port: name[2] << 8 | name[3] };
    // The runtime goes on telling what it had bound itself.
    Object.defineProperty(socket, "address", { value: () => now });
  } finally {
    libc.close(descriptor);
  }
}
