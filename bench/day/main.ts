/**
 * Whether a gateway keeps its memory over a day. Prints one JSON object; the exit status is 0 only if its memory after a collection has not grown
 * with what it has served, and everything that it kept of clients is gone after them; 2 for bad options.
 *
 * Run: deno task soak:day [--hours 24] [--users 48] [--seed 1] [--leak 0] [--json]
 *
 * `--leak`: octets that are kept of each handshake on purpose, to see that the measure finds them. `--json`: nothing on standard error
 * while it runs.
 *
 * The engine has to let programs collect, and should compile nothing beside what it interprets: machine code that it makes after hours is no
 * leak, and hides one. The task starts it so.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { day, type DayOptions } from "./day.ts";
import { dayReport } from "./day_report.ts";

const EXIT_USAGE = 2;
const MOST_HOURS = 1_000;
const MOST_USERS = 1_000;
const HIGHEST_SEED = 0xffff_ffff;
const MOST_LEAKED = 1 << 20;

const report = dayReport(await day(statedOptions()));
console.log(JSON.stringify(report));
process.exit(report.faults.length === 0 ? 0 : 1);

function statedOptions(): DayOptions {
  try {
    return parsedOptions();
  } catch (error) {
    console.error(`day soak: ${error instanceof Error ? error.message : error}`);
    process.exit(EXIT_USAGE);
  }
}

function parsedOptions(): DayOptions {
  const { values } = parseArgs({
    options: {
      hours: { type: "string", default: "24" },
      users: { type: "string", default: "48" },
      seed: { type: "string", default: "1" },
      leak: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    // The first two are not judged, and of the others two are compared at least.
    hours: whole("hours", values.hours, 4, MOST_HOURS),
    users: whole("users", values.users, 3, MOST_USERS),
    seed: whole("seed", values.seed, 0, HIGHEST_SEED),
    leak: whole("leak", values.leak, 0, MOST_LEAKED),
    note: (line) => values.json || console.error(line),
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`--${name} is "${text}", expected a whole number from ${least} to ${most}`);
  }
  return value;
}
