import assert from "node:assert/strict";
import { test } from "node:test";
import { Readiness } from "../../../src/cli/http/readiness.ts";

test("a gateway whose store is down is not ready, unless it accepts tickets without it", () => {
  for (const [storeFailure, isReady] of [["refuse", false], ["wait", false], ["accept", true]] as const) {
    const readiness = new Readiness(storeFailure);
    assert.deepEqual(readiness.reasons, []);
    readiness.isStoreUp = false;
    assert.equal(readiness.reasons.length === 0, isReady, storeFailure);
    readiness.isStoreUp = true;
    assert.deepEqual(readiness.reasons, []);
  }
});

test("a gateway that is drained is not ready from the begin of that on, unless it was refused", async () => {
  const readiness = new Readiness("refuse");
  const refuses = { drain: () => Promise.reject(new RangeError("no gateway")) };
  await assert.rejects(readiness.drain(refuses, { to: "not a name", seconds: 1 }), RangeError);
  assert.deepEqual(readiness.reasons, []);
  const never = Promise.withResolvers<number>();
  const left = readiness.drain({ drain: () => never.promise }, { to: "192.0.2.7", seconds: 1 });
  assert.match(readiness.reasons[0], /^draining/);
  never.resolve(2);
  assert.equal(await left, 2);
  await assert.rejects(readiness.drain(refuses, { to: "not a name", seconds: 1 }), RangeError);
  assert.equal(readiness.reasons.length, 1);
});
