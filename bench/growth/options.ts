/**
 * The command line of `bench growth`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { ProviderName } from "../../src/crypto/provider.ts";
import { isProviderName, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";

const POINTS = [1_000, 10_000, 100_000];
const FULL_POINTS = [...POINTS, 1_000_000];
const QUICK_POINTS = [100, 300];
/** What a gateway takes by default. */
const MOST_SAS = 1_000_000;
const LEAST_SAS = 10;

export const USAGE: string = `Usage: deno task bench growth [options]

What one resumption costs a whole gateway in memory, and what one IKE SA takes of it, when so many are up: clients come back one after
the other by tickets that this bench seals itself, each to an IKE SA with a Child SA and a next ticket. At each point some of them, spread
over all, come back once more, which takes the place of what they had. Every client's keys are compared with the gateway's. Times are of
the processor, all threads of the gateway's process; memory is what is left after a collection of garbage. The exit status is 1 if a
client did not come back as it should, and 2 for bad options.

  --points N,…          how many IKE SAs are up, ${LEAST_SAS} to ${MOST_SAS} (default: ${POINTS.join(",")})
  --full                the same and ${MOST_SAS}: some GB of memory, and many minutes
  --runtime deno|node   what the gateway runs on (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --provider NAME       wasm, node or ts (default: wasm)
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               ${QUICK_POINTS.join(" and ")} IKE SAs: to see that it works, not for figures
  --help`;

export interface Options {
  /** Ascending. */
  readonly points: readonly number[];
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
  readonly provider: ProviderName;
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

/** @throws {Error} an option is unknown, or its value is. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      points: { type: "string" },
      full: { type: "boolean", default: false },
      runtime: { type: "string", default: runtimeHere() },
      node: { type: "string" },
      provider: { type: "string", default: PROVIDER_NAMES[0] },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { full, node, provider, json, quick, help } = values;
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined) throw new RangeError(`--runtime is ${values.runtime}, expected ${RUNTIMES.join(" or ")}`);
  if (!isProviderName(provider)) {
    throw new RangeError(`--provider: ${provider} is no provider, expected ${PROVIDER_NAMES.join(", ")}`);
  }
  const points = values.points?.split(",").map(pointOf) ?? (full ? FULL_POINTS : quick ? QUICK_POINTS : POINTS);
  return {
    points: [...new Set(points)].sort((one, other) => one - other),
    runtime,
    node,
    provider,
    json,
    quick,
    help,
  };
}

function pointOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= LEAST_SAS && value <= MOST_SAS) return value;
  throw new RangeError(`--points: ${text}, expected whole numbers from ${LEAST_SAS} to ${MOST_SAS}`);
}
