import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { isPattern, nameOf } from "../../../src/load/generator/client_names.ts";
import { beginningsAtMs, beginningsOf, type RateStage, secondsOf } from "../../../src/load/generator/load_shape.ts";
import type { LoadReport, OperationReport } from "../../../src/load/generator/load_report.ts";
import { judge, parseThreshold } from "../../../src/load/generator/thresholds.ts";

const rate = fc.double({ min: 0, max: 200, noNaN: true });
const stage = fc.record({ seconds: fc.double({ min: 0.1, max: 20, noNaN: true }), from: rate, to: rate })
  .filter(({ from, to }) => from + to > 0.1);

test("a constant rate begins one in each interval", () => {
  const times = [...beginningsAtMs([{ seconds: 2, from: 5, to: 5 }])];
  assert.deepEqual(times.map(Math.round), [200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000]);
});

test("a rate that rises from none has a quarter of its beginnings in its first half", () => {
  const times = [...beginningsAtMs([{ seconds: 10, from: 0, to: 20 }])];
  assert.equal(times.length, 100);
  assert.equal(times.filter((time) => time <= 5_000).length, 25);
});

test("whatever the stages, there are as many beginnings as the area under the rate, in order, each where the area is a whole number", () => {
  fc.assert(fc.property(fc.array(stage, { minLength: 1, maxLength: 4 }), (stages) => {
    const times = [...beginningsAtMs(stages)];
    assert.ok(Math.abs(times.length - beginningsOf(stages)) <= 1);
    const endMs = 1_000 * secondsOf({ model: "open", stages });
    for (const [index, time] of times.entries()) {
      assert.ok(time >= (times[index - 1] ?? 0) - 1e-6 && time <= endMs + 1e-6, `${time} of ${endMs}`);
      assert.ok(Math.abs(areaUntil(stages, time / 1_000) - (index + 1)) < 1e-3);
    }
  }));
});

/** By summing small slices: no formula that the code has as well. */
function areaUntil(stages: readonly RateStage[], seconds: number): number {
  let area = 0;
  let left = seconds;
  for (const { seconds: length, from, to } of stages) {
    const part = Math.min(left, length);
    const slices = 400;
    for (let slice = 0; slice < slices; slice++) {
      area += (from + (to - from) * (slice + 0.5) / slices * part / length) * part / slices;
    }
    left -= part;
    if (left <= 0) break;
  }
  return area;
}

test("a displaced beginning moves by no more than its share of the interval", () => {
  const even = [...beginningsAtMs([{ seconds: 10, from: 10, to: 10 }])];
  let draw = 0;
  const moved = [...beginningsAtMs([{ seconds: 10, from: 10, to: 10 }], () => draw++ % 2 === 0 ? 0.5 : -0.5)];
  for (const [index, time] of moved.entries()) assert.equal(Math.round(time - even[index]), index % 2 === 0 ? 50 : -50);
});

test("a pattern names each client, with zeros where it says so", () => {
  assert.equal(nameOf("user-{n:05}@example.org", 42), "user-00042@example.org");
  assert.equal(nameOf("{n}.{n:02}.example", 7), "7.07.example");
  assert.equal(nameOf("user-{n:02}", 12345), "user-12345");
  assert.deepEqual([isPattern("a-{n}"), isPattern("a-{m}"), isPattern("same")], [true, false, false]);
});

const latency = { min: 1, mean: 5, p50: 5, p90: 8, p95: 9, p99: 20, p999: 30, max: 40 };
const full: OperationReport = { succeeded: 10, failed: 1, per_s: 2, latency_ms: latency, histogram: [] };
const resumption: OperationReport = {
  succeeded: 100,
  failed: 0,
  per_s: 20,
  latency_ms: { ...latency, p99: 12 },
  histogram: [],
};
const report: Pick<LoadReport, "operations" | "failed"> = { operations: { full, resumption }, failed: 3 };

/** A condition, what it is judged by, and whether what must not be is not. */
const JUDGED: readonly (readonly [string, number | null, boolean])[] = [
  ["p99>19ms", 20, false],
  ["p99>20ms", 20, true],
  ["p99>=20ms", 20, false],
  ["resumption.p99>0.012s", 12, true],
  ["resumption.p99 >= 12ms", 12, false],
  ["failed>2", 3, false],
  ["full.failed>1", 1, true],
  ["per_s<10", 2, false],
  ["resumption.per_s<=20", 20, false],
  ["resumption.succeeded<100", 100, true],
  ["rekey.p50>1s", null, false],
];

for (const [text, value, held] of JUDGED) {
  test(`"${text}" is judged by ${value}, and has ${held ? "not happened" : "happened, or could not be told"}`, () => {
    assert.deepEqual(judge(parseThreshold(text), report), { threshold: text, value, held });
  });
}

test("a time without a unit, a count with one, and words that are no measure are refused with what is allowed", () => {
  for (const text of ["p99>500", "failed>5ms", "p98>1ms", "p99=1ms", "failed", "", "storm.p99>1ms", "p99>1msx"]) {
    assert.throws(() => parseThreshold(text), /Allowed are min, mean, p50, .* failed, succeeded, per_s/, text);
  }
});
