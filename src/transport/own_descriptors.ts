/**
 * Which file descriptors of this process are its UDP sockets, on Linux: runtimes keep them to themselves.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { addressOctets } from "../ike/message/address.ts";

const TABLES = { 4: ["/proc/net/udp"], 6: ["/proc/net/udp6"], any: ["/proc/net/udp", "/proc/net/udp6"] } as const;

/** Those on a port, whatever their address. Throws where the kernel's tables cannot be read. */
export function descriptorsOnPort(port: number): number[] {
  const ending = `:${hexadecimal(port, 4)}`;
  return descriptorsOf(TABLES.any, (place) => place.endsWith(ending));
}

/** Those bound to an address and a port. There are several where they share it. Throws where the kernel's tables cannot be read. */
export function descriptorsBoundTo(address: string, port: number): number[] {
  const octets = addressOctets(address);
  const bound = `${addressInTables(octets)}:${hexadecimal(port, 4)}`;
  return descriptorsOf(TABLES[octets.length === 4 ? 4 : 6], (place) => place === bound);
}

function descriptorsOf(tables: readonly string[], matches: (place: string) => boolean): number[] {
  const inodes = new Set(tables.flatMap((table) => inodesIn(readFileSync(table, "ascii"), matches)));
  return readdirSync("/proc/self/fd").map(Number).filter((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(descriptor))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

/** Lines are: slot, local address:port in hexadecimal, remote, state, queues, timer, retransmits, uid, timeout, inode, … */
function inodesIn(table: string, matches: (place: string) => boolean): string[] {
  return table.split("\n").slice(1).map((line) => line.trim().split(/\s+/)).flatMap((fields) =>
    fields[1] !== undefined && matches(fields[1]) ? [fields[9]] : []
  );
}

/** Words of 32 bits, in the octet order of the machine. */
function addressInTables(octets: Uint8Array): string {
  const words = new Uint32Array(octets.slice().buffer);
  return Array.from(words, (word) => hexadecimal(word, 8)).join("");
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function linkOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
