import * as fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Timed } from "../../../src/ike/queues/timer_heap.ts";
import { TimerWheel } from "../../../src/ike/queues/timer_wheel.ts";

/** An item that counts how often it is put somewhere. */
class Counted implements Timed {
  readonly name: number;
  armedFor = Infinity;
  moves = 0;
  #place = -1;

  constructor(name: number) {
    this.name = name;
  }

  get heapPosition(): number {
    return this.#place;
  }

  set heapPosition(place: number) {
    this.#place = place;
    this.moves++;
  }
}

function takeDue(wheel: TimerWheel<Counted>, now: number): Counted | undefined {
  for (;;) {
    const due = wheel.takeDue(now);
    if (due !== undefined || !wheel.isTurning) return due;
  }
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

/** Of every order of magnitude: some in the tick that is now, some on each level, some beyond the last. */
const span = fc.oneof(
  fc.nat(300),
  fc.nat(20 * SECOND),
  fc.nat(3_600 * SECOND),
  fc.nat(2 * DAY),
  fc.nat(200 * DAY),
  fc.constant(10_000 * DAY),
  fc.double({ min: 0, max: 10 * SECOND, noNaN: true }),
);

test("deadlines come out of the wheel as from a sorted list, however they were set, moved and taken out while time goes on", () => {
  const change = fc.oneof(
    fc.record({ who: fc.nat(30), after: span }),
    fc.record({ who: fc.nat(30) }),
    fc.record({ passing: span }),
  );
  fc.assert(
    fc.property(span, fc.array(change, { maxLength: 100 }), (start, changes) => {
      let now = start;
      const wheel = new TimerWheel<Counted>();
      const items = Array.from({ length: 31 }, (_, name) => new Counted(name));
      const expected = new Map<Counted, number>();
      for (const change of changes) {
        if ("passing" in change) {
          now += change.passing;
          let before = -Infinity;
          for (let due = takeDue(wheel, now); due !== undefined; due = takeDue(wheel, now)) {
            const deadline = expected.get(due)!;
            assert.ok(deadline <= now && deadline >= before);
            assert.deepEqual([due.armedFor, due.heapPosition], [Infinity, -1]);
            expected.delete(due);
            before = deadline;
          }
          assert.ok([...expected.values()].every((deadline) => deadline > now));
        } else if ("after" in change) {
          wheel.arm(items[change.who], now + change.after);
          expected.set(items[change.who], now + change.after);
        } else {
          wheel.disarm(items[change.who]);
          expected.delete(items[change.who]);
        }
        assert.equal(wheel.size, expected.size);
        for (const item of items) assert.equal(item.armedFor, expected.get(item) ?? Infinity);
        if (expected.size === 0) assert.equal(wheel.earliest, undefined);
        else assert.ok(wheel.earliest! <= Math.min(...expected.values()));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("whoever is asked when to ask again is asked a few times before a deadline at most, and at the deadline", () => {
  fc.assert(fc.property(fc.array(span, { minLength: 1 }), (deadlines) => {
    const wheel = new TimerWheel<Counted>();
    deadlines.forEach((deadline, name) => wheel.arm(new Counted(name), deadline));
    const taken: number[] = [];
    let asked = 0;
    for (let next = wheel.earliest; next !== undefined; next = wheel.earliest) {
      asked++;
      if (wheel.takeDue(next) !== undefined) taken.push(next);
    }
    assert.deepEqual(taken, deadlines.sort((one, other) => one - other));
    assert.ok(asked <= 8 * deadlines.length, `${asked} times for ${deadlines.length}`);
  }));
});

test("however many deadlines are together, one call moves few, and to set one or take it out moves two at most", () => {
  const MANY = 100_000;
  const wheel = new TimerWheel<Counted>();
  const items = Array.from({ length: MANY }, (_, name) => new Counted(name));
  const movesOf = (act: () => void) => {
    const before = items.reduce((sum, { moves }) => sum + moves, 0);
    act();
    return items.reduce((sum, { moves }) => sum + moves, 0) - before;
  };
  for (const item of items) wheel.arm(item, DAY + item.name % 50);
  assert.ok(movesOf(() => wheel.disarm(items[7])) <= 2);
  assert.ok(movesOf(() => wheel.arm(items[7], DAY)) <= 2);
  assert.ok(movesOf(() => wheel.arm(items[8], DAY + 1)) <= 4);
  for (let call = 0; call < 20; call++) assert.ok(movesOf(() => wheel.takeDue(DAY)) <= 64 * 20);
  let taken = 0;
  while (takeDue(wheel, 2 * DAY) !== undefined) taken++;
  assert.equal(taken, MANY);
});

test("a deadline that is set while very many others are being moved is asked for in its time, though they are due much later", () => {
  const wheel = new TimerWheel<Counted>();
  const late = DAY + 600 * SECOND;
  for (let name = 0; name < 1_000; name++) wheel.arm(new Counted(name), late);
  // Their slot's time has come long before they are due, and one call does not move them all.
  let now = 0;
  while (!wheel.isTurning) assert.equal(wheel.takeDue(now += 60 * SECOND), undefined);
  const [inSlot, inHeap] = [new Counted(1_000), new Counted(1_001)];
  for (const [item, after] of [[inSlot, SECOND], [inHeap, 1]] as const) {
    wheel.arm(item, now + after);
    assert.ok(wheel.earliest! <= now + after, `${wheel.earliest} for ${now + after}`);
  }
  assert.equal(takeDue(wheel, now + 1), inHeap);
  assert.equal(takeDue(wheel, now + SECOND), inSlot);
});

test("what is left of very many that are being moved may be taken out, and the wheel asks for nothing, or for what comes next", () => {
  for (const next of [undefined, 10 * DAY]) {
    const wheel = new TimerWheel<Counted>();
    const crowd = Array.from({ length: 1_000 }, (_, name) => new Counted(name));
    for (const item of crowd) wheel.arm(item, DAY);
    if (next !== undefined) wheel.arm(new Counted(-1), next);
    while (wheel.size === 0 || !wheel.isTurning) wheel.takeDue(DAY - SECOND);
    for (const item of crowd) wheel.disarm(item);
    assert.equal(wheel.size, next === undefined ? 0 : 1);
    assert.equal(wheel.earliest, next);
    assert.equal(takeDue(wheel, 10 * DAY)?.name, next === undefined ? undefined : -1);
  }
});

test("nothing waits in a wheel that was cleared, and what waited may wait again", () => {
  const wheel = new TimerWheel<Counted>();
  const items = [new Counted(1), new Counted(2)];
  wheel.arm(items[0], 10);
  wheel.arm(items[1], DAY);
  wheel.clear();
  assert.deepEqual([wheel.earliest, takeDue(wheel, 2 * DAY), wheel.size], [undefined, undefined, 0]);
  for (const item of items) wheel.arm(item, 3 * DAY);
  assert.equal(wheel.earliest, 3 * DAY);
});
