/**
 * `load --plan`: a load of several machines. Each reads the same file, and does its share of what all of them are told.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parse } from "smol-toml";
import * as v from "valibot";
import type { Portion } from "../load/generator/portion.ts";
import { messageOf } from "../store/owners_file.ts";
import { UsageError } from "./exit_status.ts";
import { moment } from "./load_options.ts";

const LARGEST_FILE = 1_048_576;
const MOST_MACHINES = 1_000;

const plan = v.strictObject({
  /** When all begin. */
  start_at: v.optional(v.union([v.pipe(v.string(), v.transform(moment)), v.date()])),
  /** By name, how much of the load each has, to the others. */
  machines: v.pipe(
    v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000))),
    v.check((machines) => Object.keys(machines).length > 0 && Object.keys(machines).length <= MOST_MACHINES),
  ),
});

export interface OwnPlan {
  readonly machine: string;
  readonly portion: Portion;
  readonly startAt?: Date;
}

/** @throws {UsageError} the file cannot be read, is not what is expected, or does not name this machine */
export function readPlan(path: string, machine: string = hostname()): OwnPlan {
  const { start_at, machines } = checked(path);
  const names = Object.keys(machines);
  if (!names.includes(machine)) {
    throw new UsageError(`--plan: ${path}: no machine ${machine}, expected --machine with one of ${names.join(", ")}`);
  }
  const before = names.slice(0, names.indexOf(machine)).reduce((sum, name) => sum + machines[name], 0);
  const of = Object.values(machines).reduce((sum, weight) => sum + weight, 0);
  const portion = { first: before, end: before + machines[machine], of };
  return { machine, portion, ...(start_at && { startAt: start_at }) };
}

function checked(path: string): v.InferOutput<typeof plan> {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length > LARGEST_FILE) throw new RangeError(`${text.length} octets, expected at most ${LARGEST_FILE}`);
    return v.parse(plan, path.endsWith(".json") ? JSON.parse(text) : parse(text), { abortEarly: true });
  } catch (error) {
    const place = error instanceof v.ValiError ? `${v.getDotPath(error.issues[0]) ?? "the whole"}: ` : "";
    const expected = error instanceof v.ValiError ? ", expected start_at and machines, each with a weight from 1 to 1000" : "";
    throw new UsageError(`--plan: ${path}: ${place}${messageOf(error)}${expected}`);
  }
}

/** A line about the start, for people, with what is known of this machine's clock. */
export function startLine(startAt: Date, nowMs: number): string {
  const seconds = ((startAt.getTime() - nowMs) / 1_000).toFixed(1);
  return `begins at ${startAt.toISOString()}, ${seconds} s from now by this machine's clock, which ${clockWords()}`;
}

/** systemd's word, where there is one: whether the kernel takes the clock for synchronized. */
function clockWords(): string {
  const { stdout } = spawnSync("timedatectl", ["show", "--property=NTPSynchronized", "--value"], {
    encoding: "utf8",
    timeout: 2_000,
  });
  switch (stdout?.trim()) {
    case "yes":
      return "is kept in step by NTP";
    case "no":
      return "nobody keeps in step (NTP): machines may begin apart";
    default:
      return "may differ from those of others: nothing is known of NTP here";
  }
}
