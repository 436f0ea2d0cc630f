/**
 * The compiler and the tools that scripts/setup-wasm-toolchain.sh set up, under $WASM_TOOLS (default /opt/wasm-tools).
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BuildFailure } from "./build_failure.ts";
import type { Crate } from "./crate.ts";

const TOOLS_FOLDER = process.env.WASM_TOOLS ?? "/opt/wasm-tools";
const CARGO_HOME = process.env.CARGO_HOME ?? join(homedir(), ".cargo");

/** What wasm-pack wrote. */
export interface Built {
  readonly wasm: Uint8Array;
  /** TypeScript declarations of the exports. */
  readonly declarations: string;
}

/** How one build of a crate differs from another. */
export interface BuildOptions {
  /** For rustc's `-Ctarget-feature`; `+simd128` unless given. */
  readonly targetFeatures?: string;
  /** Features of the crate. */
  readonly crateFeatures?: readonly string[];
  /** In place of Cargo.toml's. */
  readonly optLevel?: string;
}

/**
 * The environment in which a crate builds to the same octets in any folder.
 *
 * @throws {BuildFailure} the tools were not set up.
 */
export function toolEnvironment(
  crate: Crate,
  { targetFeatures = "+simd128", optLevel }: BuildOptions = {},
): NodeJS.ProcessEnv {
  const marker = join(TOOLS_FOLDER, "rust-toolchain");
  if (!existsSync(marker)) throw new BuildFailure(`no tools in ${TOOLS_FOLDER}: run scripts/setup-wasm-toolchain.sh first`);
  const toolchain = readFileSync(marker, "utf8").trim();
  const environment: NodeJS.ProcessEnv = { ...process.env };
  // "path": there is no rustup, and the compiler is the system's.
  if (toolchain === "path") environment.PATH = `${join(TOOLS_FOLDER, "bin")}:/usr/bin:${process.env.PATH}`;
  else {
    environment.PATH = `${join(TOOLS_FOLDER, "bin")}:${process.env.PATH}`;
    environment.RUSTUP_TOOLCHAIN = toolchain;
  }
  // What is not downloaded yet has no folder whose name could be kept out of the output.
  execFileSync("cargo", ["fetch", "--locked", "--quiet"], {
    cwd: crate.folder,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  delete environment.RUSTFLAGS;
  environment.CARGO_ENCODED_RUSTFLAGS = [`-Ctarget-feature=${targetFeatures}`, ...pathFlags(crate)].join("\x1f");
  if (optLevel !== undefined) environment.CARGO_PROFILE_RELEASE_OPT_LEVEL = optLevel;
  return environment;
}

/** Builds a crate, whose module has `module` for a name. */
export function buildCrate(
  crate: Crate,
  module: string,
  environment: NodeJS.ProcessEnv,
  { crateFeatures = [] }: BuildOptions = {},
): Built {
  const output = mkdtempSync(join(tmpdir(), "ike-resume-wasm-"));
  try {
    const flags = ["build", "--release", "--mode", "no-install", "--target", "web", "--no-pack", "--out-dir", output];
    const features = crateFeatures.length > 0 ? ["--features", crateFeatures.join(",")] : [];
    execFileSync("wasm-pack", [...flags, "--", "--locked", ...features], {
      cwd: crate.folder,
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
    });
    return {
      wasm: readFileSync(join(output, `${module}_bg.wasm`)),
      declarations: readFileSync(join(output, `${module}_bg.wasm.d.ts`), "utf8"),
    };
  } finally {
    rmSync(output, { recursive: true });
  }
}

/** Programs and versions that decide on the octets of the output. */
export function describeTools(
  { folder }: Crate,
  environment: NodeJS.ProcessEnv,
  more: readonly (readonly [program: string, option: string])[] = [],
): string {
  const version = ([program, option]: readonly [string, string]): string =>
    execFileSync(program, [option], { cwd: folder, env: environment, encoding: "utf8" }).split("\n", 1)[0].trim();
  const tools = [["rustc", "-V"], ["wasm-bindgen", "-V"], ["wasm-pack", "-V"], ["wasm-opt", "--version"], ...more] as const;
  return tools.map(version).join(", ");
}

/** Keeps the names of this machine's folders out of the output. The last flag that matches counts. */
function pathFlags({ folder, name }: Crate): string[] {
  return [
    `--remap-path-prefix=${CARGO_HOME}=/cargo`,
    ...registryFolders().map((registry) => `--remap-path-prefix=${registry}=/crates`),
    `--remap-path-prefix=${folder.replace(/\/$/, "")}=/${name}`,
  ];
}

/** Where cargo has the sources of crates. */
export function registryFolders(): string[] {
  const registry = join(CARGO_HOME, "registry/src");
  return readdirSync(registry).sort().map((folder) => join(registry, folder));
}
