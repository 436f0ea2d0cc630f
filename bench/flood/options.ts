/**
 * The command line of `bench flood`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runtimeHere, type RuntimeName, RUNTIMES } from "../runtimes.ts";
import { ATTACK_KINDS } from "./kinds.ts";

const RATIOS = [1, 5, 20];
const QUICK_RATIOS = [5];
const SECONDS = 10;
const QUICK_SECONDS = 1;
const QUICK_RATE = 20;
/** A client each, which a full exchange brings up: more take too long. */
const MOST_RESUMPTIONS = 20_000;
const HIGHEST_RATE = 2_000;
const HIGHEST_RATIO = 100;
const MOST_SECONDS = 60;
const LONGEST_STORE_DELAY_MS = 100;

const LONGEST_NAME = Math.max(...ATTACK_KINDS.map(({ name }) => name.length));

export const USAGE: string = `Usage: deno task bench flood [options]

How much of its service a gateway keeps up under an attack: clients come back by IKE_SESSION_RESUME at a steady rate, while hostile
datagrams come at a multiple of it. Gateway, clients and attacker have processes of their own, on 127.0.0.0/8 of this machine (Linux),
and a gateway is new for each point: all kinds and ratios take some twenty minutes. A client that should have started counts from
then; it is kept if by its own word it resumed, with a Child SA and a next ticket, within 5 seconds.

  --runtime deno|node   what the gateway runs on (default: deno)
  --node COMMAND        the Node to take (default: node on the path from version 22 on, else node@24 from npm)
  --kinds NAME,…        kinds of attack (default: all)
  --ratios N,…          hostile datagrams for each resumption (default: ${RATIOS.join(",")})
  --rate N              resumptions a second (default: what this machine can send 20 times of with half a core, at most 250)
  --seconds N           how long each attack lasts (default: ${SECONDS})
  --store-delay MS      how much later the gateway's store answers, as one over a network does: 0 to 100 (default: 0)
  --json                one JSON object on standard output, and nothing on standard error while it runs
  --quick               one ratio, one second, ${QUICK_RATE} resumptions a second: to see that it works, not for figures
  --help

Exit status: 0 if at least 90 % was kept in every point (with --quick: whatever was kept), 1 if less in a point that counts, or if a gateway or
an attacker ended, 2 for bad options, 3 if less was kept only where the machine was too busy for a verdict.

Kinds:
${ATTACK_KINDS.map(({ name, what }) => `  ${name.padEnd(LONGEST_NAME)}  ${what}`).join("\n")}`;

export interface Options {
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
  readonly kinds: readonly string[];
  readonly ratios: readonly number[];
  /** Resumptions a second; `undefined`: by calibration. */
  readonly rate: number | undefined;
  readonly seconds: number;
  /** Milliseconds. */
  readonly storeDelay: number;
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
      kinds: { type: "string" },
      ratios: { type: "string" },
      rate: { type: "string" },
      seconds: { type: "string" },
      "store-delay": { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { node, json, quick, help } = values;
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined) throw new RangeError(`--runtime is ${values.runtime}, expected ${RUNTIMES.join(" or ")}`);
  const rate = values.rate === undefined ? (quick ? QUICK_RATE : undefined) : numberOf("rate", values.rate, HIGHEST_RATE);
  const seconds = values.seconds === undefined
    ? (quick ? QUICK_SECONDS : SECONDS)
    : numberOf("seconds", values.seconds, MOST_SECONDS);
  if ((rate ?? 0) * seconds > MOST_RESUMPTIONS) {
    throw new RangeError(`--rate by --seconds is ${rate! * seconds} resumptions, expected at most ${MOST_RESUMPTIONS}`);
  }
  const ratios = values.ratios?.split(",").map((text) => numberOf("ratios", text, HIGHEST_RATIO));
  return {
    runtime,
    node,
    json,
    quick,
    help,
    rate,
    seconds,
    storeDelay: values["store-delay"] === "0" ? 0 : numberOf("store-delay", values["store-delay"], LONGEST_STORE_DELAY_MS),
    kinds: values.kinds === undefined ? ATTACK_KINDS.map(({ name }) => name) : kindsOf(values.kinds),
    ratios: ratios ?? (quick ? QUICK_RATIOS : RATIOS),
  };
}

function kindsOf(text: string): string[] {
  const names = text.split(",");
  for (const name of names) {
    if (!ATTACK_KINDS.some((kind) => kind.name === name)) throw new RangeError(`--kinds: ${name} is no kind of attack`);
  }
  return names;
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new RangeError(`--${option} is ${text}, expected a whole number from 1 to ${most}`);
}
