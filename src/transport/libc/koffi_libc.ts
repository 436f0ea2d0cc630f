/**
 * The C library through the npm package koffi, where it is installed.
 *
 * @module
 */
import { createRequire } from "node:module";
import { F_DUPFD_CLOEXEC } from "./constants.ts";
import type { LibcChoice } from "./libc.ts";

/** What of koffi is used: it is an optional peer, whose types may not be there. */
interface Koffi {
  load(path: null): { func(prototype: string): ForeignFunction };
  address(octets: Uint8Array): bigint;
  errno(): number;
}

interface ForeignFunction {
  (...values: unknown[]): number;
  async(...values: unknown[]): void;
}

export function koffiLibc(): LibcChoice {
  let koffi: Koffi;
  let functionOf: (prototype: string) => ForeignFunction;
  try {
    koffi = createRequire(import.meta.url)("koffi") as Koffi;
    // Node itself is linked to the C library.
    const library = koffi.load(null);
    functionOf = (prototype) => library.func(prototype);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    return { unavailable: isMissing ? "the npm package koffi is not installed" : `koffi does not load: ${wordsOf(error)}` };
  }
  const fcntl = functionOf("int fcntl(int, int, int)");
  const recvmmsg = functionOf("int recvmmsg(int, void*, unsigned int, int, void*)");
  const poll = functionOf("int poll(void*, unsigned long, int)");
  return {
    libc: {
      name: "koffi",
      addressOf: (octets) => BigInt(koffi.address(octets)),
      socket: functionOf("int socket(int, int, int)"),
      bind: functionOf("int bind(int, void*, unsigned int)"),
      connect: functionOf("int connect(int, void*, unsigned int)"),
      getsockname: functionOf("int getsockname(int, void*, void*)"),
      setsockopt: functionOf("int setsockopt(int, int, int, void*, unsigned int)"),
      getsockopt: functionOf("int getsockopt(int, int, int, void*, void*)"),
      shutdown: functionOf("int shutdown(int, int)"),
      duplicate: (descriptor) => fcntl(descriptor, F_DUPFD_CLOEXEC, 0),
      close: functionOf("int close(int)"),
      recvmmsg: (descriptor, headers, count, flags) => recvmmsg(descriptor, headers, count, flags, null),
      sendmmsg: functionOf("int sendmmsg(int, void*, unsigned int, int)"),
      errorNumber: () => koffi.errno(),
      poll: (entries, count, timeoutMs) =>
        new Promise((resolve, reject) =>
          poll.async(entries, count, timeoutMs, (error: unknown, ready: number) => error ? reject(error) : resolve(ready))
        ),
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
