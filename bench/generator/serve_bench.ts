/**
 * The measured process's side: does what it is told, one thing after the other.
 *
 * @module
 */
import process from "node:process";
import { readJsonLines } from "../../src/load/control_protocol.ts";
import type { Command, GeneratorSetting, Pass, Said } from "./protocol.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Starts and stops the watch around what is measured. */
export type Serve = (
  command: Command,
  watch: Stopwatch,
  say: (said: Said) => void,
) => Promise<Omit<Pass, "userUs" | "systemUs">>;

/** The setting is its last argument. It ends when the bench does. */
export async function serveBench(open: (setting: GeneratorSetting) => Promise<Serve>): Promise<void> {
  const say = (said: Said) => void process.stdout.write(`${JSON.stringify(said)}\n`);
  const serve = await open(JSON.parse(process.argv.at(-1)!) as GeneratorSetting);
  readJsonLines(process.stdin, async (line) => {
    const command = line as Command;
    try {
      const watch = new Stopwatch(command.profile ?? false);
      const pass = await serve(command, watch, say);
      say({ ...pass, ...await watch.result() });
    } catch (error) {
      say({ wrong: error instanceof Error ? error.message : String(error) });
    }
  }, () => process.exit(0));
  const { deno, node } = process.versions as { readonly deno?: string; readonly node: string };
  say({ runtime: deno === undefined ? `node ${node}` : `deno ${deno}` });
}
