/**
 * What a load comes to, as JSON. Names and shapes stay: programs read them.
 *
 * @module
 */
import type { Operation } from "./load_outcome.ts";

/** Milliseconds, from when a client should have begun. */
export interface LatencyReport {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface OperationReport {
  readonly succeeded: number;
  readonly failed: number;
  readonly per_s: number;
  /** `null`: none succeeded. */
  readonly latency_ms: LatencyReport | null;
}

/** What happened in one second of the load. */
export interface LoadSecond {
  readonly second: number;
  readonly begun: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
}

/** By kind, the most frequent first. */
export interface LoadFailures {
  readonly [kind: string]: { readonly count: number; readonly example: string };
}

/** How the generator itself fared: whether it, and not the gateway, was what took time. */
export interface GeneratorReport {
  /** Processor time over wall time: 1 is a whole core. */
  readonly cpu_share: number;
  /** How late turns began, in milliseconds; `null`: none had a time of its own. */
  readonly lag_ms: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly turns_left_out: number;
  readonly warnings: readonly string[];
}

export interface ThresholdReport {
  readonly threshold: string;
  /** `null`: there was nothing to judge by, which counts as missed. */
  readonly value: number | null;
  readonly held: boolean;
}

export interface LoadReport {
  readonly target: string;
  readonly scenario: string;
  readonly clients: number;
  readonly seed: number;
  readonly runtime: string;
  readonly cpu: string;
  readonly started_at: string;
  readonly seconds: number;
  /** Ended before its time by its owner. */
  readonly interrupted: boolean;
  readonly operations: { readonly [Name in Operation]?: OperationReport };
  readonly failed: number;
  readonly failures: LoadFailures;
  /** Of an outage: how long the gateway was away, and until all clients were back, in milliseconds; `null`: it did not come to that. */
  readonly outage?: { readonly away_ms: number | null; readonly all_back_ms: number | null; readonly back: number };
  readonly series: readonly LoadSecond[];
  readonly generator: GeneratorReport;
  readonly thresholds: readonly ThresholdReport[];
}
