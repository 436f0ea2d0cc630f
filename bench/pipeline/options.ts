/**
 * The command line of `bench pipeline`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { ProviderName } from "../../src/crypto/provider.ts";
import { isProviderName, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";

/** At which providers are compared, and cold and warm. */
export const COMPARED_WAVE = 64;

const WAVES = [1, 4, 16, COMPARED_WAVE, 256];
const CLIENTS = 2_048;
const QUICK_CLIENTS = 128;
const MOST_CLIENTS = 8_000;
const PROCESSES = 5;
const MOST_PROCESSES = 100;
const PASSES = 3;
const MOST_PASSES = 100;
const WIDEST_WAVE = 4_096;

export const USAGE: string = `Usage: deno task bench pipeline [options]

What one resumption costs a whole gateway in memory: both exchanges, Child SA, next ticket, the memory store; datagram in to datagram
out, without sockets. Times are of the processor, all threads of the gateway's process, in microseconds a resumption. The gateway is in
a process of its own, the clients in this one; every client's keys are compared with the gateway's before its time counts. A wave is
how many messages arrive together. Medians over passes, providers in turn, several processes. The exit status is 1 if a client did not
come back as it should, and 2 for bad options.

  --against REF         also measure another commit, in turn with this checkout, and print the ratio of this over that
  --runtime deno|node   what the gateway runs on (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --providers NAME,…    wasm, node, ts (default: all)
  --waves N,…           waves for the first provider, 1 to ${WIDEST_WAVE} (default: ${
  WAVES.join(",")
}; ${COMPARED_WAVE} is always among them)
  --clients N           clients of one pass, ${COMPARED_WAVE} to ${MOST_CLIENTS} (default: ${CLIENTS})
  --no-lane             all goes through the steps, plain resumptions too
  --steady              the gateway stays the same from pass to pass, as in days of service, and each client takes the place of its
                        own IKE SA. Without it a new gateway, which remembers nothing, is made before each pass in the same process,
                        and the runtime compiles much of it anew
  --processes N         processes of each gateway (default: ${PROCESSES})
  --passes N            passes in each process that count, behind two that warm up (default: ${PASSES})
  --profile             print also where time goes, by room and by function, and who allocates
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               ${QUICK_CLIENTS} clients, one process, one pass: to see that it works, not for figures
  --help`;

export interface Options {
  readonly against: string | undefined;
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
  readonly providers: readonly ProviderName[];
  readonly waves: readonly number[];
  readonly clients: number;
  readonly lane: boolean;
  readonly steady: boolean;
  readonly processes: number;
  readonly passes: number;
  readonly profile: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

/** @throws {Error} an option is unknown, or its value is. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      against: { type: "string" },
      runtime: { type: "string", default: runtimeHere() },
      node: { type: "string" },
      providers: { type: "string", default: PROVIDER_NAMES.join(",") },
      waves: { type: "string", default: WAVES.join(",") },
      clients: { type: "string" },
      "no-lane": { type: "boolean", default: false },
      steady: { type: "boolean", default: false },
      processes: { type: "string" },
      passes: { type: "string" },
      profile: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { against, node, steady, profile, json, quick, help } = values;
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined) throw new RangeError(`--runtime is ${values.runtime}, expected ${RUNTIMES.join(" or ")}`);
  const waves = values.waves.split(",").map((text) => wholeNumber("waves", text, 1, WIDEST_WAVE));
  const numberOr = (name: "clients" | "processes" | "passes", least: number, most: number, usual: number): number => {
    const text = values[name];
    return text === undefined ? usual : wholeNumber(name, text, least, most);
  };
  return {
    against,
    runtime,
    node,
    providers: providersOf(values.providers),
    waves: [...new Set([COMPARED_WAVE, ...waves])].sort((one, other) => one - other),
    clients: numberOr("clients", COMPARED_WAVE, MOST_CLIENTS, quick ? QUICK_CLIENTS : CLIENTS),
    lane: !values["no-lane"],
    steady,
    processes: numberOr("processes", 1, MOST_PROCESSES, quick ? 1 : PROCESSES),
    passes: numberOr("passes", 1, MOST_PASSES, quick ? 1 : PASSES),
    profile,
    json,
    quick,
    help,
  };
}

function providersOf(text: string): ProviderName[] {
  return [...new Set(text.split(","))].map((name) => {
    if (!isProviderName(name)) {
      throw new RangeError(`--providers: ${name} is no provider, expected ${PROVIDER_NAMES.join(", ")}`);
    }
    return name;
  });
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${option} is ${text}, expected a whole number from ${least} to ${most}`);
}
