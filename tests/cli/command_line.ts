/**
 * Runs the program as a user does: in a process of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";

const ENTRY = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

export function start(...words: string[]): ChildProcess {
  return startIn({}, ...words);
}

/** With variables beside its own. */
export function startIn(environment: Environment, ...words: string[]): ChildProcess {
  return spawn(process.execPath, ["run", "--allow-all", "--quiet", ENTRY, ...words], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => stdout += text);
  child.stderr?.on("data", (text) => stderr += text);
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr })));
}

export function run(...words: string[]): Promise<Ended> {
  return ended(start(...words));
}

/** Sends a signal as another process would: Deno's `ChildProcess.kill` also makes up how the child ended. */
export function signal(child: ChildProcess, name: "SIGINT" | "SIGTERM"): void {
  if (child.pid !== undefined) process.kill(child.pid, name);
}
