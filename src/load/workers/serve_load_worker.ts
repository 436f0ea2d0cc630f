/**
 * The load of one worker, in its own process: begun when its load says so, and told second by second.
 *
 * @module
 */
import process from "node:process";
import { readJsonLines } from "../control_protocol.ts";
import { type LoadOptions, runLoad } from "../generator/load.ts";
import { Recorder } from "../generator/recorder.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/**
 * Resolves when all is told.
 *
 * @param all How many clients the whole load has.
 * @throws as `load` does
 */
export async function serveLoadWorker(options: Omit<LoadOptions, "signal" | "whenToBegin">, all: number): Promise<void> {
  const stop = new AbortController();
  const begin = Promise.withResolvers<number>();
  const hear = (message: ToWorker) => {
    if ("begin" in message) return begin.resolve(performance.now() + message.begin - Date.now());
    stop.abort();
    begin.resolve(performance.now());
  };
  // Whoever is without its load has nobody to work for.
  readJsonLines(process.stdin, (line) => hear(line as ToWorker), () => process.exit(1));
  // Ctrl-C reaches the whole foreground group: its load decides, and tells by its standard input.
  process.on("SIGINT", () => {});
  const whenToBegin = () => {
    say({ ready: { all, own: options.clients } });
    return begin.promise;
  };
  const observer = {
    second: (_: unknown, second: Extract<FromWorker, { second: unknown }>["second"]) => say({ second }),
    note: (note: string) => say({ note }),
  };
  const result = await runLoad({ ...options, whenToBegin, signal: stop.signal }, observer, new Recorder());
  await new Promise<void>((resolve) =>
    process.stdout.write(`${JSON.stringify({ result } satisfies FromWorker)}\n`, () => resolve())
  );
}

function say(message: FromWorker): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
