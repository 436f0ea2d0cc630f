/**
 * The command line of `bench generator`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";
import { type ScenarioName, SCENARIOS } from "./protocol.ts";

const DEFAULT_SCENARIOS = "storm,resume";
const CLIENTS = 3_000;
const QUICK_CLIENTS = 100;
const MOST_CLIENTS = 20_000;
const PASSES = 8;
const MOST_PASSES = 100;
const SECONDS = 3;
const MOST_SECONDS = 60;

export const USAGE: string = `Usage: deno task bench generator [options]

What one resumption costs the generator of a load: processor time of its whole process, all threads, user and system, in microseconds.
The gateway is in another process and is no part of it. storm: the clients of ike-resume storm, of which all are lost and all come back
at once; resume: ike-resume load --scenario resume, each client over and over; outage: load --scenario outage, from when the gateway is
found gone until all are back. Every client has to come back by its ticket; after a storm all keys are compared with the gateway's. The
exit status is 1 if a client did not come back as it should, and 2 for bad options.

  --against REF         also measure another commit, in turn with this checkout, and print the ratio of that over this: how many times
                        as many resumptions a CPU-second this one makes. A commit without load is measured by its storm
  --runtime deno|node   what the generator runs on (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --scenarios NAME,…    ${SCENARIOS.join(", ")} (default: ${DEFAULT_SCENARIOS})
  --clients N           1 to ${MOST_CLIENTS} (default: ${CLIENTS})
  --passes N            passes that count, behind one that warms up (default: ${PASSES})
  --seconds N           how long a pass of resume is measured (default: ${SECONDS})
  --profile             print also where time goes, by function
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               ${QUICK_CLIENTS} clients, one pass: to see that it works, not for figures
  --help`;

export interface Options {
  readonly against: string | undefined;
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
  readonly scenarios: readonly ScenarioName[];
  readonly clients: number;
  readonly passes: number;
  readonly seconds: number;
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
      scenarios: { type: "string", default: DEFAULT_SCENARIOS },
      clients: { type: "string" },
      passes: { type: "string" },
      seconds: { type: "string" },
      profile: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { against, node, profile, json, quick, help } = values;
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined) throw new RangeError(`--runtime is ${values.runtime}, expected ${RUNTIMES.join(" or ")}`);
  const numberOr = (name: "clients" | "passes" | "seconds", most: number, usual: number): number => {
    const text = values[name];
    return text === undefined ? usual : wholeNumber(name, text, most);
  };
  return {
    against,
    runtime,
    node,
    scenarios: scenariosOf(values.scenarios),
    clients: numberOr("clients", MOST_CLIENTS, quick ? QUICK_CLIENTS : CLIENTS),
    passes: numberOr("passes", MOST_PASSES, quick ? 1 : PASSES),
    seconds: numberOr("seconds", MOST_SECONDS, quick ? 1 : SECONDS),
    profile,
    json,
    quick,
    help,
  };
}

function scenariosOf(text: string): ScenarioName[] {
  return [...new Set(text.split(","))].map((name) => {
    const known = SCENARIOS.find((scenario) => scenario === name);
    if (known === undefined) throw new RangeError(`--scenarios: ${name}, expected some of ${SCENARIOS.join(", ")}`);
    return known;
  });
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new RangeError(`--${option} is ${text}, expected a whole number from 1 to ${most}`);
}
