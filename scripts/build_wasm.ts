/**
 * `deno task build:wasm`: builds core-rs with wasm-pack into bindings/generated/.
 *
 * `--check` builds into memory and compares with what is committed, octet for octet. The same compiler gives the same octets in any
 * folder; with another one a comparison says nothing, and the check fails saying so.
 *
 * The tools come from scripts/setup-wasm-toolchain.sh, under $WASM_TOOLS (default /opt/wasm-tools).
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { CORE_FOLDER, GENERATED_FOLDER, generatedHeader, hashCoreSources } from "./core_sources.ts";

const BUILT_BY = "// Built by ";
const TOOLS_FOLDER = process.env.WASM_TOOLS ?? "/opt/wasm-tools";
const CARGO_HOME = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
const BASE64_LINE = 120;

class BuildFailure extends Error {
  override readonly name = "BuildFailure";
}

function main(): void {
  const options = process.argv.slice(2);
  const unknown = options.find((option) => option !== "--check");
  if (unknown !== undefined) throw new BuildFailure(`unknown option ${unknown}, expected --check or nothing`);
  const environment = toolEnvironment();
  const compiler = describeTools(environment);
  if (options.includes("--check")) {
    assertSameTools(compiler);
    compare(build(environment, compiler));
  } else {
    write(build(environment, compiler));
  }
}

/** One core for each kind of engine, from the same sources: see bindings/load.ts. */
const BUILDS: readonly Build[] = [
  { name: "relaxed", targetFeatures: "+simd128,+relaxed-simd", features: [], optLevel: "3" },
  { name: "simd", targetFeatures: "+simd128", features: [], optLevel: "3" },
  // What engines without vectors run is old, and slow in any case: small before fast.
  { name: "scalar", targetFeatures: "", features: ["--features", "scalar"], optLevel: "s" },
];

interface Build {
  readonly name: string;
  /** For rustc's -Ctarget-feature. */
  readonly targetFeatures: string;
  /** For cargo. */
  readonly features: readonly string[];
  readonly optLevel: string;
}

/** The generated files by name. */
function build(environment: NodeJS.ProcessEnv, compiler: string): ReadonlyMap<string, string> {
  const header = `${generatedHeader(hashCoreSources())}\n${BUILT_BY}${compiler}.\n`;
  const files = new Map([["layout.ts", header + layoutModule(readFileSync(join(CORE_FOLDER, "src/layout.rs"), "utf8"))]]);
  for (const { name, targetFeatures, features, optLevel } of BUILDS) {
    const output = mkdtempSync(join(tmpdir(), "ike-resume-core-"));
    try {
      const flags = ["build", "--release", "--mode", "no-install", "--target", "web", "--no-pack", "--out-dir", output];
      execFileSync("wasm-pack", [...flags, "--", "--locked", ...features], {
        cwd: CORE_FOLDER,
        env: {
          ...environment,
          CARGO_PROFILE_RELEASE_OPT_LEVEL: optLevel,
          CARGO_ENCODED_RUSTFLAGS: [`-Ctarget-feature=${targetFeatures}`, ...pathFlags()].join("\x1f"),
        },
        stdio: ["ignore", "inherit", "inherit"],
      });
      const exports = header + exportsModule(readFileSync(join(output, "ike_resume_core_bg.wasm.d.ts"), "utf8"));
      if ((files.get("exports.ts") ?? exports) !== exports) throw new BuildFailure(`the ${name} build has other exports`);
      files.set("exports.ts", exports);
      files.set(`${name}.ts`, header + wasmModule(readFileSync(join(output, "ike_resume_core_bg.wasm"))));
    } finally {
      rmSync(output, { recursive: true });
    }
  }
  return files;
}

/** The core in Base64: a module is what Deno, Node, browsers and bundlers all load without configuration. */
function wasmModule(wasm: Uint8Array): string {
  const base64 = btoa(Array.from(wasm, (octet) => String.fromCharCode(octet)).join(""));
  const lines = base64.match(new RegExp(`.{1,${BASE64_LINE}}`, "g")) ?? [];
  return `\n/** The core, ${wasm.length} octets, in Base64 with line breaks. */\nexport const WASM_BASE64: string = \`\n${
    lines.join("\n")
  }\n\`;\n`;
}

