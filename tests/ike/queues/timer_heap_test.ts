import * as fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Timed, TimerHeap } from "../../../src/ike/queues/timer_heap.ts";

interface Named extends Timed {
  readonly name: number;
}

function named(name: number): Named {
  return { name, armedFor: Infinity, heapPosition: -1 };
}

function takeAll(heap: TimerHeap<Named>): number[] {
  const taken: number[] = [];
  for (let earliest = heap.earliest; earliest !== undefined; earliest = heap.earliest) {
    const due = heap.takeDue(Infinity);
    assert.deepEqual([due?.armedFor, due?.heapPosition], [Infinity, -1], "what was taken out waits no longer");
    taken.push(earliest);
  }
  return taken;
}

test("deadlines come out earliest first, however they were set, moved and taken out", () => {
  const change = fc.record({ who: fc.nat(30), deadline: fc.option(fc.nat(1_000), { nil: undefined }) });
  fc.assert(fc.property(fc.array(change), (changes) => {
    const heap = new TimerHeap<Named>();
    const items = Array.from({ length: 31 }, (_, name) => named(name));
    const expected = new Map<number, number>();
    for (const { who, deadline } of changes) {
      if (deadline === undefined) heap.disarm(items[who]);
      else heap.arm(items[who], deadline);
      if (deadline === undefined) expected.delete(who);
      else expected.set(who, deadline);
      assert.equal(heap.size, expected.size);
    }
    for (const { name, armedFor } of items) assert.equal(armedFor, expected.get(name) ?? Infinity);
    assert.deepEqual(takeAll(heap), [...expected.values()].sort((a, b) => a - b));
  }));
});

test("what is not due stays", () => {
  const heap = new TimerHeap<Named>();
  const [later, sooner] = [named(1), named(2)];
  heap.arm(later, 10);
  heap.arm(sooner, 5);
  assert.equal(heap.takeDue(4), undefined);
  assert.equal(heap.takeDue(5), sooner);
  assert.equal(heap.takeDue(9), undefined);
  assert.equal(heap.earliest, 10);
});

test("nothing waits in a heap that was cleared, and what waited may wait again", () => {
  const heap = new TimerHeap<Named>();
  const item = named(1);
  heap.arm(item, 10);
  heap.clear();
  assert.deepEqual([heap.earliest, heap.takeDue(Infinity)], [undefined, undefined]);
  heap.arm(item, 20);
  assert.equal(heap.earliest, 20);
});
