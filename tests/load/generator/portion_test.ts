import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clientsOf, isIn, partOf, type Portion, WHOLE } from "../../../src/load/generator/portion.ts";

/** Parts that machines of these weights have, each divided among so many workers. */
function portionsOf(weights: readonly number[], workers: number): Portion[] {
  const of = weights.reduce((sum, weight) => sum + weight, 0);
  let first = 0;
  return weights.flatMap((weight) => {
    const portion = { first, end: first += weight, of };
    return Array.from({ length: workers }, (_, index) => partOf(portion, index, workers));
  });
}

const someWeights = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 });
const fewWorkers = fc.integer({ min: 1, max: 8 });

test("every client belongs to one part, whatever the weights and workers are", () => {
  fc.assert(fc.property(someWeights, fewWorkers, fc.integer({ min: 1, max: 5_000 }), (weights, workers, clients) => {
    let next = 0;
    for (const portion of portionsOf(weights, workers)) {
      const { from, end } = clientsOf(portion, clients);
      assert.equal(from, next);
      next = end;
    }
    assert.equal(next, clients);
  }));
});

test("every beginning belongs to one part", () => {
  fc.assert(fc.property(someWeights, fewWorkers, fc.integer({ min: 0, max: 1e9 }), (weights, workers, beginning) => {
    assert.equal(portionsOf(weights, workers).filter((portion) => isIn(portion, beginning)).length, 1);
  }));
});

test("each part has its share of the beginnings at all times, not in bursts", () => {
  const [large, small] = portionsOf([3, 1], 1);
  for (let from = 0; from < 10_000; from += 100) {
    const among = (portion: Portion) =>
      Array.from({ length: 100 }, (_, index) => from + index).filter((at) => isIn(portion, at)).length;
    assert.ok(
      Math.abs(among(large) - 75) <= 4 && Math.abs(among(small) - 25) <= 4,
      `${from}: ${among(large)}, ${among(small)}`,
    );
  }
});

test("the whole is all of it", () => {
  assert.deepEqual(clientsOf(WHOLE, 7), { from: 0, end: 7 });
  assert.ok([0, 1, 2, 1e6].every((beginning) => isIn(WHOLE, beginning)));
});
