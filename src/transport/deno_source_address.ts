/**
 * The address of this machine that the kernel would send from, on Deno, whose UDP sockets do not tell it: a socket of libc's
 * own is connected, which sends nothing, and asked for its name.
 *
 * It works on Linux and macOS with the permission for foreign functions.
 *
 * @module
 */
import process from "node:process";
import { addressOctets } from "../ike/message/address.ts";

/** The part of Deno's namespace that is used, for type checkers that do not know it. */
interface ForeignFunctions {
  dlopen(path: string, symbols: typeof SYMBOLS): {
    readonly symbols: {
      socket(family: number, type: number, protocol: number): number;
      connect(socket: number, address: Uint8Array, length: number): number;
      getsockname(socket: number, address: Uint8Array, length: Uint8Array): number;
      close(socket: number): number;
    };
    close(): void;
  };
}

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** glibc, then musl by its two names. */
const LINUX_LIBRARIES = ["libc.so.6", "libc.so", "libc.musl-x86_64.so.1"];
const MAC_LIBRARIES = ["libSystem.B.dylib"];

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
  const { Deno } = globalThis as unknown as { readonly Deno?: ForeignFunctions };
  const isMac = process.platform === "darwin";
  if (Deno === undefined || !isMac && process.platform !== "linux") return undefined;
  for (const name of isMac ? MAC_LIBRARIES : LINUX_LIBRARIES) {
    let library: ReturnType<ForeignFunctions["dlopen"]>;
    try {
      library = Deno.dlopen(name, SYMBOLS);
    } catch {
      // Another libc, or no permission.
      continue;
    }
    try {
      return askedOf(library.symbols, remote, port, isMac);
    } finally {
      library.close();
    }
  }
  return undefined;
}

function askedOf(
  { socket, connect, getsockname, close }: ReturnType<ForeignFunctions["dlopen"]>["symbols"],
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
    return { kind: "address", address: textOf(own.subarray(offset, offset + octets.length)) };
  } finally {
    close(descriptor);
  }
}

/** IPv6 in its shortest form, as URLs have it. */
function textOf(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}
