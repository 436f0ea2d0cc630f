import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { LoadReport, LoadSecond } from "../../../src/load/generator/load_report.ts";
import { Recorder } from "../../../src/load/generator/recorder.ts";
import { compareLoads, compareStorms } from "../../../src/load/report/comparison.ts";
import { draw, standAlone } from "../../../src/load/report/drawing.ts";
import { loadCharts } from "../../../src/load/report/load_charts.ts";
import { pageOf } from "../../../src/load/report/page.ts";
import { loadReportSchema, parseReport } from "../../../src/load/report/report_schema.ts";
import { loadRunsOf, type NamedReport, stormRunsOf } from "../../../src/load/report/runs.ts";
import { stormCharts } from "../../../src/load/report/storm_charts.ts";

function secondOf(second: number, up: number): LoadSecond {
  return { second, begun: 5, succeeded: 5, failed: 0, p50_ms: 4, p99_ms: second === 2 ? null : 9, up, gateway_cpu: 0.5 };
}

function reportOf(perSecond: number, more: Partial<LoadReport> = {}): LoadReport {
  const latency = { min: 1, mean: 4, p50: 4, p90: 6, p95: 7, p99: 9, p999: 9, max: 9 };
  return {
    target: "127.0.0.1 port 500",
    scenario: "resume",
    clients: 5,
    seed: 1,
    runtime: "deno",
    cpu: "a processor",
    started_at: "2026-01-01T00:00:00.000Z",
    seconds: 3,
    interrupted: false,
    operations: {
      resumption: { succeeded: 15, failed: 0, per_s: perSecond, latency_ms: latency, histogram: [[3.981, 10], [8.913, 5]] },
    },
    failed: 0,
    failures: {},
    series: [secondOf(1, 5), secondOf(2, 0), secondOf(3, 5)],
    generator: { cpu_share: 0.1, lag_ms: null, turns_left_out: 0, warnings: [] },
    thresholds: [],
    ...more,
  };
}

function named(name: string, report: LoadReport): NamedReport {
  return { name, parsed: { kind: "load", report } };
}

const STORM = {
  runtime: "deno",
  cpu: "a processor",
  clients: 10,
  seed: 1,
  auth: "psk",
  store: "memory",
  tickets: "value",
  runs: [
    {
      provider: "wasm",
      resumed: 10,
      failed: 0,
      wall_ms: 50,
      resumptions_per_s: 200,
      gateway_cpu_us_per_full: 800,
      gateway_cpu_us_per_resumption: 200,
      latency_ms: { p50: 20, p95: 40, p99: 45 },
    },
    {
      provider: "ts",
      resumed: 10,
      failed: 0,
      wall_ms: 100,
      resumptions_per_s: 100,
      gateway_cpu_us_per_full: 900,
      gateway_cpu_us_per_resumption: 500,
      latency_ms: null,
    },
  ],
  ratio: { resumed_to_full: 4, wasm_to_ts: 2.5 },
};

test("a report of a load is read as it was written, and one of a storm is told from it", () => {
  const report = reportOf(5, { outage: { away_at_ms: 1_000, away_ms: 500, all_back_ms: null, back: 4 } });
  assert.deepEqual(parseReport(JSON.stringify(report)), { kind: "load", report });
  assert.equal(parseReport(JSON.stringify(STORM)).kind, "storm");
});

test("what is no report is refused with what is wrong, and where", () => {
  assert.throws(() => parseReport("{"), /no JSON: /);
  assert.throws(() => parseReport("[]"), /not a report of load --json: at /);
  const { seed: _, ...without } = reportOf(5);
  assert.throws(() => parseReport(JSON.stringify(without)), /at seed: Invalid key: Expected "seed"/);
  const series = [{ ...secondOf(1, 1), up: -1 }];
  assert.throws(() => parseReport(JSON.stringify({ ...reportOf(5), series })), /at series\.0\.up: /);
  const [run] = STORM.runs;
  const wrong = { ...STORM, runs: [{ ...run, provider: "other" }] };
  assert.throws(() => parseReport(JSON.stringify(wrong)), /not a report of storm --json: at runs\.0\.provider: /);
});

