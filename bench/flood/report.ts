/**
 * What `bench flood` reports.
 *
 * @module
 */
import { type LatencySummary, summarizeLatency } from "../../src/load/latency.ts";
import type { Outcome } from "./legitimate_clients.ts";
import type { AttackChoice, Observation } from "./point.ts";

/** In the form of the JSON output. */
export interface FloodReport {
  /** Of the gateway. */
  readonly runtime: string;
  readonly provider: string;
  readonly cpu: string;
  /** Too little for figures. */
  readonly quick: boolean;
  /** Resumptions a second, and for how many seconds in each point. */
  readonly rate: number;
  readonly seconds: number;
  /** How much later the gateway's store answered. */
  readonly store_delay_ms: number;
  /** Without an attack. */
  readonly baseline: Service;
  readonly points: readonly FloodPoint[];
  /** The most of any point. */
  readonly rss_growth_bytes: number;
}

/** What clients got, and what it took. */
export interface Service {
  /** Clients that should have come back. */
  readonly offered: number;
  /** Those that did, by IKE_SESSION_RESUME and in time: by their own word. */
  readonly resumed: number;
  /** Those that came back by a full exchange: their ticket was no help. */
  readonly full: number;
  /** Why the others did not, and how many each. */
  readonly failed: Readonly<Record<string, number>>;
  /** Of those that resumed, from when they should have started, in milliseconds. */
  readonly latency_ms: LatencySummary | null;
  /** Processor time of the gateway, in microseconds. */
  readonly gateway_cpu_us: number;
  /** Growth of the gateway's resident memory since before the attack, in octets. */
  readonly rss_growth_bytes: number;
  /** 95 % of the clients were started this late or less, in milliseconds. */
  readonly clients_lag_ms: number;
  /** What else ran on the machine, in cores. */
  readonly other_load: number;
  /** Share of the time for which the gateway could have run and had no core, 0 to 1; `null`: not known. */
  readonly gateway_waited: number | null;
}

export interface FloodPoint extends Service {
  readonly kind: string;
  /** Hostile datagrams that were due for each resumption; what answers call for came on top. */
  readonly ratio: number;
  /** Share of the resumptions that were kept, 0 to 1: those under attack over those without. */
  readonly kept: number;
  /** The same of each second, by when clients should have started, over the clients of that second. */
  readonly kept_by_second: readonly number[];
  /** 95 % of those resumed in this time or less, of each second likewise, in milliseconds. */
  readonly latency_ms_p95_by_second: readonly (number | null)[];
  /** Hostile datagrams that were sent. */
  readonly sent: number;
  /** Datagrams that came back to the attacker. */
  readonly answers: number;
  /** Datagrams, the clients' among them, that the kernel dropped before the gateway took them; `null`: not known. */
  readonly dropped_by_kernel: number | null;
  /** Processor time of the gateway for each hostile datagram that it took, in microseconds: what it used beyond the clients' part. */
  readonly us_per_datagram: number;
  readonly attacker_lag_ms: number;
  /** Not the gateway: who kept the point from being a verdict on it. `null`: nobody. */
  readonly bottleneck: "generator" | "machine" | null;
  /** The gateway's counters that moved. */
  readonly counters: Readonly<Record<string, number>>;
}

export const LEAST_KEPT = 0.9;

const MOST_LAG_MS = 100;
const LEAST_SENT = 0.95;
/** Beside a flood the gateway waits for its own peers as well, so that this alone is no excuse: others must have been at work. */
const MOST_WAITED = 0.2;
const MOST_OTHER_LOAD = 0.3;
const DATAGRAMS_PER_RESUMPTION = 2;

export function serviceOf({ served, rssBeforeBytes, before, after, loadOfOthers, wallMs }: Observation): Service {
  const failed: Record<string, number> = {};
  let full = 0;
  for (const outcome of served.outcomes) {
    if (!outcome.ok) failed[outcome.reason] = (failed[outcome.reason] ?? 0) + 1;
    else if (!outcome.resumed) full++;
  }
  const latencies = latenciesOf(served.outcomes);
  return {
    offered: served.outcomes.length,
    resumed: latencies.length,
    full,
    failed,
    latency_ms: summarizeLatency(latencies),
    gateway_cpu_us: after.cpuUs - before.cpuUs,
    rss_growth_bytes: after.rssBytes - rssBeforeBytes,
    clients_lag_ms: round(summarizeLatency(served.lags)?.p95 ?? 0, 1),
    other_load: round(loadOfOthers, 2),
    gateway_waited: before.waitedMs === undefined || after.waitedMs === undefined
      ? null
      : round((after.waitedMs - before.waitedMs) / wallMs, 3),
  };
}

