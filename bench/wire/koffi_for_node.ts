/**
 * The optional peer koffi, which Node needs for sockets in batches, where a bundle in a temporary folder finds it: a folder of its own with
 * links to what Deno keeps of it.
 *
 * @module
 */
import { mkdirSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** @return the folder, for `NODE_PATH`; `undefined`: koffi is not here, and Node's gateways do without */
export function koffiForNode(folder: string): string | undefined {
  try {
    // …/koffi/VERSION/index.js; the part for this machine stands beside it.
    const koffi = dirname(fileURLToPath(import.meta.resolve("koffi")));
    const native = `@koromix/koffi-${process.platform}-${process.arch}`;
    const modules = join(folder, "node_path");
    mkdirSync(join(modules, dirname(native)), { recursive: true });
    symlinkSync(koffi, join(modules, "koffi"));
    symlinkSync(join(koffi, "..", "..", native, basename(koffi)), join(modules, native));
    return modules;
  } catch {
    return undefined;
  }
}
