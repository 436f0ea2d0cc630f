/**
 * The C library through `node:ffi`, which Node has from version 26 on, as an experiment.
 *
 * @module
 */
import process from "node:process";
import { F_DUPFD_CLOEXEC } from "./constants.ts";
import type { LibcChoice } from "./libc.ts";

const SYMBOLS = {
  socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
  bind: { arguments: ["i32", "buffer", "u32"], return: "i32" },
  connect: { arguments: ["i32", "buffer", "u32"], return: "i32" },
  getsockname: { arguments: ["i32", "buffer", "buffer"], return: "i32" },
  setsockopt: { arguments: ["i32", "i32", "i32", "buffer", "u32"], return: "i32" },
  getsockopt: { arguments: ["i32", "i32", "i32", "buffer", "buffer"], return: "i32" },
  shutdown: { arguments: ["i32", "i32"], return: "i32" },
  fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
  close: { arguments: ["i32"], return: "i32" },
  recvmmsg: { arguments: ["i32", "buffer", "u32", "i32", "pointer"], return: "i32" },
  sendmmsg: { arguments: ["i32", "buffer", "u32", "i32"], return: "i32" },
  __errno_location: { arguments: [], return: "pointer" },
} as const;

/** What of `node:ffi` is used: the types of older versions do not know it. */
interface NodeFfi {
  dlopen(path: null, symbols: typeof SYMBOLS): { readonly functions: Functions };
  getRawPointer(octets: Uint8Array): bigint;
  getInt32(pointer: bigint): number;
}

type Functions =
  & {
    readonly [Name in Exclude<keyof typeof SYMBOLS, "__errno_location">]: (
      ...values: readonly (number | bigint | Uint8Array)[]
    ) => number;
  }
  & { __errno_location(): bigint };

export function nodeLibc(): LibcChoice {
  const ffi = process.getBuiltinModule?.("node:ffi" as "node:os") as unknown as NodeFfi | undefined;
  if (ffi === undefined) return { unavailable: "this Node has no node:ffi" };
  try {
    const { functions } = ffi.dlopen(null, SYMBOLS);
    return {
      libc: {
        name: "node:ffi",
        addressOf: (octets) => BigInt(ffi.getRawPointer(octets)),
        socket: functions.socket,
        bind: functions.bind,
        connect: functions.connect,
        getsockname: functions.getsockname,
        setsockopt: functions.setsockopt,
        getsockopt: functions.getsockopt,
        shutdown: functions.shutdown,
        duplicate: (descriptor) => functions.fcntl(descriptor, F_DUPFD_CLOEXEC, 0),
        close: functions.close,
        recvmmsg: (descriptor, headers, count, flags) => functions.recvmmsg(descriptor, headers, count, flags, 0n),
        sendmmsg: functions.sendmmsg,
        errorNumber: () => ffi.getInt32(functions.__errno_location()),
      },
    };
  } catch (error) {
    return { unavailable: `node:ffi cannot open the C library: ${error instanceof Error ? error.message : String(error)}` };
  }
}
