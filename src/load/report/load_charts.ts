/**
 * The pictures of loads: the outage, rates, latencies and the gateway's processor time, all runs in each.
 *
 * @module
 */
import type { Operation } from "../generator/load_outcome.ts";
import type { LoadSecond, OutageReport } from "../generator/load_report.ts";
import { type Chart, colourOf, dashOf, layered, type Row } from "./chart.ts";
import type { LoadRun } from "./runs.ts";

const NAMES: Readonly<Record<Operation, string>> = {
  full: "full exchanges",
  resumption: "resumptions",
  rekey: "rekeyings",
  move: "moves",
};
const MS = 1_000;

/** Those for which there is something to show. */
export function loadCharts(runs: readonly LoadRun[]): readonly Chart[] {
  if (runs.length === 0) return [];
  return [
    ...outageChart(runs),
    ...seriesChart(runs, "rate", "What succeeded, by second", "a second", ({ succeeded }) => succeeded),
    ...(runs.some(({ reports: [{ failed }] }) => failed > 0)
      ? seriesChart(runs, "failed", "What failed, by second", "a second", ({ failed }) => failed)
      : []),
    ...seriesChart(runs, "latency-over-time", "Latency p99, by second", "ms", ({ p99_ms }) => p99_ms),
    ...(["resumption", "full", "rekey", "move"] as const).flatMap((operation) => histogramChart(runs, operation)),
    ...seriesChart(runs, "gateway-cpu", "The gateway's processor time, by second", "cores", ({ gateway_cpu }) => gateway_cpu),
  ];
}

function seriesChart(
  runs: readonly LoadRun[],
  id: string,
  title: string,
  unit: string,
  of: (second: LoadSecond) => number | null | undefined,
): Chart[] {
  const rows: Row[] = runs.flatMap(({ name, reports: [{ series }] }) =>
    series.map((second) => ({ run: name, second: second.second, value: of(second) ?? null }))
  );
  if (!rows.some(({ value }) => value !== null)) return [];
  const names = runs.map(({ name }) => name);
  const mark = rows.length > 2 * runs.length ? { type: "line" as const } : { type: "point" as const, filled: true };
  const specOf = (width: number) =>
    layered(width, rows, [{
      mark,
      encoding: {
        x: { field: "second", type: "quantitative", title: "seconds since the start", scale: { nice: false } },
        y: { field: "value", type: "quantitative", title: unit, scale: { zero: true } },
        color: colourOf(names),
        ...(mark.type === "line" && { strokeDash: dashOf(names) }),
      },
    }]);
  return [{ id, title, about: `${title}, in ${unit}, of ${names.join(", ")}.`, specOf }];
}

/** How many clients were up, and when the gateway was found to be away, and the first and the last were back. */
function outageChart(runs: readonly LoadRun[]): Chart[] {
  const shown = runs.filter(({ reports: [{ outage }] }) => outage !== undefined);
  if (shown.length === 0) return [];
  const rows: Row[] = shown.flatMap(({ name, reports: [{ series }] }) => [
    { run: name, second: 0, up: 0 },
    ...series.map(({ second, up }) => ({ run: name, second, up })),
  ]);
  const most = Math.max(1, ...rows.map(({ up }) => Number(up)));
  const moments = shown.flatMap(({ name, reports: [{ outage, series }] }) => momentsOf(name, outage!, series.length));
  const names = shown.map(({ name }) => name);
  const specOf = (width: number) =>
    layered(width, rows, [
      {
        mark: { type: "line", interpolate: "linear" },
        encoding: {
          x: { field: "second", type: "quantitative", title: "seconds since the start", scale: { nice: false } },
          y: { field: "up", type: "quantitative", title: "clients up", scale: { domain: [0, HEADROOM * most] } },
          color: colourOf(names),
          strokeDash: dashOf(names),
        },
      },
      {
        data: { values: moments },
        mark: { type: "rule", strokeWidth: 1 },
        encoding: { x: { field: "second", type: "quantitative" }, color: colourOf(names) },
      },
      ...(shown.length > 1 ? [] : (["left", "right"] as const).map((align) => ({
        data: { values: moments.filter(({ isLate }) => isLate === (align === "right")) },
        mark: { type: "text" as const, align, dx: align === "left" ? 4 : -4, baseline: "top" as const, color: "var(--ink)" },
        encoding: {
          x: { field: "second", type: "quantitative" as const },
          y: { field: "line", type: "quantitative" as const, scale: null },
          text: { field: "what", type: "nominal" as const },
        },
      }))),
    ]);
  const words = names.map((name) =>
    `${name}: ${moments.filter(({ run }) => run === name).map(({ what, second }) => `${what} after ${second} s`).join(", ")}`
  ).join("; ");
  return [{
    id: "outage",
    title: "The outage: clients that are up",
    about: `How many clients were up over time. ${words}.`,
    specOf,
  }];
}

