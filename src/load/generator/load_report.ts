/**
 * What a load comes to, as JSON. Names and shapes stay: programs read them.
 *
 * @module
 */
import type { Operation } from "./load_outcome.ts";
import type { LoadResult } from "./load_result.ts";
import type { Portion } from "./portion.ts";
import type { SecondDetail } from "./recorder.ts";

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
  /** Latencies by buckets: the upper bound of each in milliseconds, and how many are in it; none that is empty. */
  readonly histogram: readonly (readonly [number, number])[];
}

/** What happened in one second of the load. */
export interface LoadSecond {
  readonly second: number;
  readonly begun: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  /** Clients that were up when the second ended. */
  readonly up: number;
  /** Cores that the gateway's process took; `null`: it was not there. Absent: nobody said which process it is. */
  readonly gateway_cpu?: number | null;
}

/** By kind, the most frequent first. */
export interface LoadFailures {
  readonly [kind: string]: { readonly count: number; readonly example: string };
}

/** What the gateway's process took, where it is known which one that is. */
export interface GatewayReport {
  readonly cpu_s: number;
  /** In microseconds, by everything that succeeded; `null`: nothing did. */
  readonly cpu_us_per_success: number | null;
}

/** How the generator itself fared: whether it, and not the gateway, was what took time. */
export interface GeneratorReport {
  /** Processor time over wall time: 1 is a whole core. */
  readonly cpu_share: number;
  /** How late turns began, in milliseconds; `null`: none had a time of its own. */
  readonly lag_ms: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly turns_left_out: number;
  readonly warnings: readonly string[];
  /** Of each process, where there were several: `cpu_share` above is their sum, `lag_ms` is over all of them. */
  readonly workers?: readonly WorkerReport[];
}

/** How one process of the generator fared. */
export interface WorkerReport {
  readonly clients: number;
  /** `null`: it ended before it told. */
  readonly cpu_share: number | null;
  readonly lag_p99_ms: number | null;
  /** How it ended, where that was before its time. */
  readonly lost?: string;
}

/** In milliseconds; `null`: it did not come to that. */
export interface OutageReport {
  /** From the start of the load until the gateway was found to be away. */
  readonly away_at_ms: number | null;
  /** From then until the first client was back. */
  readonly away_ms: number | null;
  /** From then until the last client was back. */
  readonly all_back_ms: number | null;
  readonly back: number;
}

export interface ThresholdReport {
  readonly threshold: string;
  /** `null`: there was nothing to judge by, which counts as missed. */
  readonly value: number | null;
  readonly held: boolean;
}

/** Hostile datagrams of one kind, beside the load. */
export interface HostileFlowReport {
  readonly kind: string;
  /** Datagrams a second that were asked for, and that were sent, answers to cookies among them. */
  readonly rate: number;
  readonly per_s: number;
  readonly sent: number;
  /** What the gateway answered. */
  readonly answers: number;
  /** How late they were sent. */
  readonly lag_p99_ms: number | null;
}

/** What an operation kept beside hostile datagrams; `null`: there was nothing to compare with. */
export interface KeptReport {
  /** How many succeeded, as a share of those without them: of the same beginnings, or in the same time. */
  readonly share: number | null;
  /** How many times as long as without them. */
  readonly p50_times: number | null;
  readonly p99_times: number | null;
}

export interface HostileReport {
  readonly flows: readonly HostileFlowReport[];
  /** The same load without them, before. */
  readonly without: Pick<LoadReport, "operations" | "failed">;
  readonly kept: { readonly [Name in Operation]?: KeptReport };
}

/** What one machine of several did, in such a form that it can be added to what the others did. */
export interface PartReport {
  readonly machine: string;
  readonly portion: Portion;
  readonly seconds: readonly SecondDetail[];
  /** Of each of its processes. */
  readonly results: readonly LoadResult[];
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
  readonly outage?: OutageReport;
  readonly series: readonly LoadSecond[];
  readonly gateway?: GatewayReport;
  readonly generator: GeneratorReport;
  readonly thresholds: readonly ThresholdReport[];
  readonly part?: PartReport;
  readonly hostile?: HostileReport;
}
