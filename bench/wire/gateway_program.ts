/**
 * The programs that are measured: this checkout's, and another's, on each runtime.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { bundleStarterOf, type RuntimeName, type Starter } from "../runtimes.ts";
import { koffiForNode } from "./koffi_for_node.ts";
import type { Options } from "./options.ts";
import { type GatewayChoice, PROGRAM_SOURCE } from "./setting.ts";

export interface GatewayProgram {
  readonly starter: Starter;
  readonly runtime: RuntimeName;
  readonly version: string;
  /** The other checkout; `undefined`: this one. */
  readonly checkout: string | undefined;
  /** Its options by its own word. */
  readonly help: string;
}

/** @param folder for what Node runs */
export async function gatewayPrograms({ runtimes, node, against }: Options, folder: string): Promise<GatewayProgram[]> {
  const programs: GatewayProgram[] = [];
  // All processes that this one starts inherit it; whoever has set it has koffi of his own.
  if (runtimes.includes("node") && process.env.NODE_PATH === undefined) process.env.NODE_PATH = koffiForNode(folder) ?? "";
  for (const runtime of runtimes) {
    for (const checkout of against === undefined ? [undefined] : [undefined, against]) {
      const output = join(folder, `${programs.length}`);
      mkdirSync(output);
      const starter = await bundleStarterOf({ program: sourceIn(checkout) }, runtime, node, output);
      programs.push({ starter, runtime, version: versionOf(starter), checkout, help: helpOf(starter) });
    }
  }
  return programs;
}

/**
 * The options that a choice needs; what a gateway does without an option is not asked for where it has none.
 *
 * @throws {RangeError} the gateway has no such option.
 */
export function choiceArguments({ help, checkout }: GatewayProgram, { transport, workers }: GatewayChoice): string[] {
  const words: string[] = [];
  const add = (option: string, value: string, isDefault: boolean): void => {
    if (help.includes(`${option} <`)) words.push(option, value);
    else if (!isDefault) throw new RangeError(`the gateway of ${checkout ?? "this checkout"} has no ${option}`);
  };
  if (transport !== undefined) add("--transport", transport, transport !== "batched");
  if (workers !== 1) add("--workers", `${workers}`, false);
  return words;
}

function sourceIn(checkout: string | undefined): URL {
  const top = checkout === undefined ? new URL("../../", import.meta.url) : pathToFileURL(resolve(checkout) + "/");
  return new URL(PROGRAM_SOURCE, top);
}

function helpOf({ command, arguments: words }: Starter): string {
  return execFileSync(command, [...words, "gateway", "--help"], { encoding: "utf8" });
}

function versionOf({ command }: Starter): string {
  const said = execFileSync(command, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim();
}
