/**
 * The kernel's receive buffer of a UDP socket on Deno, which has no way of its own to set it (its `setRecvBufferSize` sets the size of an
 * array). The default holds some 160 IKE messages, and a mass reconnect sends thousands: most would be lost.
 *
 * It works on Linux with all permissions, through libc; elsewhere the system's default stays, and clients send what was lost again.
 *
 * @module
 */
import process from "node:process";
import { SO_RCVBUF, SOL_SOCKET } from "./libc/constants.ts";
import { openLibrary } from "./libc/deno_library.ts";
import { descriptorsOnPort } from "./own_descriptors.ts";

interface Symbols {
  setsockopt(socket: number, level: number, option: number, value: Uint8Array, length: number): number;
}

const SYMBOLS = { setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" } } as const;

/** Asks for so many octets for the UDP sockets of this process on a port; Linux cuts what is above its limit. */
export function enlargeReceiveBuffer(port: number, size: number): void {
  if (process.platform !== "linux") return;
  const library = openLibrary<Symbols>(SYMBOLS);
  if (typeof library === "string") return;
  try {
    const value = new Uint8Array(Int32Array.of(size).buffer);
    for (const socket of descriptorsOnPort(port)) {
      library.symbols.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, value, value.length);
    }
  } catch {
    // No permission to read the kernel's tables.
  } finally {
    library.close();
  }
}
