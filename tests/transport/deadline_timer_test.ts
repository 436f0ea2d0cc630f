import assert from "node:assert/strict";
import { test } from "node:test";
import { DeadlineTimer } from "../../src/transport/deadline_timer.ts";
import { systemClock } from "../../src/transport/system_clock.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const inMs = (milliseconds: number) => systemClock().monotonicMs + milliseconds;

test("a deadline is told of once, not before it", async () => {
  const due: number[] = [];
  const timer = new DeadlineTimer(systemClock, () => due.push(systemClock().monotonicMs));
  const deadline = inMs(20);
  timer.set(deadline);
  await pause(80);
  assert.equal(due.length, 1);
  assert.ok(due[0] >= deadline);
});

test("a later deadline replaces an earlier one, and an earlier one a later one", async () => {
  let due = 0;
  const timer = new DeadlineTimer(systemClock, () => due++);
  timer.set(inMs(5));
  timer.set(inMs(10_000));
  await pause(40);
  assert.equal(due, 0);
  timer.set(inMs(5));
  await pause(60);
  assert.equal(due, 1);
  timer.clear();
});

test("no deadline, or a cleared one, is never told of", async () => {
  let due = 0;
  const timer = new DeadlineTimer(systemClock, () => due++);
  timer.set(inMs(5));
  timer.set(undefined);
  await pause(30);
  timer.set(inMs(5));
  timer.clear();
  await pause(30);
  assert.equal(due, 0);
});
