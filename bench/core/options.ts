/**
 * The command line of `bench core`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";

export const USAGE = `Usage: deno task bench core [options]

The cryptography of one resumption at the gateway, over implementations: interleaved in several processes, medians, each output
compared before its time counts. The exit status is 1 if an output was wrong, and 2 for bad options.

  --runtime deno|node   what the measured processes run on (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               few rounds in one process: to see that it works, not for figures
  --sessions FILE       take the sessions from a file that --write-sessions wrote
  --write-sessions FILE write the sessions to a file, and end
  --help`;

export interface Options {
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
  readonly json: boolean;
  readonly quick: boolean;
  readonly sessions: string | undefined;
  readonly writeSessions: string | undefined;
  readonly help: boolean;
}

/** @throws {Error} an option is unknown, or its value is. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runtime: { type: "string", default: runtimeHere() },
      node: { type: "string" },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      sessions: { type: "string" },
      "write-sessions": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined) throw new RangeError(`--runtime is ${values.runtime}, expected ${RUNTIMES.join(" or ")}`);
  const { node, json, quick, sessions, help } = values;
  return { runtime, node, json, quick, sessions, writeSessions: values["write-sessions"], help };
}
