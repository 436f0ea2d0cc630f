import assert from "node:assert/strict";
import { test } from "node:test";
import { allDurations, durationsBetween, quantileOf } from "../../../../src/cli/http/page/quantiles.ts";

const bounds = [0.25, 0.5, 1];

test("a quantile lies in its bucket as if all that it counts lay evenly in it", () => {
  assert.equal(quantileOf({ bounds, counts: [0, 0, 0, 0] }, 0.5), undefined);
  assert.equal(quantileOf({ bounds, counts: [4, 0, 0, 0] }, 0.5), 0.125);
  assert.equal(quantileOf({ bounds, counts: [4, 0, 0, 0] }, 1), 0.25);
  assert.equal(quantileOf({ bounds, counts: [1, 0, 1, 0] }, 0.5), 0.25);
  assert.equal(quantileOf({ bounds, counts: [1, 2, 1, 0] }, 0.5), 0.375);
  // Beyond all bounds nothing more is known.
  assert.equal(quantileOf({ bounds, counts: [1, 0, 0, 9] }, 0.99), 1);
});

test("durations of a time are those that were not there before, and several kinds add up", () => {
  const before = { bounds, counts: [1, 2, 3, 4] };
  assert.deepEqual(durationsBetween(before, { bounds, counts: [1, 3, 3, 6] }).counts, [0, 1, 0, 2]);
  assert.deepEqual(durationsBetween(undefined, before).counts, [1, 2, 3, 4]);
  assert.deepEqual(allDurations([before, before])?.counts, [2, 4, 6, 8]);
  assert.equal(allDurations([]), undefined);
});
