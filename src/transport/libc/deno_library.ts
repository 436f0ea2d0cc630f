/**
 * The C library on Deno, with the permission for foreign functions.
 *
 * @module
 */
import process from "node:process";

/** What of Deno's namespace is used, for type checkers that do not know it. */
interface ForeignFunctions {
  dlopen(path: string, symbols: object): { readonly symbols: object; close(): void };
}

/** glibc, then musl by its names. */
const LINUX_LIBRARIES = ["libc.so.6", "libc.so", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];
const MAC_LIBRARIES = ["libSystem.B.dylib"];

/** An open library. `Symbols` are the functions' types as `symbols` describes them to Deno. */
export interface Library<Symbols> {
  readonly symbols: Symbols;
  close(): void;
}

/** Opens it. A text: why it cannot be opened. */
export function openLibrary<Symbols>(symbols: object): Library<Symbols> | string {
  const { Deno } = globalThis as unknown as { readonly Deno?: ForeignFunctions };
  if (Deno === undefined) return "this is not Deno";
  const names = process.platform === "darwin" ? MAC_LIBRARIES : process.platform === "linux" ? LINUX_LIBRARIES : [];
  let reason = `no C library is known on ${process.platform}`;
  for (const name of names) {
    try {
      return Deno.dlopen(name, symbols) as unknown as Library<Symbols>;
    } catch (error) {
      const isForbidden = error instanceof Error && error.name === "NotCapable";
      if (isForbidden) return "foreign functions need the permission --allow-ffi";
      reason = `the C library cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return reason;
}
