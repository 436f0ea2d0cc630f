import assert from "node:assert/strict";
import { test } from "node:test";
import { HookError, HookFaults, REPORT_INTERVAL_MS } from "../../../src/ike/steps/hook_faults.ts";

function scene(onFault: (fault: HookError) => unknown = () => {}) {
  const told: HookError[] = [];
  const clock = { nowMs: 0 };
  const faults = new HookFaults((fault) => {
    told.push(fault);
    return onFault(fault);
  }, () => clock.nowMs);
  return { faults, told, clock };
}

test("each function that throws is told of once, by its name and with what it threw, and again when the pause is over", () => {
  const { faults, told, clock } = scene();
  const full = new Error("no space left on device");
  const throwing = () => {
    throw full;
  };
  for (let time = 0; time < 100; time++) faults.call("onEffect", throwing);
  faults.call("onOther", throwing);
  assert.deepEqual(told.map(({ hook, times }) => [hook, times]), [["onEffect", 1], ["onOther", 1]]);
  assert.equal(told[0].cause, full);
  assert.equal(told[0].message, "onEffect threw: no space left on device");
  clock.nowMs += REPORT_INTERVAL_MS - 1;
  faults.call("onEffect", throwing);
  assert.equal(told.length, 2);
  clock.nowMs += 1;
  faults.call("onEffect", throwing);
  assert.deepEqual([told[2].hook, told[2].times], ["onEffect", 101]);
  assert.equal(faults.total, 103);
});

test("a promise that is rejected counts as a throw, and is nobody's unhandled rejection", async () => {
  const { faults, told } = scene();
  faults.call("onEffect", () => Promise.reject(new Error("later")));
  assert.equal(faults.total, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told.map(({ message }) => message), ["onEffect threw: later"]);
});

test("whoever is told of faults may throw himself, at once or later, and is counted", async () => {
  for (
    const onFault of [() => {
      throw new Error("once more");
    }, () => Promise.reject(new Error("once more"))]
  ) {
    const { faults } = scene(onFault);
    faults.take("onEffect", "no error, just a word");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(faults.total, 2);
  }
});

test("each of several things is told, also behind one at which the listener threw or whose promise was rejected", async () => {
  const { faults, told } = scene();
  const heard: number[] = [];
  faults.tellEach("onEffect", (number: number) => {
    heard.push(number);
    if (number === 1) throw new Error("at once");
    return number === 2 ? Promise.reject(new Error("later")) : undefined;
  }, [1, 2, 3]);
  assert.deepEqual(heard, [1, 2, 3]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(faults.total, 2);
  assert.deepEqual(told.map(({ hook }) => hook), ["onEffect"]);
});