/** wasm-pack's declarations of the exports as one interface. */
function exportsModule(declarations: string): string {
  const members = [...declarations.matchAll(/^export const (\w+): (.+);$/gm)].map(([, name, type]) =>
    `  readonly ${name}: ${type};\n`
  );
  return `\n/** What the core exports: see core-rs/src/exports.rs. */\nexport interface CoreExports {\n${members.join("")}}\n`;
}

/** The constants of layout.rs with their descriptions. */
function layoutModule(rust: string): string {
  const constants = [...rust.matchAll(/^\/\/\/ (.+)\npub const (\w+): usize = (\d+);$/gm)];
  const declared = [...rust.matchAll(/^pub const /gm)].length;
  if (constants.length !== declared) {
    throw new BuildFailure(`layout.rs: ${declared - constants.length} constants have not the form that the build reads`);
  }
  return constants.map(([, description, name, value]) => {
    const text = description.replaceAll(/\[?`(\w+)`\]?/g, "$1").replaceAll(/`(\w+…)`/g, "$1");
    return `\n/** ${text} */\nexport const ${name} = ${value};`;
  }).join("") + "\n";
}

function write(files: ReadonlyMap<string, string>): void {
  mkdirSync(GENERATED_FOLDER, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(GENERATED_FOLDER, name), content);
  console.log(`bindings/generated: wrote ${[...files.keys()].join(", ")}`);
}

function compare(files: ReadonlyMap<string, string>): void {
  const different = [...files].filter(([name, content]) => committed(name) !== content).map(([name]) => name);
  const superfluous = readdirSync(GENERATED_FOLDER).filter((name) => !files.has(name));
  if (different.length > 0) {
    throw new BuildFailure(
      `bindings/generated: ${different.join(", ")} is not what core-rs builds; run deno task build:wasm and commit`,
    );
  }
  if (superfluous.length > 0) {
    throw new BuildFailure(`bindings/generated: ${superfluous.join(", ")} is not built by deno task build:wasm`);
  }
  console.log(`bindings/generated: ${files.size} files are what core-rs builds, octet for octet`);
}

function assertSameTools(compiler: string): void {
  const line = committed("wasm.ts")?.split("\n").find((line) => line.startsWith(BUILT_BY));
  const builtBy = line?.slice(BUILT_BY.length).replace(/\.$/, "");
  if (builtBy !== undefined && builtBy !== compiler) {
    throw new BuildFailure(
      `cannot compare: what is committed was built by\n  ${builtBy}\nand here is\n  ${compiler}\n` +
        "scripts/setup-wasm-toolchain.sh sets up either compiler: RUST_FROM=debian or RUST_FROM=rustup",
    );
  }
}

function committed(name: string): string | undefined {
  const path = join(GENERATED_FOLDER, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function toolEnvironment(): NodeJS.ProcessEnv {
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
    cwd: CORE_FOLDER,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  delete environment.RUSTFLAGS;
  return environment;
}

/** Keeps the names of this machine's folders out of the output. The last flag that matches counts. */
function pathFlags(): string[] {
  const registry = join(CARGO_HOME, "registry/src");
  return [
    `--remap-path-prefix=${CARGO_HOME}=/cargo`,
    ...readdirSync(registry).sort().map((folder) => `--remap-path-prefix=${join(registry, folder)}=/crates`),
    `--remap-path-prefix=${CORE_FOLDER.replace(/\/$/, "")}=/core-rs`,
  ];
}

function describeTools(environment: NodeJS.ProcessEnv): string {
  const version = (program: string, option: string): string =>
    execFileSync(program, [option], { cwd: CORE_FOLDER, env: environment, encoding: "utf8" }).trim();
  return [version("rustc", "-V"), version("wasm-bindgen", "-V"), version("wasm-pack", "-V"), version("wasm-opt", "--version")]
    .join(", ");
}

try {
  main();
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
