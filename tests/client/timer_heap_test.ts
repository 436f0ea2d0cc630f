import assert from "node:assert/strict";
import * as fc from "fast-check";
import { test } from "node:test";
import { TimerHeap } from "../../src/client/timer_heap.ts";

test("deadlines come out earliest first, whatever the order they went in", () => {
  fc.assert(fc.property(fc.array(fc.nat(1_000)), (deadlines) => {
    const heap = new TimerHeap<number>();
    deadlines.forEach((deadline, index) => heap.add(deadline, index));
    const taken: number[] = [];
    for (let due = heap.takeDue(Infinity); due !== undefined; due = heap.takeDue(Infinity)) taken.push(due.deadline);
    assert.deepEqual(taken, [...deadlines].sort((a, b) => a - b));
    assert.equal(heap.size, 0);
  }));
});

test("what is not due stays", () => {
  const heap = new TimerHeap<string>();
  heap.add(10, "later");
  heap.add(5, "sooner");
  assert.equal(heap.takeDue(4), undefined);
  assert.deepEqual(heap.takeDue(5), { deadline: 5, owner: "sooner" });
  assert.equal(heap.takeDue(9), undefined);
  assert.equal(heap.earliest, 10);
});
