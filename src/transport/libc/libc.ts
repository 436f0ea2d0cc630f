/**
 * The functions of the C library that batched sockets call, whatever foreign function interface the runtime has for it. All pointers are to octets
 * of arrays, whose buffers must neither be resized nor transferred while they are in use.
 *
 * @module
 */
import process from "node:process";
import { denoLibc } from "./deno_libc.ts";
import { koffiLibc } from "./koffi_libc.ts";
import { nodeLibc } from "./node_libc.ts";

export interface Libc {
  /** How it is called, for people. */
  readonly name: string;
  /** Where in memory an array begins. It stays there as long as somebody holds the array. */
  addressOf(octets: Uint8Array): bigint;
  /** Each returns what its namesake of the system does: a number below 0 says that {@link Libc.errorNumber} has the reason. */
  socket(family: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Uint8Array, length: number): number;
  connect(descriptor: number, address: Uint8Array, length: number): number;
  getsockname(descriptor: number, address: Uint8Array, length: Uint8Array): number;
  setsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  /** Another descriptor of the same socket. */
  duplicate(descriptor: number): number;
  shutdown(descriptor: number, how: number): number;
  close(descriptor: number): number;
  /** `headers` begins with the first message's header. Takes what is there and does not wait. */
  recvmmsg(descriptor: number, headers: Uint8Array, count: number, flags: number): number;
  sendmmsg(descriptor: number, headers: Uint8Array, count: number, flags: number): number;
  /** Of the last call that failed. To be asked at once. */
  errorNumber(): number;
  /**
   * `poll` in another thread: resolves when a descriptor of the `count` entries is ready, or after so many milliseconds. Absent where the interface
   * cannot call in another thread.
   */
  readonly poll?: (entries: Uint8Array, count: number, timeoutMs: number) => Promise<number>;
}

export type LibcChoice = { readonly libc: Libc } | { readonly unavailable: string };

/** Machines whose structures and numbers are those of {@link module:constants}. */
const ARCHITECTURES: readonly string[] = ["x64", "arm64", "riscv64", "loong64"];

let loaded: LibcChoice | undefined;

/** The C library by what this runtime has for it; or, for people, why it cannot be called. */
export function loadLibc(): LibcChoice {
  return loaded ??= load();
}

function load(): LibcChoice {
  if (process.platform !== "linux" || !ARCHITECTURES.includes(process.arch)) {
    return {
      unavailable: `it is for Linux on ${ARCHITECTURES.join(", ")}, and this is ${process.platform} on ${process.arch}`,
    };
  }
  if (process.versions.deno !== undefined) return denoLibc();
  const koffi = koffiLibc();
  if ("libc" in koffi) return koffi;
  const own = nodeLibc();
  return "libc" in own ? own : { unavailable: `${koffi.unavailable}, and ${own.unavailable}` };
}
