/**
 * The kernel's receive buffer of a UDP socket on Deno, which has no way of its own to set it (its `setRecvBufferSize` sets the size of an
 * array). The default holds some 160 IKE messages, and a mass reconnect sends thousands: most would be lost.
 *
 * It works on Linux with all permissions, through libc; elsewhere the system's default stays, and clients send what was lost again.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The part of Deno's namespace that is used, for type checkers that do not know it. */
interface ForeignFunctions {
  dlopen(path: string, symbols: { readonly setsockopt: typeof SETSOCKOPT }): {
    readonly symbols: {
      setsockopt(socket: number, level: number, option: number, value: Uint8Array, length: number): number;
    };
    close(): void;
  };
}

const LIBRARY = "libc.so.6";
const SETSOCKOPT = { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" } as const;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

/** Asks for so many octets for the UDP sockets of this process on a port; Linux cuts what is above its limit. */
export function enlargeReceiveBuffer(port: number, size: number): void {
  const { Deno } = globalThis as unknown as { readonly Deno?: ForeignFunctions };
  if (Deno === undefined) return;
  try {
    const sockets = socketsOnPort(port);
    const library = Deno.dlopen(LIBRARY, { setsockopt: SETSOCKOPT });
    const value = new Uint8Array(Int32Array.of(size).buffer);
    for (const socket of sockets) library.symbols.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, value, value.length);
    library.close();
  } catch {
    // Another system, another libc, or no permission.
  }
}

/** File descriptors of this process's UDP sockets on a port: those whose inode the kernel's tables have with that port. */
function socketsOnPort(port: number): number[] {
  const inodes = new Set(
    ["/proc/net/udp", "/proc/net/udp6"].flatMap((table) => inodesOnPort(readFileSync(table, "ascii"), port)),
  );
  return readdirSync("/proc/self/fd").map(Number).filter((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(descriptor))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

/** Lines are: slot, local address:port in hexadecimal, remote, state, queues, timer, retransmits, uid, timeout, inode, … */
function inodesOnPort(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").slice(1).map((line) => line.trim().split(/\s+/)).flatMap((fields) =>
    fields[1]?.endsWith(wanted) ? [fields[9]] : []
  );
}

function linkOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
