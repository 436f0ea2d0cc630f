/**
 * On which runtime this program runs, and how to start it again: as a gateway beside itself, or on the other runtime.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Program } from "../load/gateway_process.ts";
import { UsageError } from "./exit_status.ts";

export type Runtime = "deno" | "node";

export const RUNTIMES: readonly Runtime[] = ["deno", "node"];

const OLDEST_NODE = 22;
/** Names the Node to run on, where the one on PATH is not to be it. */
const NODE_VARIABLE = "IKE_RESUME_NODE";
/** The package as `deno task build:npm` leaves it in a checkout. */
const BUILT_PACKAGE = "dist/npm";
const BUILT_PROGRAM = "bin/ike-resume.js";
/** What it is built from, in the checkout. */
const SOURCES = ["src", "bindings", "mod.ts", "deno.json"];

export function isRuntime(text: string): text is Runtime {
  return (RUNTIMES as readonly string[]).includes(text);
}

export function currentRuntime(): Runtime {
  return process.versions.deno === undefined ? "node" : "deno";
}

/**
 * Room for objects that live shortly, in MiB: a process that makes many of them for thousands of clients at once takes a fifth less, as most are gone
 * before they are moved.
 */
const WIDE_ROOM = ["--min-semi-space-size=32", "--max-semi-space-size=64"] as const;

/**
 * This very program, on the runtime that runs it.
 *
 * @param makes What it makes: whoever makes many small objects gets more room for them.
 */
export function ownProgram(makes?: "many small objects"): Program {
  const runtime = currentRuntime();
  const room = makes === undefined ? [] : wideRoom(runtime);
  return { command: process.execPath, arguments: [...runtimeArguments(runtime), ...room, process.argv[1]] };
}

/** What a runtime is started with so that it has more room for small objects. */
export function wideRoom(runtime: Runtime): readonly string[] {
  return runtime === "deno" ? [`--v8-flags=${WIDE_ROOM.join(",")}`] : WIDE_ROOM;
}

/**
 * Runs this program with the same arguments on the other runtime, with room for many small objects, and returns its exit status.
 *
 * @throws {UsageError} that runtime is not there or too old, or the package for it cannot be built.
 */
export function runOnOther(runtime: Runtime, programArguments: readonly string[]): Promise<number> {
  const command = runtime === "node" ? findNode() : findDeno();
  const entry = runtime === "node" ? nodeEntry() : process.argv[1];
  const child = spawn(command, [...runtimeArguments(runtime), ...wideRoom(runtime), entry, ...programArguments], {
    stdio: "inherit",
  });
  // Ctrl-C reaches the whole foreground group: the child ends by itself, and tells its status.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {
    // Not `child.kill`: with it Deno makes up how the child ended.
    if (child.pid !== undefined) process.kill(child.pid, "SIGTERM");
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new UsageError(`--runtime ${runtime}: ${error.message}`)));
    child.once("exit", (status) => resolve(status ?? 1));
  });
}

function runtimeArguments(runtime: Runtime): readonly string[] {
  return runtime === "deno" ? ["run", "--allow-all", "--quiet"] : [];
}

function findNode(): string {
  const command = process.env[NODE_VARIABLE] ?? "node";
  const { stdout, error } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error) {
    throw new UsageError(
      `--runtime node: no "${command}" found: install Node ${OLDEST_NODE} or later, or name it in ${NODE_VARIABLE}`,
    );
  }
  const version = stdout.trim();
  if (Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) < OLDEST_NODE) {
    throw new UsageError(
      `--runtime node: "${command}" is ${version}: allowed is Node ${OLDEST_NODE} or later, on PATH or in ${NODE_VARIABLE}`,
    );
  }
  return command;
}

function findDeno(): string {
  const { error } = spawnSync("deno", ["--version"]);
  if (error) throw new UsageError('--runtime deno: no "deno" found on PATH');
  return "deno";
}

/** The built package of this checkout, with the packages it depends on; built first where it is not there or behind the sources. */
function nodeEntry(): string {
  const top = checkoutOf(process.argv[1]);
  const folder = join(top, BUILT_PACKAGE);
  if (isBehindSources(join(folder, BUILT_PROGRAM), top)) {
    console.error(`building ${BUILT_PACKAGE} for Node`);
    runOrRefuse(process.execPath, ["task", "--quiet", "build:npm"], top);
  }
  if (!existsSync(join(folder, "node_modules"))) {
    console.error(`installing what ${BUILT_PACKAGE} depends on`);
    runOrRefuse("npm", ["install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  }
  return join(folder, BUILT_PROGRAM);
}

function isBehindSources(built: string, top: string): boolean {
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  return SOURCES.map((path) => join(top, path)).some((path) => newestChangeMs(path) > builtMs);
}

function newestChangeMs(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newestChangeMs(join(path, name))));
}

function checkoutOf(entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "deno.json"))) return folder;
  }
  throw new UsageError("--runtime node: this is no checkout of the project to build the Node package from");
}

/** What the tool itself has to say goes to standard error: standard output is for the report. */
function runOrRefuse(command: string, commandArguments: readonly string[], folder: string): void {
  const { status, error } = spawnSync(command, commandArguments, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (error || status !== 0) {
    throw new UsageError(`--runtime node: "${command} ${commandArguments.slice(0, 2).join(" ")}" failed in ${folder}`);
  }
}
