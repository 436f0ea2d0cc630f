import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadReport } from "../../../src/load/generator/load_report.ts";
import { loadReportOf, type LoadResult } from "../../../src/load/generator/load_result.ts";
import type { Portion } from "../../../src/load/generator/portion.ts";
import { Recorder, type SecondDetail } from "../../../src/load/generator/recorder.ts";
import { parseThreshold } from "../../../src/load/generator/thresholds.ts";
import { mergeLoads } from "../../../src/load/report/merge.ts";
import { parseReport } from "../../../src/load/report/report_schema.ts";

const STARTED = "2026-12-01T12:00:00.000Z";
const thresholds = ["p99>500ms", "failed>0"].map(parseThreshold);

/** Latencies of each second, in milliseconds; each fifth failed. */
type Seconds = readonly (readonly number[])[];

function recorded(seconds: Seconds): { readonly recorder: Recorder; readonly details: readonly SecondDetail[] } {
  const recorder = new Recorder();
  const details = seconds.map((latencies, index) => {
    for (const latency of latencies) {
      recorder.begun();
      recorder.take({ ok: true, operation: "resumption" }, latency);
    }
    recorder.take({ ok: false, operation: "full", failure: { kind: "no-answer", detail: "nobody" } }, 0);
    return recorder.endSecond(index + 1, latencies.length).detail;
  });
  return { recorder, details };
}

function resultOf(cpuShare: number, lagUs: number): LoadResult {
  return { seconds: 2, interrupted: false, own: { cpu_share: cpuShare, lag_us: [[lagUs, 10]] } };
}

function reportOf(
  machine: string,
  portion: Portion,
  seconds: Seconds,
  result = resultOf(0.5, 2_000),
  startedAt = STARTED,
): LoadReport {
  const { recorder, details } = recorded(seconds);
  const head = { target: "192.0.2.1 port 500", scenario: "resume", clients: 10, seed: 1, thresholds };
  const report = loadReportOf(head, startedAt, recorder, [result]);
  return { ...report, part: { machine, portion, seconds: details, results: [result] } };
}

const ONE = [[1, 2, 3, 40, 5.123], [100, 200, 2]];
const OTHER = [[7, 8.5, 900, 1_234.5], [0.3, 11]];
const parts = [reportOf("tokyo", { first: 0, end: 1, of: 2 }, ONE), reportOf("paris", { first: 1, end: 2, of: 2 }, OTHER)];

test("what machines measured apart comes to what one would have measured of all, to the last digit", () => {
  const merged = mergeLoads(parts);
  const { recorder } = recorded([[...ONE[0], ...OTHER[0]], [...ONE[1], ...OTHER[1]]]);
  const whole = loadReportOf(
    { target: "192.0.2.1 port 500", scenario: "resume", clients: 20, seed: 1, thresholds },
    STARTED,
    recorder,
    [resultOf(1, 2_000)],
  );
  assert.deepEqual(merged.operations.resumption, whole.operations.resumption);
  const timesOf = ({ series }: LoadReport) => series.map(({ p50_ms, p99_ms, up }) => [p50_ms, p99_ms, up]);
  assert.deepEqual(timesOf(merged), timesOf(whole));
  assert.deepEqual(timesOf(merged)[1], [11.01, 200.06, 5]);
  assert.deepEqual(merged.failures, { "no-answer": { count: 4, example: "nobody" } });
  assert.deepEqual([merged.clients, merged.failed, merged.generator.cpu_share], [20, 4, 1]);
});

test("thresholds are judged anew over all machines", () => {
  assert.deepEqual(mergeLoads(parts).thresholds, [
    { threshold: "p99>500ms", value: 1_234.94, held: false },
    { threshold: "failed>0", value: 4, held: false },
  ]);
});

test("parts survive a file", () => {
  const read = parts.map((part) => parseReport(JSON.stringify(part)));
  assert.deepEqual(read.map(({ report }) => report), parts);
});

test("parts of a whole day, and seconds that no load has, are added up in the time that it takes to read them", () => {
  const dayOf = (part: LoadReport): LoadReport => {
    const [second] = part.series;
    return { ...part, series: Array.from({ length: 86_400 }, (_, index) => ({ ...second, second: index + 1 })) };
  };
  const { series } = mergeLoads(parts.map(dayOf));
  assert.deepEqual([series.length, series.at(-1)!.second], [86_400, 86_400]);
  const far = { ...parts[0], series: [{ ...parts[0].series[0], second: Number.MAX_SAFE_INTEGER }] };
  assert.throws(() => mergeLoads([far, parts[1]]), /machine tokyo tells of second 9007199254740991, expected 1 to 90000/);
  assert.throws(() => parseReport(JSON.stringify({ ...far, series: [{ ...far.series[0], second: -1 }] })), /series\.0\.second/);
});

test("missing parts and machines that began apart are told; parts that do not fit together are refused", () => {
  const late = reportOf("paris", { first: 1, end: 2, of: 3 }, OTHER, undefined, "2026-12-01T12:00:02.500Z");
  const first = reportOf("tokyo", { first: 0, end: 1, of: 3 }, ONE);
  const { generator } = mergeLoads([first, late]);
  assert.match(generator.warnings.join("\n"), /^parts are missing: what is here is 2 of 3 shares of the load$/m);
  assert.match(generator.warnings.join("\n"), /^machines began 2500 ms apart, by their own clocks$/m);
  assert.throws(() => mergeLoads([first, first]), /machines tokyo and tokyo had the same part/);
  assert.throws(
    () => mergeLoads([first, { ...late, seed: 2 }]),
    /machine paris had another scenario, seed or plan than machine tokyo/,
  );
  assert.throws(() => mergeLoads([{ ...first, part: undefined }]), /a report of a whole load, expected parts of one/);
});

test("an outage of several machines counts from when the first of them found the gateway away", () => {
  const outageOf = (away_at_ms: number, away_ms: number | null, all_back_ms: number | null, back: number): LoadResult => ({
    ...resultOf(0.1, 1),
    outage: { away_at_ms, away_ms, all_back_ms, back },
  });
  const merged = (one: LoadResult, other: LoadResult) =>
    mergeLoads([
      reportOf("tokyo", { first: 0, end: 1, of: 2 }, ONE, one),
      reportOf("paris", { first: 1, end: 2, of: 2 }, OTHER, other),
    ]).outage;
  assert.deepEqual(merged(outageOf(5_000, 400, 900, 10), outageOf(4_800, 700, 800, 9)), {
    away_at_ms: 4_800,
    away_ms: 600,
    all_back_ms: 1_100,
    back: 19,
  });
  assert.equal(merged(outageOf(5_000, 400, null, 9), outageOf(4_800, 700, 800, 9))?.all_back_ms, null);
});
