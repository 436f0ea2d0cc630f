/**
 * Runs side by side: the median of each measure, and how many times that of the first run it is.
 *
 * @module
 */
import { roundTo } from "../storm_report.ts";
import type { Operation } from "../generator/load_outcome.ts";
import type { LoadReport } from "../generator/load_report.ts";
import type { LoadRun, StormRuns } from "./runs.ts";

/** A measure of a run. `ratio`: to the first run; `spread`: of the ratios of all repetitions of one to all of the other. */
export interface ComparedValue {
  readonly value: number | null;
  readonly ratio: number | null;
  readonly spread: readonly [number, number] | null;
}

export interface ComparedMeasure {
  readonly measure: string;
  readonly unit: string;
  /** Whether more is better. */
  /** For each run, in their order. */
  readonly values: readonly ComparedValue[];
}

interface Measure<Report> {
  readonly measure: string;
  readonly unit: string;
  readonly of: (report: Report) => number | null | undefined;
}

const OPERATIONS = [["full", "full exchanges"], ["resumption", "resumptions"], ["rekey", "rekeyings"], [
  "move",
  "moves",
]] as const;

const LOAD_MEASURES: readonly Measure<LoadReport>[] = [
  ...OPERATIONS.flatMap(([operation, name]): Measure<LoadReport>[] => [
    { measure: name, unit: "a second", of: rateOf(operation) },
    { measure: `${name}, latency p50`, unit: "ms", of: ({ operations }) => operations[operation]?.latency_ms?.p50 },
    { measure: `${name}, latency p99`, unit: "ms", of: ({ operations }) => operations[operation]?.latency_ms?.p99 },
  ]),
  { measure: "failed", unit: "", of: ({ failed }) => failed },
  { measure: "until the first client was back", unit: "ms", of: ({ outage }) => outage?.away_ms },
  { measure: "until all clients were back", unit: "ms", of: ({ outage }) => outage?.all_back_ms },
  { measure: "gateway's CPU by success", unit: "µs", of: ({ gateway }) => gateway?.cpu_us_per_success },
  { measure: "generator's CPU", unit: "cores", of: ({ generator }) => generator.cpu_share },
];

/** An outage has no rate: most of its time nobody comes. */
function rateOf(operation: Operation): (report: LoadReport) => number | undefined {
  return ({ operations, outage }) => outage ? undefined : operations[operation]?.per_s;
}

type ProviderRun = StormRuns["report"]["runs"][number];

const STORM_MEASURES: readonly Measure<ProviderRun>[] = [
  { measure: "resumptions", unit: "a second", of: (run) => run.resumptions_per_s },
  { measure: "until all clients were back", unit: "ms", of: (run) => run.wall_ms },
  { measure: "latency p50", unit: "ms", of: (run) => run.latency_ms?.p50 },
  { measure: "latency p99", unit: "ms", of: (run) => run.latency_ms?.p99 },
  { measure: "gateway's CPU by full exchange", unit: "µs", of: (run) => run.gateway_cpu_us_per_full },
  { measure: "gateway's CPU by resumption", unit: "µs", of: (run) => run.gateway_cpu_us_per_resumption },
  { measure: "failed", unit: "", of: (run) => run.failed },
];

export interface Comparison {
  readonly names: readonly string[];
  readonly measures: readonly ComparedMeasure[];
}

export function compareLoads(runs: readonly LoadRun[]): Comparison {
  return compare(runs.map(({ name, reports }) => ({ name, reports })), LOAD_MEASURES);
}

/** Each provider of each storm; providers of one name in several storms are its repetitions. */
export function compareStorms(storms: readonly StormRuns[]): Comparison {
  const byName = new Map<string, ProviderRun[]>();
  const areSeveral = new Set(storms.map(({ name }) => name)).size > 1;
  for (const { name, report } of storms) {
    for (const run of report.runs) {
      const own = areSeveral ? `${name}, ${run.provider}` : run.provider;
      byName.set(own, [...byName.get(own) ?? [], run]);
    }
  }
  return compare([...byName].map(([name, reports]) => ({ name, reports })), STORM_MEASURES);
}

function compare<Report>(
  runs: readonly { readonly name: string; readonly reports: readonly Report[] }[],
  measures: readonly Measure<Report>[],
): Comparison {
  const compared = measures.map(({ measure, unit, of }) => {
    const all = runs.map(({ reports }) => reports.map(of).filter((value) => typeof value === "number"));
    return { measure, unit, values: all.map((own) => comparedTo(all[0] ?? [], own)) };
  });
  return {
    names: runs.map(({ name }) => name),
    measures: compared.filter(({ values }) => values.some(({ value }) => value !== null)),
  };
}

function comparedTo(base: readonly number[], own: readonly number[]): ComparedValue {
  const value = median(own);
  const divisor = median(base);
  const ratios = own.flatMap((dividend) => base.filter((each) => each > 0).map((each) => roundTo(dividend / each, 2)));
  return {
    value,
    ratio: value === null || !divisor || own === base ? null : roundTo(value / divisor, 2),
    spread: ratios.length > 1 && own !== base ? [Math.min(...ratios), Math.max(...ratios)] : null,
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : roundTo((sorted[middle - 1] + sorted[middle]) / 2, 3);
}
