/**
 * The address of this machine that the kernel would send from, on Deno, whose UDP sockets do not tell it: a socket of libc's
 * own is connected, which sends nothing, and asked for its name.
 *
 * It works on Linux and macOS with the permission for foreign functions.
 *
 * @module
 */
import process from "node:process";
import { addressOctets, formatAddress } from "../ike/message/address.ts";
import { openLibrary } from "./libc/deno_library.ts";

interface Symbols {
  socket(family: number, type: number, protocol: number): number;
  connect(socket: number, address: Uint8Array, length: number): number;
  getsockname(socket: number, address: Uint8Array, length: Uint8Array): number;
  close(socket: number): number;
}

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const SOCK_DGRAM = 2;
const AF_INET = 2;
const AF_INET6_LINUX = 10;
const AF_INET6_MAC = 30;

/** Where the address stands in a `sockaddr_in` and a `sockaddr_in6`, and their lengths. */
const IPV4 = { offset: 4, length: 16 } as const;
const IPV6 = { offset: 8, length: 28 } as const;

/** What the kernel says. */
export type SourceAddress = { readonly kind: "address"; readonly address: string } | { readonly kind: "unreachable" };

/** The address that packets to `remote`, an IP address, leave from. `undefined`: the kernel cannot be asked. */
export function kernelSourceAddress(remote: string, port: number): SourceAddress | undefined {
  const library = openLibrary<Symbols>(SYMBOLS);
  if (typeof library === "string") return undefined;
  try {
    return askedOf(library.symbols, remote, port, process.platform === "darwin");
  } finally {
    library.close();
  }
}

function askedOf(
  { socket, connect, getsockname, close }: Symbols,
  remote: string,
  port: number,
  isMac: boolean,
): SourceAddress | undefined {
  const octets = addressOctets(remote);
  const isIpv6 = octets.length === 16;
  const { offset, length } = isIpv6 ? IPV6 : IPV4;
  const family = isIpv6 ? (isMac ? AF_INET6_MAC : AF_INET6_LINUX) : AF_INET;
  const peer = new Uint8Array(length);
  const view = new DataView(peer.buffer);
  if (isMac) peer.set([length, family]);
  else view.setUint16(0, family, isLittleEndian());
  view.setUint16(2, port);
  peer.set(octets, offset);

  const descriptor = socket(family, SOCK_DGRAM, 0);
  if (descriptor < 0) return undefined;
  try {
    if (connect(descriptor, peer, length) !== 0) return { kind: "unreachable" };
    const own = new Uint8Array(length);
    if (getsockname(descriptor, own, new Uint8Array(Uint32Array.of(length).buffer)) !== 0) return undefined;
    return { kind: "address", address: formatAddress(own.subarray(offset, offset + octets.length)) };
  } finally {
    close(descriptor);
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}
