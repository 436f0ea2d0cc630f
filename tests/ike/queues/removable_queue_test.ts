import * as fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { RemovableQueue } from "../../../src/ike/queues/removable_queue.ts";

test("it gives out as a set in order of insertion does, whatever is put in and taken out", () => {
  const change = fc.record({ item: fc.nat(12), what: fc.constantFrom("add", "delete", "take") });
  fc.assert(fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
    const queue = new RemovableQueue<number>();
    const expected = new Set<number>();
    for (const { item, what } of changes) {
      if (what === "add") queue.add(item);
      if (what === "add") expected.add(item);
      const gone = what === "take" ? queue.first() : item;
      if (what === "take") assert.equal(gone, expected.values().next().value);
      if (what !== "add" && gone !== undefined) {
        queue.delete(gone);
        expected.delete(gone);
      }
      assert.deepEqual([queue.size, queue.has(item)], [expected.size, expected.has(item)]);
    }
  }));
});

test("the order holds over ten thousand that come and go, beside one that stays at the front", () => {
  const queue = new RemovableQueue<number>();
  for (let item = 0; item < 10_000; item++) {
    queue.add(item);
    if (item >= 10) queue.delete(item - 9);
  }
  const left: number[] = [];
  for (let item = queue.first(); item !== undefined; item = queue.first()) {
    left.push(item);
    queue.delete(item);
  }
  assert.deepEqual(left, [0, ...Array.from({ length: 9 }, (_, index) => 9_991 + index)]);
});
