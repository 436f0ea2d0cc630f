import assert from "node:assert/strict";
import { test } from "node:test";
import { PacedQueue } from "../../../src/ike/queues/paced_queue.ts";

/** Takes all that may be taken at each moment it names, until nothing waits. */
function takenAt(queue: PacedQueue<number>, fromMs: number): [atMs: number, item: number][] {
  const taken: [number, number][] = [];
  for (let atMs = fromMs; queue.nextMs !== undefined; atMs = Math.max(atMs, queue.nextMs ?? atMs)) {
    for (let item = queue.take(atMs); item !== undefined; item = queue.take(atMs)) taken.push([atMs, item]);
  }
  return taken;
}

test("items come out in their order, at the rate and no faster, after a burst of 50 ms of it", () => {
  for (const perSecond of [1, 7, 1_000, 40_000]) {
    const queue = new PacedQueue<number>(perSecond);
    const count = perSecond * 5;
    for (let item = 0; item < count; item++) queue.add(item);
    const taken = takenAt(queue, 1_000);
    assert.deepEqual(taken.map(([, item]) => item), Array.from({ length: count }, (_, item) => item));
    const burst = Math.max(1, perSecond / 20);
    for (const second of [1, 2, 3, 4]) {
      const inTime = taken.filter(([atMs]) => atMs < 1_000 + second * 1_000).length;
      assert.ok(inTime <= second * perSecond + burst, `${inTime} in ${second} s at ${perSecond} a second`);
    }
    const lastAt = taken.at(-1)![0];
    assert.ok(lastAt <= 1_000 + 5_000, `the last came after ${lastAt - 1_000} ms, expected as fast as the rate allows`);
  }
});

test("an item waits once, and can come again after it was taken", () => {
  const queue = new PacedQueue<number>(1_000);
  queue.add(1);
  queue.add(2);
  queue.add(1);
  assert.equal(queue.size, 2);
  assert.deepEqual([queue.take(0), queue.take(0), queue.take(0)], [1, 2, undefined]);
  assert.equal(queue.nextMs, undefined);
  queue.add(1);
  assert.equal(queue.take(0), 1);
});

test("after a pause the first is given out at once, and a pause of any length saves no more than the burst", () => {
  const queue = new PacedQueue<number>(1_000);
  for (let item = 0; item < 200; item++) queue.add(item);
  let taken = 0;
  while (queue.take(0) !== undefined) taken++;
  assert.equal(taken, 50);
  while (queue.take(86_400_000) !== undefined) taken++;
  assert.equal(taken, 100);
  assert.equal(queue.nextMs, 86_400_020);
});
