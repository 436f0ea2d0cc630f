import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IntervalIndex } from "../../../src/ike/child_sa/interval_index.ts";

interface Interval {
  readonly start: number;
  readonly end: number;
}

test("the intervals that overlap another are found among thousands, in the order of their starts, whatever came and went", () => {
  const interval = fc.tuple(fc.nat(20_000), fc.oneof(fc.constant(0), fc.nat(50), fc.nat(20_000))).map(([start, length]) => (
    { start, end: start + length }
  ));
  const many = { maxLength: 3_000, size: "max" } as const;
  fc.assert(
    fc.property(
      fc.array(interval, many),
      fc.array(fc.nat(3_000)),
      fc.array(interval, { maxLength: 20 }),
      (added, gone, asked) => {
        const index = new IntervalIndex<Interval>(({ start }) => start, ({ end }) => end);
        const left = new Set(added);
        for (const one of added) index.add(one);
        for (const place of gone) {
          if (place >= added.length) continue;
          index.delete(added[place]);
          left.delete(added[place]);
        }
        for (const { start, end } of asked) {
          const found = [...index.overlapping(start, end)];
          assert.deepEqual(new Set(found), new Set([...left].filter((one) => one.start <= end && one.end >= start)));
          assert.equal(new Set(found).size, found.length);
          assert.ok(found.every((one, at) => at === 0 || found[at - 1].start <= one.start));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a search among single addresses looks at few of very many", () => {
  let looks = 0;
  const index = new IntervalIndex<number>((address) => {
    looks++;
    return address;
  });
  const MANY = 100_000;
  for (let address = 0; address < MANY; address++) index.add(address * 7 % MANY);
  looks = 0;
  assert.deepEqual([...index.overlapping(MANY - 3, MANY)], [MANY - 3, MANY - 2, MANY - 1]);
  assert.ok(looks < 2_000, `${looks} looks`);
  for (let address = 0; address < MANY; address++) index.delete(address);
  assert.deepEqual([...index.overlapping(0, MANY)], []);
});