test("the schema of reports in docs is the one that they are checked by", () => {
  const published = readFileSync(new URL("../../../docs/load-report.schema.json", import.meta.url), "utf8");
  assert.deepEqual(JSON.parse(published), loadReportSchema());
});

test("latencies are counted in buckets whose bounds are the same in every run, each in the first that it fits into", () => {
  const recorder = new Recorder();
  for (const milliseconds of [0.9, 0.95, 1, 1.01, 999, 1_000]) recorder.take({ ok: true, operation: "full" }, milliseconds);
  recorder.endSecond(1, 0);
  assert.deepEqual(recorder.operations(1).full?.histogram, [[1, 3], [1.122, 1], [1000, 2]]);
});

test("runs are compared by their medians, with the least and the most of all ratios", () => {
  const runs = loadRunsOf([
    named("before", reportOf(10)),
    named("before", reportOf(20)),
    named("before", reportOf(12)),
    named("after", reportOf(24)),
    named("after", reportOf(30)),
  ]);
  assert.deepEqual(runs.map(({ name, reports }) => [name, reports.length]), [["before", 3], ["after", 2]]);
  const rate = compareLoads(runs).measures.find(({ measure }) => measure === "resumptions");
  assert.deepEqual(rate?.values, [
    { value: 12, ratio: null, spread: null },
    { value: 27, ratio: 2.25, spread: [1.2, 3] },
  ]);
});

test("what only one run measured has no ratio, and what none measured is left out", () => {
  const runs = loadRunsOf([
    named("one", reportOf(1)),
    named("two", reportOf(2, { gateway: { cpu_s: 1, cpu_us_per_success: 90 } })),
  ]);
  const { measures } = compareLoads(runs);
  const cpu = measures.find(({ measure }) => measure.startsWith("gateway's CPU"));
  assert.deepEqual(cpu?.values, [{ value: null, ratio: null, spread: null }, { value: 90, ratio: null, spread: null }]);
  assert.ok(measures.every(({ measure }) => !measure.startsWith("full exchanges") && !measure.startsWith("until")));
});

test("the providers of a storm are compared with the first", () => {
  const parsed = parseReport(JSON.stringify(STORM));
  const { names, measures } = compareStorms(stormRunsOf([{ name: "storm", parsed }]));
  assert.deepEqual(names, ["wasm", "ts"]);
  const cpu = measures.find(({ measure }) => measure === "gateway's CPU by resumption");
  assert.deepEqual(cpu?.values.map(({ value, ratio }) => [value, ratio]), [[200, null], [500, 2.5]]);
});

test("a page has each chart, wide and narrow, in light and dark, and neither script nor anything from elsewhere", async () => {
  const hostile = `<script>alert("1")</script>`;
  const outage = { away_at_ms: 1_000, away_ms: 500, all_back_ms: 1_500, back: 5 };
  const report = reportOf(5, { outage, failed: 1, failures: { [hostile]: { count: 1, example: hostile } }, target: hostile });
  const loads = loadRunsOf([named(hostile, report), named("two", reportOf(5))]);
  const storms = stormRunsOf([{ name: "storm", parsed: parseReport(JSON.stringify(STORM)) }]);
  const drawings = await draw([...loadCharts(loads), ...stormCharts(storms)]);
  assert.deepEqual(drawings.map(({ id }) => id), [
    ...["outage", "rate", "failed", "latency-over-time", "latency-resumption", "gateway-cpu", "storm-cpu", "storm-wall"],
  ]);
  const page = pageOf("Title & more", loads, storms, drawings);
  assert.equal(page.match(/<svg /g)?.length, 2 * drawings.length);
  for (const text of [page, ...drawings.map(standAlone)]) {
    assert.doesNotMatch(text, /<script|javascript:|<link|<img|@import|url\(/);
    assert.doesNotMatch(text.replaceAll(/xmlns(:xlink)?="[^"]+"/g, ""), /https?:/);
    assert.match(text, /prefers-color-scheme:dark/);
    assert.match(text, /var\(--series-1\)/);
  }
  assert.match(page, /Title &#38; more/);
  assert.match(page, /gateway away after 1 s, first client back after 1\.5 s, all clients back after 2\.5 s/);
});
