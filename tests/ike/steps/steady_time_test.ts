import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTLING_MS, SteadyTime } from "../../../src/ike/steps/steady_time.ts";

const START = 1_700_000_000;

function scene() {
  const time = new SteadyTime({ monotonicMs: 0, epochSeconds: START });
  /** So many milliseconds later, with the wall clock so many seconds off. */
  return (monotonicMs: number, offSeconds = 0) =>
    toMilliseconds(time.at({ monotonicMs, epochSeconds: START + monotonicMs / 1_000 + offSeconds }) - START);
}

test("a wall clock that jumps ahead is not followed, and it is as if it had not when it is back", () => {
  const at = scene();
  assert.equal(at(1_000), 1);
  for (const jump of [3, 7_200, 365 * 86_400]) assert.equal(at(2_000, jump), 2);
  assert.equal(at(3_000), 3);
  assert.equal(at(SETTLING_MS + 10_000, 7_200), (SETTLING_MS + 10_000) / 1_000, "the second jump is one of its own");
});

test("a wall clock that stays ahead for an hour is believed", () => {
  const at = scene();
  assert.equal(at(0, 7_200), 0);
  assert.equal(at(SETTLING_MS - 1, 7_200), (SETTLING_MS - 1) / 1_000);
  assert.equal(at(SETTLING_MS, 7_200), SETTLING_MS / 1_000 + 7_200);
  assert.equal(at(SETTLING_MS + 1_000, 7_200), SETTLING_MS / 1_000 + 7_201);
});

test("a wall clock that is set back, or drifts, is followed at once", () => {
  const at = scene();
  assert.equal(at(1_000, 1.5), 2.5);
  assert.equal(at(2_000, -7_200), -7_198);
  assert.equal(at(3_000, -7_200), -7_197);
  assert.equal(at(4_000), -7_196, "to come back is a jump ahead");
});

function toMilliseconds(seconds: number): number {
  return Math.round(1_000 * seconds) / 1_000;
}
