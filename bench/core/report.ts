/**
 * What `bench core` reports: over processes the median of what each measured. Times are microseconds.
 *
 * @module
 */
import { cpus } from "node:os";
import type { Measured } from "./measure.ts";
import { median } from "./median.ts";
import { NATIVE_NAMES } from "./native_peer.ts";
import type { NativeProgram } from "./native_program.ts";
import type { Session } from "./session.ts";

/** In the form of the JSON output. */
export interface CoreReport {
  readonly runtime: string;
  readonly cpu: string;
  /** Every output was compared before its time counted. */
  readonly checked: true;
  /** Too few rounds for figures. */
  readonly quick: boolean;
  /** In batches of 64; `null`: absent. */
  readonly us_per_resumption: Readonly<Record<string, number | null>>;
  /** The batch core's, by the size of its batches. */
  readonly by_batch: Readonly<Record<string, number>>;
  readonly ratio: {
    readonly vs_noble: number;
    /** The faster of node:crypto with and without hkdfSync. */
    readonly vs_node_best: number;
    /** The batch core over ring; the others are over the batch core. */
    readonly vs_native_ring: number | null;
    /** Throughput of two workers over that of one. */
    readonly two_workers: number;
  };
  readonly us_per_operation: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Least and most of the processes, by implementation. */
  readonly spread: Readonly<Record<string, readonly [number, number]>>;
  /** Which of several forms node:crypto was fastest with: of the first process. */
  readonly forms: Measured["forms"];
  readonly native: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly processes: number;
  readonly rounds: number;
  /** Count, and least and most octets of what is unequal. */
  readonly sessions: {
    readonly count: number;
    readonly ticket: readonly [number, number];
    readonly request: readonly [number, number];
    readonly response: readonly [number, number];
  };
}

export interface Circumstances {
  readonly quick: boolean;
  readonly rounds: number;
  readonly sessions: readonly Session[];
  readonly native: NativeProgram;
}

const DIGITS = 3;

/** @param measured of one process each, at least one */
export function coreReport(measured: readonly Measured[], circumstances: Circumstances): CoreReport {
  const [first] = measured;
  const { quick, rounds, sessions, native } = circumstances;
  const resumption = medians(measured.map(({ resumption }) => resumption));
  const absent = NATIVE_NAMES.filter((name) => !(name in resumption)).map((name) => [name, null]);
  const core = resumption["core"];
  const ring: number | undefined = resumption["native-ring"];
  return {
    runtime: first.runtime,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    checked: true,
    quick,
    us_per_resumption: { ...roundedAll(resumption), ...Object.fromEntries(absent) },
    by_batch: roundedAll(medians(measured.map(({ byBatch }) => byBatch))),
    ratio: {
      vs_noble: rounded(resumption["noble"] / core),
      vs_node_best: rounded(Math.min(resumption["node"], resumption["node-hkdf"]) / core),
      vs_native_ring: ring === undefined ? null : rounded(core / ring),
      two_workers: rounded(median(measured.map(({ twoWorkers }) => twoWorkers))),
    },
    us_per_operation: Object.fromEntries(
      Object.keys(first.operations).map((operation) => [
        operation,
        roundedAll(medians(measured.map(({ operations }) => operations[operation]))),
      ]),
    ),
    spread: Object.fromEntries(
      Object.keys(first.resumption).map((name) => [name, extremes(measured.map(({ resumption }) => resumption[name]))]),
    ),
    forms: first.forms,
    native: "path" in native ? "built" : `absent: ${native.absent}`,
    versions: first.versions,
    processes: measured.length,
    rounds,
    sessions: {
      count: sessions.length,
      ticket: extremes(sessions.map(({ ticket }) => ticket.length)),
      request: extremes(sessions.map(({ request }) => request.length)),
      response: extremes(sessions.map(({ expected }) => expected.response.length)),
    },
  };
}

function medians(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(records[0]);
  return Object.fromEntries(names.map((name) => [name, median(records.map((record) => record[name]))]));
}

function extremes(values: readonly number[]): [number, number] {
  return [rounded(Math.min(...values)), rounded(Math.max(...values))];
}

function roundedAll(record: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, rounded(value)]));
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}
