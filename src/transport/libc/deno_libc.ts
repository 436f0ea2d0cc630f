/**
 * The C library through `Deno.dlopen`.
 *
 * @module
 */
import { F_DUPFD_CLOEXEC } from "./constants.ts";
import { openLibrary } from "./deno_library.ts";
import type { Libc, LibcChoice } from "./libc.ts";

const DESCRIPTOR = "i32";
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: [DESCRIPTOR, "buffer", "u32"], result: "i32" },
  connect: { parameters: [DESCRIPTOR, "buffer", "u32"], result: "i32" },
  getsockname: { parameters: [DESCRIPTOR, "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: [DESCRIPTOR, "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: [DESCRIPTOR, "i32", "i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: [DESCRIPTOR, "i32"], result: "i32" },
  fcntl: { parameters: [DESCRIPTOR, "i32", "i32"], result: "i32" },
  close: { parameters: [DESCRIPTOR], result: "i32" },
  recvmmsg: { parameters: [DESCRIPTOR, "buffer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: [DESCRIPTOR, "buffer", "u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

type Pointer = { readonly opaque: never };

interface Symbols extends Omit<Libc, "name" | "addressOf" | "duplicate" | "recvmmsg" | "errorNumber" | "poll"> {
  fcntl(descriptor: number, command: number, value: number): number;
  recvmmsg(descriptor: number, headers: Uint8Array, count: number, flags: number, timeout: null): number;
  poll(entries: Uint8Array, count: bigint, timeoutMs: number): Promise<number>;
  __errno_location(): Pointer;
}

/** What of Deno's namespace is used, for type checkers that do not know it. */
interface Pointers {
  readonly UnsafePointer: { of(octets: Uint8Array): Pointer; value(pointer: Pointer): bigint };
  readonly UnsafePointerView: new (pointer: Pointer) => { getInt32(): number };
}

export function denoLibc(): LibcChoice {
  const library = openLibrary<Symbols>(SYMBOLS);
  if (typeof library === "string") return { unavailable: library };
  const { symbols } = library;
  const { UnsafePointer, UnsafePointerView } = (globalThis as unknown as { readonly Deno: Pointers }).Deno;
  return {
    libc: {
      name: "Deno.dlopen",
      addressOf: (octets) => BigInt(UnsafePointer.value(UnsafePointer.of(octets))),
      socket: symbols.socket,
      bind: symbols.bind,
      connect: symbols.connect,
      getsockname: symbols.getsockname,
      setsockopt: symbols.setsockopt,
      getsockopt: symbols.getsockopt,
      shutdown: symbols.shutdown,
      duplicate: (descriptor) => symbols.fcntl(descriptor, F_DUPFD_CLOEXEC, 0),
      close: symbols.close,
      recvmmsg: (descriptor, headers, count, flags) => symbols.recvmmsg(descriptor, headers, count, flags, null),
      sendmmsg: symbols.sendmmsg,
      errorNumber: () => new UnsafePointerView(symbols.__errno_location()).getInt32(),
      poll: (entries, count, timeoutMs) => symbols.poll(entries, BigInt(count), timeoutMs),
    },
  };
}
