/**
 * How the measured processes are started on each runtime. What Node runs is the same TypeScript, bundled with the packages it uses.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const RUNTIMES = ["deno", "node"] as const;
export type RuntimeName = typeof RUNTIMES[number];

/** Starts a program, given what stands before its own arguments. */
export interface Starter {
  readonly command: string;
  readonly arguments: readonly string[];
}

const LOWEST_NODE_VERSION = 22;
/** Where there is no Node, or too old a one. */
const NODE_PACKAGE = "node@24";
/** Packages that have no dependencies, or only such as stand here too. All others are loaded only where they are needed, which is in no bench. */
const BUNDLED_PACKAGES = /^(@noble\/|commander$|hdr-histogram-js\/)/;
/** What is no path: the runtime's own modules, too. */
const ANY_PACKAGE = /^[^./]/;

export function runtimeHere(): RuntimeName {
  return process.versions.deno === undefined ? "node" : "deno";
}

/**
 * @param entries the sources of the programs by name, the first of them the one to start; the others are what it starts itself
 * @param node the Node to take; without it the one on the path, if it is new enough, else one from npm
 * @param folder for the bundle
 */
export async function starterOf(
  entries: Readonly<Record<string, URL>>,
  runtime: RuntimeName,
  node: string | undefined,
  folder: string,
): Promise<Starter> {
  const [[name, source]] = Object.entries(entries);
  if (runtime === "deno") return onDeno(source);
  const output = join(folder, "node");
  mkdirSync(output);
  await bundleForNode(entries, output);
  return { command: node ?? findNode(), arguments: [join(output, `${name}.js`)] };
}

/** The same on both runtimes: the programs in bundles, as the npm package carries them, which start faster than hundreds of files. */
export async function bundleStarterOf(
  entries: Readonly<Record<string, URL>>,
  runtime: RuntimeName,
  node: string | undefined,
  folder: string,
): Promise<Starter> {
  const { command, arguments: [program] } = await starterOf(
    entries,
    "node",
    runtime === "node" ? node : process.execPath,
    folder,
  );
  if (runtime === "node") return { command, arguments: [program] };
  return { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", "--no-config", program] };
}

/** A program of this checkout, on the Deno that runs this one. */
export function onDeno(source: URL): Starter {
  return { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", fileURLToPath(source)] };
}

/** Dependencies are taken from where this runtime has them: Node has none of its own here. */
async function bundleForNode(entries: Readonly<Record<string, URL>>, outdir: string): Promise<void> {
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: Object.entries(entries).map(([out, source]) => ({ out, in: fileURLToPath(source) })),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${LOWEST_NODE_VERSION}`,
    outdir,
    logLevel: "warning",
    plugins: [{
      name: "packages",
      setup: (build) => {
        build.onResolve({ filter: BUNDLED_PACKAGES }, ({ path, importer }) =>
          // Within a package, files name each other relatively; across packages there is nothing.
          importer === "" ? undefined : { path: fileURLToPath(import.meta.resolve(path)) });
        build.onResolve(
          { filter: ANY_PACKAGE },
          ({ importer }) => importer === "" ? undefined : { external: true },
        );
      },
    }],
  });
  await esbuild.stop();
}

/** One that is new enough: the one on the path, or else one from npm. */
export function findNode(): string {
  try {
    const version = execFileSync("node", ["--version"], { encoding: "utf8" });
    if (Number(/^v(\d+)/.exec(version)?.[1]) >= LOWEST_NODE_VERSION) return "node";
  } catch {
    // There is none on the path.
  }
  const print = ["--yes", NODE_PACKAGE, "--print", "process.execPath"];
  return execFileSync("npx", print, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}
