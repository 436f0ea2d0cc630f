/**
 * Builds the program of the native libraries where Rust is at hand.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const CRATE = fileURLToPath(new URL("../peers-rs/", import.meta.url));
const PROGRAM = "native_peer";

export type NativeProgram = { readonly path: string } | { readonly absent: string };

export function buildNativeProgram(note: (line: string) => void): NativeProgram {
  const cargo = spawnSync("cargo", ["--version"], { encoding: "utf8" });
  if (cargo.error !== undefined || cargo.status !== 0) return { absent: "there is no cargo" };
  note(`building the native libraries with ${cargo.stdout.trim()}`);
  const built = spawnSync("cargo", ["build", "--release", "--locked", "--quiet", "--bin", PROGRAM, "--target-dir", "target"], {
    cwd: CRATE,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (built.status !== 0) return { absent: `cargo does not build it: ${built.stderr.trim().split("\n").at(-1)}` };
  return { path: `${CRATE}target/release/${PROGRAM}` };
}
