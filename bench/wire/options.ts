/**
 * The command line of `bench wire`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isProviderName } from "../../src/providers/mod.ts";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";
import { PROGRAM_SOURCE } from "./setting.ts";

const CLIENTS = 5_000;
const RESUMPTIONS = 50_000;
const FULL_EXCHANGES = 5_000;
const BURST = 64;
const QUICK = { clients: 150, resumptions: 300, fulls: 150 };
const MOST_CLIENTS = 50_000;
const MOST_RESUMPTIONS = 10_000_000;
/** Steps of a wave are bounded: more than this waits anyway. */
const LARGEST_BURST = 4_096;
const MOST_WORKERS = 64;
const MOST_REPETITIONS = 100;

const TRANSPORTS = ["auto", "dgram", "batched"];

export const USAGE: string = `Usage: deno task bench wire [options]

Resumptions and full exchanges over UDP on 127.0.0.1 (Linux): the gateway is the program \`ike-resume gateway\`, bundled as the npm package has
it, in a process of its own; the clients are in this one. What counts is the processor time of all threads of the gateway, user and system. For each combination, one gateway:
from its start to all clients back (cold); resumptions in bursts; all clients that keep coming (its capacity); one client at a time; the latency
at 25, 50, 75 and 100 % of the capacity; full exchanges in bursts. Every client's Child SA has to have the same keys at both ends.

  --runtime NAME,…      what gateways run on: deno, node, or both with a comma between (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --provider NAME,…     wasm, node, ts (default: wasm)
  --transport NAME,…    auto, dgram, batched (default: what the gateway takes by itself); needs a gateway that has the option
  --workers N,…         (default: 1); needs a gateway that has the option, unless it is 1
  --clients N           (default: ${CLIENTS})
  --resumptions N       in bursts; each client comes back several times (default: ${RESUMPTIONS})
  --fulls N             full exchanges (default: ${FULL_EXCHANGES})
  --burst N             clients that start in one moment, the next ones once all of them are back (default: ${BURST})
  --only NAME,…         of cold, burst, capacity, one, latency, full: those alone (default: all)
  --repeat N            each combination so often, in turns; medians (default: 1)
  --against FOLDER      another checkout, whose gateways are measured in turns with this one's
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               few clients: to see that it works, not for figures
  --help

Exit status: 0 if every client came back as it should, 1 if not or if a gateway ended, 2 for bad options.`;

export const PHASES = ["cold", "burst", "capacity", "one", "latency", "full"] as const;
export type Phase = typeof PHASES[number];

export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly node: string | undefined;
  readonly providers: readonly string[];
  /** `undefined`: whatever the gateway takes by itself. */
  readonly transports: readonly (string | undefined)[];
  readonly workers: readonly number[];
  readonly clients: number;
  readonly resumptions: number;
  readonly fulls: number;
  readonly burst: number;
  readonly phases: readonly Phase[];
  readonly repeat: number;
  readonly against: string | undefined;
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

/** @throws {Error} an option is unknown, or its value is. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runtime: { type: "string", default: runtimeHere() },
      node: { type: "string" },
      provider: { type: "string", default: "wasm" },
      transport: { type: "string" },
      workers: { type: "string", default: "1" },
      clients: { type: "string" },
      resumptions: { type: "string" },
      fulls: { type: "string" },
      burst: { type: "string", default: `${BURST}` },
      only: { type: "string", default: PHASES.join(",") },
      repeat: { type: "string", default: "1" },
      against: { type: "string" },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { node, against, json, quick, help } = values;
  const extent = quick ? QUICK : { clients: CLIENTS, resumptions: RESUMPTIONS, fulls: FULL_EXCHANGES };
  if (against !== undefined && !existsSync(join(against, PROGRAM_SOURCE))) {
    throw new RangeError(`--against is ${against}, expected the folder of a checkout: it has no ${PROGRAM_SOURCE}`);
  }
  return {
    runtimes: listOf("runtime", values.runtime, RUNTIMES),
    node,
    providers: providersOf(values.provider),
    transports: values.transport === undefined ? [undefined] : listOf("transport", values.transport, TRANSPORTS),
    workers: values.workers.split(",").map((text) => numberOf("workers", text, MOST_WORKERS)),
    clients: values.clients === undefined ? extent.clients : numberOf("clients", values.clients, MOST_CLIENTS),
    resumptions: values.resumptions === undefined
      ? extent.resumptions
      : numberOf("resumptions", values.resumptions, MOST_RESUMPTIONS),
    fulls: values.fulls === undefined ? extent.fulls : numberOf("fulls", values.fulls, MOST_RESUMPTIONS),
    burst: numberOf("burst", values.burst, LARGEST_BURST),
    phases: listOf("only", values.only, PHASES),
    repeat: numberOf("repeat", values.repeat, MOST_REPETITIONS),
    against,
    json,
    quick,
    help,
  };
}

function listOf<Name extends string>(option: string, text: string, allowed: readonly Name[]): Name[] {
  return text.split(",").map((word) => {
    const name = allowed.find((each) => each === word);
    if (name === undefined) throw new RangeError(`--${option}: ${word} is none of ${allowed.join(", ")}`);
    return name;
  });
}

function providersOf(text: string): string[] {
  const names = text.split(",");
  for (const name of names) if (!isProviderName(name)) throw new RangeError(`--provider: ${name} is none of wasm, node, ts`);
  return names;
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new RangeError(`--${option} is ${text}, expected a whole number from 1 to ${most}`);
}