/** @param rate resumptions a second */
export function pointOf(
  { kind, ratio }: AttackChoice,
  observation: Observation,
  baseline: Service,
  rate: number,
): FloodPoint {
  const { attack, before, after, served } = observation;
  if (attack === undefined) throw new TypeError("flood report: a point without an attack is the baseline");
  const service = serviceOf(observation);
  const kept = keptShare(service.resumed, baseline.resumed);
  const dropped = after.droppedByKernel === undefined || before.droppedByKernel === undefined
    ? null
    : after.droppedByKernel - before.droppedByKernel;
  return {
    kind,
    ratio,
    kept,
    kept_by_second: keptBySecond(served.outcomes, rate),
    latency_ms_p95_by_second: bySecond(served.outcomes, rate).map((ofSecond) =>
      summarizeLatency(latenciesOf(ofSecond))?.p95 ?? null
    ),
    us_per_datagram: costPerDatagram({
      cpuUs: service.gateway_cpu_us,
      baselineCpuUs: baseline.gateway_cpu_us,
      kept,
      sent: attack.sent,
      dropped: dropped ?? 0,
      others: DATAGRAMS_PER_RESUMPTION * service.offered,
    }),
    ...service,
    sent: attack.sent,
    answers: attack.answers,
    dropped_by_kernel: dropped,
    attacker_lag_ms: attack.lag_ms_p95,
    bottleneck: bottleneckOf(service, attack.begun, ratio * service.offered, attack.lag_ms_p95),
    counters: moved(before.counters, after.counters),
  };
}

/** 0 to 1; 0 where nothing was served without an attack either. */
export function keptShare(resumed: number, resumedWithoutAttack: number): number {
  return resumedWithoutAttack === 0 ? 0 : round(Math.min(1, resumed / resumedWithoutAttack), 4);
}

export function keptBySecond(outcomes: readonly Outcome[], rate: number): number[] {
  return bySecond(outcomes, rate).map((ofSecond) => round(latenciesOf(ofSecond).length / ofSecond.length, 3));
}

/** What is left once the clients' part is taken away: as much as they cost without an attack, for those that were served. */
export function costPerDatagram({ cpuUs, baselineCpuUs, kept, sent, dropped, others }: {
  readonly cpuUs: number;
  readonly baselineCpuUs: number;
  readonly kept: number;
  readonly sent: number;
  /** Of all datagrams: whose they were is not known, so that each had the same chance. */
  readonly dropped: number;
  /** The clients' datagrams. */
  readonly others: number;
}): number {
  const taken = sent * (1 - Math.min(1, dropped / Math.max(1, sent + others)));
  return taken < 1 ? 0 : round(Math.max(0, cpuUs - kept * baselineCpuUs) / taken, 1);
}

/** 0: enough was kept in all points; 1: not in one that counts; 3: not in one that does not. */
export function statusOf({ points, quick }: FloodReport): 0 | 1 | 3 {
  const under = points.filter(({ kept }) => kept < LEAST_KEPT);
  if (quick || under.length === 0) return 0;
  return under.some(({ bottleneck }) => bottleneck === null) ? 1 : 3;
}

/** By when they should have started. */
function bySecond(outcomes: readonly Outcome[], rate: number): Outcome[][] {
  return Array.from(
    { length: Math.ceil(outcomes.length / rate) },
    (_, second) => outcomes.slice(second * rate, (second + 1) * rate),
  );
}

/** Of those that resumed. */
function latenciesOf(outcomes: readonly Outcome[]): number[] {
  return outcomes.flatMap((outcome) => outcome.ok && outcome.resumed ? [round(outcome.latencyMs, 1)] : []);
}

function bottleneckOf(
  { clients_lag_ms, other_load, gateway_waited }: Service,
  begun: number,
  due: number,
  attackerLagMs: number,
): FloodPoint["bottleneck"] {
  if (clients_lag_ms > MOST_LAG_MS || attackerLagMs > MOST_LAG_MS || begun < LEAST_SENT * due) return "generator";
  const isBusy = other_load > MOST_OTHER_LOAD && (gateway_waited === null || gateway_waited > MOST_WAITED);
  return isBusy ? "machine" : null;
}

function moved(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const).filter(([, by]) => by !== 0),
  );
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
