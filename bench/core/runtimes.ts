/**
 * How the measured processes are started on each runtime. What Node runs is the same TypeScript, bundled with the packages it uses.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { MeasureAnswer, Measured, MeasureSetting } from "./measure.ts";
import { WrongOutput } from "./check.ts";

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
const ENTRIES = { measure: "./measure.ts", core_worker: "./core_worker.ts" };

export function runtimeHere(): RuntimeName {
  return process.versions.deno === undefined ? "node" : "deno";
}

/**
 * @param node the Node to take; without it the one on the path, if it is new enough, else one from npm
 * @param folder for the bundle
 */
export async function starterOf(runtime: RuntimeName, node: string | undefined, folder: string): Promise<Starter> {
  const entry = fileURLToPath(new URL(ENTRIES.measure, import.meta.url));
  if (runtime === "deno") return { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", entry] };
  const output = join(folder, "node");
  mkdirSync(output);
  await bundleForNode(output);
  return { command: node ?? findNode(), arguments: [join(output, "measure.js")] };
}

/**
 * Runs one measured process to its end.
 *
 * @throws {WrongOutput} an implementation gave a wrong output there.
 */
export async function measureOnce(starter: Starter, setting: MeasureSetting): Promise<Measured> {
  const child = spawn(starter.command, [...starter.arguments, JSON.stringify(setting)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.removeListener("exit", killAtExit);
  if (output === "") throw new Error(`a measured process ended with status ${status} and said nothing`);
  const answer = JSON.parse(output) as MeasureAnswer;
  if ("wrong" in answer) throw new WrongOutput(answer.wrong);
  return answer;
}

/** Dependencies are taken from where this runtime has them: Node has none of its own here. */
async function bundleForNode(outdir: string): Promise<void> {
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: Object.entries(ENTRIES).map(([out, source]) => ({
      out,
      in: fileURLToPath(new URL(source, import.meta.url)),
    })),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${LOWEST_NODE_VERSION}`,
    external: ["node:*"],
    outdir,
    logLevel: "warning",
    plugins: [{
      name: "packages",
      setup: (build) => {
        build.onResolve({ filter: /^@noble\// }, ({ path, importer }) =>
          // Within a package, files name each other relatively; across packages there is nothing.
          importer === "" ? undefined : { path: fileURLToPath(import.meta.resolve(path)) });
      },
    }],
  });
  await esbuild.stop();
}

function findNode(): string {
  try {
    const version = execFileSync("node", ["--version"], { encoding: "utf8" });
    if (Number(/^v(\d+)/.exec(version)?.[1]) >= LOWEST_NODE_VERSION) return "node";
  } catch {
    // There is none on the path.
  }
  const print = ["--yes", NODE_PACKAGE, "--print", "process.execPath"];
  return execFileSync("npx", print, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}
