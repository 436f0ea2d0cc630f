/**
 * How a load generator itself fares: a generator that is the bottleneck measures itself.
 *
 * @module
 */
import process from "node:process";
import { type LatencyCounts, LatencyHistogram } from "./latency_histogram.ts";
import type { GeneratorReport, WorkerReport } from "./load_report.ts";

/** From this share of a core on, times are the generator's as much as the gateway's. */
const BUSY_SHARE = 0.85;
/** A schedule that is so late begins turns together that were to come one by one. */
const LATE_MS = 50;

/** What one process tells of itself, so that it can be added up. */
export interface OwnDetail {
  /** Processor time over wall time. */
  readonly cpu_share: number;
  /** How late its turns began. */
  readonly lag_us: LatencyCounts;
}

export class OwnShare {
  readonly #lag = new LatencyHistogram();
  readonly #cpu = process.cpuUsage();
  readonly #startedMs = performance.now();

  /** A turn began so much later than it was to. */
  late(milliseconds: number): void {
    this.#lag.record(milliseconds);
  }

  get detail(): OwnDetail {
    const { user, system } = process.cpuUsage(this.#cpu);
    const share = (user + system) / 1_000 / Math.max(1, performance.now() - this.#startedMs);
    return { cpu_share: share, lag_us: this.#lag.counts };
  }
}

/** @param processes of which each may have a core of its own */
export function generatorReport(
  processes: readonly OwnDetail[],
  turnsLeftOut: number,
  workers?: readonly WorkerReport[],
): GeneratorReport {
  const lag = new LatencyHistogram();
  for (const { lag_us } of processes) lag.add(lag_us);
  const share = processes.reduce((sum, { cpu_share }) => sum + cpu_share, 0);
  const busiest = Math.max(0, ...processes.map(({ cpu_share }) => cpu_share));
  const lagMs = lag.count === 0
    ? null
    : { p50: lag.percentileMs(50)!, p99: lag.percentileMs(99)!, max: lag.percentileMs(100)! };
  const who = processes.length > 1 ? "a process of this generator" : "this generator";
  const warnings = [
    ...(busiest > BUSY_SHARE
      ? [`${who} took ${Math.round(100 * busiest)} % of a core: times may be its own, take more --workers or machines`]
      : []),
    ...(lagMs && lagMs.p99 > LATE_MS
      ? [`turns began up to ${lagMs.p99} ms late (p99): the rate was not what was asked for`]
      : []),
    ...(workers ?? []).flatMap(({ lost }, index) =>
      lost === undefined ? [] : [`worker ${index + 1} ended by ${lost}: its clients are missing from then on`]
    ),
    ...(turnsLeftOut > 0 ? [`${turnsLeftOut} turns had no client free: more --clients would have taken them`] : []),
  ];
  const cpu_share = Math.round(100 * share) / 100;
  return { cpu_share, lag_ms: lagMs, turns_left_out: turnsLeftOut, warnings, ...(workers && { workers }) };
}