/** Where the words of a moment stand, in pixels from the top: under each other, for moments that are close. */
const LINE_PX = 16;

function momentsOf(run: string, { away_at_ms, away_ms, all_back_ms }: OutageReport, seconds: number) {
  if (away_at_ms === null) return [];
  const at = (ms: number) => Math.round((away_at_ms + ms) / 10) / (MS / 10);
  const moments = [
    { what: "gateway away", second: at(0) },
    ...(away_ms === null ? [] : [{ what: "first client back", second: at(away_ms) }]),
    ...(all_back_ms === null ? [] : [{ what: "all clients back", second: at(all_back_ms) }]),
  ];
  return moments.map((moment, index) => ({
    run,
    ...moment,
    line: LINE_PX * index,
    // Its words stand before it, where there is room.
    isLate: moment.second > seconds / 2,
  }));
}

function histogramChart(runs: readonly LoadRun[], operation: Operation): Chart[] {
  const shown = runs.flatMap(({ name, reports: [{ operations }] }) => {
    const found = operations[operation];
    return found && found.latency_ms !== null ? [{ name, ...found, latency: found.latency_ms }] : [];
  });
  if (shown.length === 0) return [];
  const rows: Row[] = shown.flatMap(({ name, succeeded, histogram }) =>
    histogram.map(([upper, count]) => ({
      run: name,
      from: upper / BUCKET_FACTOR,
      to: upper,
      share: count / succeeded,
      none: 0,
    }))
  );
  const percentiles: Row[] = shown.flatMap(({ name, latency }) =>
    (["p50", "p99"] as const).map((percentile, index) => ({
      run: name,
      at: latency[percentile],
      word: shown.length > 1 ? percentile : `${percentile} ${shortMs(latency[percentile])} ms`,
      line: LINE_PX * index,
    }))
  );
  const names = shown.map(({ name }) => name);
  const most = Math.max(...rows.map(({ share }) => Number(share)));
  const x = { type: "quantitative" as const, scale: { type: "log" as const, nice: false }, title: "ms" };
  const specOf = (width: number) =>
    layered(width, rows, [
      {
        mark: { type: "rect", opacity: shown.length > 1 ? 0.5 : 0.8 },
        encoding: {
          x: { ...x, field: "from" },
          x2: { field: "to" },
          y: {
            field: "none",
            type: "quantitative",
            title: "share",
            axis: { format: "%" },
            scale: { domain: [0, HEADROOM * most] },
          },
          y2: { field: "share" },
          color: colourOf(names),
        },
      },
      {
        data: { values: percentiles },
        mark: { type: "rule", strokeWidth: 2, strokeDash: [5, 3] },
        encoding: { x: { ...x, field: "at" }, color: colourOf(names) },
      },
      ...(["left", "right"] as const).map((align, index) => ({
        data: { values: percentiles.filter(({ line }) => line === LINE_PX * index) },
        mark: { type: "text" as const, align, dx: align === "left" ? 4 : -4, baseline: "top" as const, color: "var(--ink)" },
        encoding: {
          x: { ...x, field: "at" },
          y: { field: "line", type: "quantitative" as const, scale: null },
          text: { field: "word", type: "nominal" as const },
        },
      })),
    ]);
  const words = shown.map(({ name, latency }) => `${name}: p50 ${shortMs(latency.p50)} ms, p99 ${shortMs(latency.p99)} ms`)
    .join("; ");
  const title = `Latency of ${NAMES[operation]}`;
  return [{ id: `latency-${operation}`, title, about: `${title}, by buckets of 12 %. ${words}.`, specOf }];
}

/** As many digits as anybody reads. */
function shortMs(milliseconds: number): number {
  return milliseconds >= 100 ? Math.round(milliseconds) : milliseconds;
}

/** Above what is highest, for words. */
const HEADROOM = 1.25;
/** From one bound of a report's buckets to the next. */
const BUCKET_FACTOR = 10 ** (1 / 20);
