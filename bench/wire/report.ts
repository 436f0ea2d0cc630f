/**
 * What `bench wire` reports.
 *
 * @module
 */
import type { LatencySummary } from "../../src/load/latency.ts";
import { roundTo } from "../../src/load/storm_report.ts";
import { median } from "../core/median.ts";
import { gatewayShare, generatorShare, type LatencyAt, perCpuSecond, perSecond, type Seen } from "./phases.ts";
import type { RuntimeName } from "../runtimes.ts";

/** In the form of the JSON output. */
export interface WireReport {
  readonly cpu: string;
  /** What the clients run on. */
  readonly generator: string;
  /** Too little for figures. */
  readonly quick: boolean;
  readonly clients: number;
  readonly resumptions: number;
  readonly fulls: number;
  readonly burst: number;
  readonly repeat: number;
  readonly runs: readonly WireRun[];
}

/** One combination. A figure is `null` where it was not asked for. */
export interface WireRun {
  readonly runtime: RuntimeName;
  readonly runtime_version: string;
  /** The folder that was given with `--against`; `null`: this checkout. */
  readonly checkout: string | null;
  /** By the gateway's own word. */
  readonly transport: string;
  readonly provider: string;
  readonly workers: number;
  /** In bursts, over the processor time of all threads of the gateway. */
  readonly resumptions_per_cpu_s: number | null;
  readonly fulls_per_cpu_s: number | null;
  /** By the clock, with all clients that keep coming. */
  readonly resumptions_per_s: number | null;
  /** Processor time of the gateway for a resumption, one client at a time, in microseconds. */
  readonly one_at_a_time_us: number | null;
  /** From the start of the gateway's process to all clients back, in seconds. */
  readonly cold_s: number | null;
  /** Of that, until it listened. */
  readonly start_s: number | null;
  /** Processor time of the gateway in `cold_s`, start included. */
  readonly cold_cpu_s: number | null;
  /** What the clients used of a core while the capacity was measured. Near 1 they, not the gateway, are what was measured. */
  readonly generator_cpu_share: number | null;
  /** What the gateway used of cores at that time. */
  readonly gateway_cpu_share: number | null;
  /** What else ran on the machine, in cores: above some 0.3 all figures suffer, those by the clock most. */
  readonly other_load: number;
  /** Clients that did not come back, or otherwise than they should have. */
  readonly lost: number;
  /** One client at a time, in milliseconds. */
  readonly one_at_a_time_latency_ms: LatencySummary | null;
  readonly latency: readonly LatencyAt[];
  /** Of the gateway in the bursts, on average. */
  readonly datagrams_per_wave: number | null;
}

export interface ColdSeen {
  readonly startMs: number;
  readonly wallMs: number;
  readonly cpuUs: number;
}

/** What one gateway gave; phases that were not asked for are not there. */
export interface Observed {
  readonly cold?: ColdSeen;
  readonly burst?: Seen;
  readonly capacity?: Seen;
  readonly one?: { readonly seen: Seen; readonly latency_ms: LatencySummary | null };
  readonly latency?: readonly LatencyAt[];
  readonly full?: Seen;
  readonly lost: number;
}

/** Who it was that gave it. */
export type Identified = Pick<WireRun, "runtime" | "runtime_version" | "checkout" | "transport" | "provider" | "workers">;

/** Above this share of a core, a process that has one thread for it can do no more. */
const BUSY_SHARE = 0.9;
const SECOND_MS = 1_000;
const SECOND_US = 1_000_000;

/** @param otherLoad in cores */
export function runOf(who: Identified, observed: Observed, otherLoad: number): WireRun {
  const { cold, burst, capacity, one, latency, full, lost } = observed;
  return {
    ...who,
    resumptions_per_cpu_s: burst === undefined ? null : perCpuSecond(burst),
    fulls_per_cpu_s: full === undefined ? null : perCpuSecond(full),
    resumptions_per_s: capacity === undefined ? null : perSecond(capacity),
    one_at_a_time_us: one === undefined ? null : roundTo(one.seen.gatewayUs / one.seen.exchanges, 1),
    cold_s: cold === undefined ? null : roundTo(cold.wallMs / SECOND_MS, 3),
    start_s: cold === undefined ? null : roundTo(cold.startMs / SECOND_MS, 3),
    cold_cpu_s: cold === undefined ? null : roundTo(cold.cpuUs / SECOND_US, 3),
    generator_cpu_share: capacity === undefined ? null : roundTo(generatorShare(capacity), 2),
    gateway_cpu_share: capacity === undefined ? null : roundTo(gatewayShare(capacity), 2),
    other_load: roundTo(otherLoad, 2),
    lost,
    one_at_a_time_latency_ms: one === undefined ? null : roundedLatency(one.latency_ms),
    latency: (latency ?? []).map((point) => ({ ...point, latency_ms: roundedLatency(point.latency_ms) })),
    datagrams_per_wave: burst === undefined ? null : roundTo(burst.datagramsPerWave, 1),
  };
}

/** Each figure's median over repetitions; what was lost is the sum. */
export function medianRun(runs: readonly WireRun[]): WireRun {
  const [first] = runs;
  const of = (field: (run: WireRun) => number | null): number | null => {
    const values = runs.map(field).filter((value) => value !== null);
    return values.length === 0 ? null : median(values);
  };
  return {
    ...first,
    resumptions_per_cpu_s: of((run) => run.resumptions_per_cpu_s),
    fulls_per_cpu_s: of((run) => run.fulls_per_cpu_s),
    resumptions_per_s: of((run) => run.resumptions_per_s),
    one_at_a_time_us: of((run) => run.one_at_a_time_us),
    cold_s: of((run) => run.cold_s),
    start_s: of((run) => run.start_s),
    cold_cpu_s: of((run) => run.cold_cpu_s),
    generator_cpu_share: of((run) => run.generator_cpu_share),
    gateway_cpu_share: of((run) => run.gateway_cpu_share),
    other_load: median(runs.map((run) => run.other_load)),
    lost: runs.reduce((sum, { lost }) => sum + lost, 0),
    one_at_a_time_latency_ms: medianLatency(runs.map((run) => run.one_at_a_time_latency_ms)),
    latency: first.latency.map(({ load, rate }, index) => ({
      load,
      rate,
      latency_ms: medianLatency(runs.map((run) => run.latency[index].latency_ms)),
    })),
    datagrams_per_wave: of((run) => run.datagrams_per_wave),
  };
}

/** Whether the clients, not the gateway, set the pace. */
export function isGeneratorTheBottleneck({ generator_cpu_share, gateway_cpu_share, workers }: WireRun): boolean {
  return generator_cpu_share !== null && gateway_cpu_share !== null &&
    generator_cpu_share >= BUSY_SHARE && gateway_cpu_share < BUSY_SHARE * workers;
}

function medianLatency(summaries: readonly (LatencySummary | null)[]): LatencySummary | null {
  const there = summaries.filter((summary) => summary !== null);
  if (there.length === 0) return null;
  return {
    p50: median(there.map(({ p50 }) => p50)),
    p95: median(there.map(({ p95 }) => p95)),
    p99: median(there.map(({ p99 }) => p99)),
  };
}

function roundedLatency(summary: LatencySummary | null): LatencySummary | null {
  if (summary === null) return null;
  const { p50, p95, p99 } = summary;
  return { p50: roundTo(p50, 2), p95: roundTo(p95, 2), p99: roundTo(p99, 2) };
}
