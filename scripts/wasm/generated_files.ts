/**
 * What a build writes and commits: WebAssembly inside TypeScript, with the hash of its sources and the names of its tools.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BuildFailure } from "./build_failure.ts";
import { type Crate, generatedHeader } from "./crate.ts";

const BUILT_BY = "// Built by ";
const BASE64_LINE = 120;
const TOP = fileURLToPath(new URL("../../", import.meta.url));

/** File name to text. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/**
 * Carries out the command line of a build: without options it writes; `--check` builds into memory and compares with what is committed,
 * octet for octet. Sets the exit status. The same compiler gives the same octets in any folder; with another one a comparison says
 * nothing, and the check fails saying so.
 *
 * @param build the files behind their header
 */
export function runBuild(crate: Crate, describe: () => string, build: () => GeneratedFiles): void {
  try {
    const options = process.argv.slice(2);
    const unknown = options.find((option) => option !== "--check");
    if (unknown !== undefined) throw new BuildFailure(`unknown option ${unknown}, expected --check or nothing`);
    const tools = describe();
    if (options.includes("--check")) assertSameTools(crate, tools);
    const header = `${generatedHeader(crate)}\n${BUILT_BY}${tools}.\n`;
    const files = new Map(Array.from(build(), ([name, content]) => [name, header + content]));
    if (options.includes("--check")) compare(crate, files);
    else write(crate, files);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** The module in Base64: a module is what Deno, Node, browsers and bundlers all load without configuration. */
export function wasmModule(what: string, wasm: Uint8Array): string {
  const base64 = btoa(Array.from(wasm, (octet) => String.fromCharCode(octet)).join(""));
  const lines = base64.match(new RegExp(`.{1,${BASE64_LINE}}`, "g")) ?? [];
  return `\n/** ${what}, ${wasm.length} octets, in Base64 with line breaks. */\nexport const WASM_BASE64: string = \`\n${
    lines.join("\n")
  }\n\`;\n`;
}

/** wasm-pack's declarations of the exports as one interface. */
export function exportsModule(crate: Crate, name: string, what: string, declarations: string): string {
  const members = [...declarations.matchAll(/^export const (\w+): (.+);$/gm)].map(([, name, type]) =>
    `  readonly ${name}: ${type};\n`
  );
  return `\n/** What ${what}: see ${crate.name}/src/exports.rs. */\nexport interface ${name} {\n${members.join("")}}\n`;
}

function write(crate: Crate, files: GeneratedFiles): void {
  mkdirSync(crate.generatedFolder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(crate.generatedFolder, name), content);
  console.log(`${folderOf(crate)}: wrote ${[...files.keys()].join(", ")}`);
}

function compare(crate: Crate, files: GeneratedFiles): void {
  const { name: sources, task, generatedFolder } = crate;
  const different = [...files].filter(([name, content]) => committed(crate, name) !== content).map(([name]) => name);
  const superfluous = readdirSync(generatedFolder).filter((name) => !files.has(name));
  if (different.length > 0) {
    throw new BuildFailure(
      `${folderOf(crate)}: ${different.join(", ")} is not what ${sources} builds; run deno task ${task} and commit`,
    );
  }
  if (superfluous.length > 0) {
    throw new BuildFailure(`${folderOf(crate)}: ${superfluous.join(", ")} is not built by deno task ${task}`);
  }
  console.log(`${folderOf(crate)}: ${files.size} files are what ${sources} builds, octet for octet`);
}

function assertSameTools(crate: Crate, tools: string): void {
  const [name] = existsSync(crate.generatedFolder) ? readdirSync(crate.generatedFolder) : [];
  const line = committed(crate, name ?? "")?.split("\n").find((line) => line.startsWith(BUILT_BY));
  const builtBy = line?.slice(BUILT_BY.length).replace(/\.$/, "");
  if (builtBy !== undefined && builtBy !== tools) {
    throw new BuildFailure(
      `cannot compare: what is committed was built by\n  ${builtBy}\nand here is\n  ${tools}\n` +
        "scripts/setup-wasm-toolchain.sh sets up either compiler: RUST_FROM=debian or RUST_FROM=rustup",
    );
  }
}

function committed({ generatedFolder }: Crate, name: string): string | undefined {
  const path = join(generatedFolder, name);
  return name !== "" && existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function folderOf({ generatedFolder }: Crate): string {
  return relative(TOP, generatedFolder);
}
