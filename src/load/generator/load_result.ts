/**
 * What came of a load, of one process or of several, and the report of it.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import type { GatewayReport, LoadReport, OutageReport, WorkerReport } from "./load_report.ts";
import { generatorReport, type OwnDetail } from "./own_share.ts";
import type { Recorder } from "./recorder.ts";
import { judge, type Threshold } from "./thresholds.ts";

/** What one process tells when it is done, beside its seconds. */
export interface LoadResult {
  /** How long it took. */
  readonly seconds: number;
  /** Ended before its time by its owner. */
  readonly interrupted: boolean;
  readonly outage?: OutageReport;
  readonly own: OwnDetail;
}

/** What a load was to be. */
export interface LoadHead {
  /** The gateway's address and port, for people. */
  readonly target: string;
  readonly scenario: string;
  readonly clients: number;
  readonly seed: number;
  readonly thresholds: readonly Threshold[];
}

/** @param startedAt as text: ISO 8601 */
export function loadReportOf(
  { target, scenario, clients, seed, thresholds }: LoadHead,
  startedAt: string,
  recorder: Recorder,
  results: readonly LoadResult[],
  beside: { readonly gateway?: GatewayReport; readonly workers?: readonly WorkerReport[] } = {},
): LoadReport {
  const seconds = Math.max(0, ...results.map((result) => result.seconds));
  const operations = recorder.operations(seconds);
  const { failed, failures } = recorder;
  const outage = outageOf(results);
  return {
    target,
    scenario,
    clients,
    seed,
    runtime: runtimeName(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    started_at: startedAt,
    seconds: Math.round(10 * seconds) / 10,
    interrupted: results.some(({ interrupted }) => interrupted),
    operations,
    failed,
    failures,
    ...(outage && { outage }),
    series: recorder.seconds,
    ...(beside.gateway && { gateway: beside.gateway }),
    generator: generatorReport(results.map(({ own }) => own), recorder.turnsLeftOut, beside.workers),
    thresholds: thresholds.map((threshold) => judge(threshold, { operations, failed })),
  };
}

/** Each process found for itself that the gateway was away: what counts for all is from the first of these moments on. */
function outageOf(results: readonly LoadResult[]): OutageReport | undefined {
  const outages = results.map(({ outage }) => outage).filter((each) => each !== undefined);
  if (outages.length <= 1) return outages[0];
  const back = outages.reduce((sum, each) => sum + each.back, 0);
  const away = outages.filter((each) => each.away_at_ms !== null) as (OutageReport & { readonly away_at_ms: number })[];
  if (away.length === 0) return { away_at_ms: null, away_ms: null, all_back_ms: null, back };
  const away_at_ms = Math.min(...away.map((each) => each.away_at_ms));
  const since = ({ away_at_ms: own }: { readonly away_at_ms: number }, after: number) => own + after - away_at_ms;
  const first = away.filter(({ away_ms }) => away_ms !== null).map((each) => since(each, each.away_ms!));
  const last = away.filter(({ all_back_ms }) => all_back_ms !== null).map((each) => since(each, each.all_back_ms!));
  return {
    away_at_ms,
    away_ms: first.length === 0 ? null : Math.min(...first),
    all_back_ms: last.length < results.length ? null : Math.max(...last),
    back,
  };
}

function runtimeName(): string {
  const { deno, node } = process.versions as { readonly deno?: string; readonly node: string };
  return deno ? `deno ${deno}` : `node ${node}`;
}
