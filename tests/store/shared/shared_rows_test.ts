import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowKeeper } from "../../../src/store/shared/row_keeper.ts";
import { type Insertion, newRowMemory, SharedRows } from "../../../src/store/shared/shared_rows.ts";
import type { TicketRow } from "../../../src/store/ticket_rows.ts";

const EXPIRY = 5_000;
const ROW: TicketRow = { owner: 2 ** 53 - 1, issuedAtEpochSeconds: 4_000, below: 2 ** 32 };
const LIMIT = 64;

/** The keeper, and threads' views of one memory, with rows that are granted. */
function shared(threads: number, limit = LIMIT, now: () => number = () => 0) {
  const memory = newRowMemory(limit, 7);
  const keeper = new RowKeeper(new SharedRows(memory), now);
  keeper.set("granted", ROW, EXPIRY);
  keeper.deleteWhere(() => true);
  return { keeper, threads: Array.from({ length: threads }, () => new SharedRows(memory)) };
}

test("[R-4.3.1-2] a name is put in once, whichever threads put it in, and found by all of them", () => {
  const name = fc.oneof(
    fc.stringMatching(/^[0-9a-f]{0,3}$/),
    fc.string({ maxLength: 3 }),
    fc.string({ minLength: 49, maxLength: 50 }),
  );
  const step = fc.record({ thread: fc.nat(2), name, asks: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const { threads } = shared(3, 256);
    const model = new Set<string>();
    for (const { thread, name, asks } of steps) {
      if (asks) assert.equal(threads[thread].find(name) !== 0, model.has(name));
      else {
        assert.equal(threads[thread].insert(name, ROW, EXPIRY), model.has(name) ? "present" : "inserted");
        model.add(name);
      }
    }
  }));
});

test("what the keeper takes out is gone and its room used again, and all else is found as before", () => {
  const name = fc.nat(99).map(String);
  const step = fc.oneof(
    fc.record({ put: name, expires: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ now: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ drop: fc.nat(5) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    let now = 0;
    const { keeper, threads: [thread] } = shared(1, LIMIT, () => now);
    const model = new Map<string, number>();
    for (const one of steps) {
      if ("put" in one) {
        const before = model.size;
        const insertion = thread.insert(one.put, ROW, one.expires);
        if (insertion === "present") assert.ok(model.has(one.put));
        else if (insertion === "full") assert.equal(before, LIMIT);
        else model.set(one.put, one.expires);
      } else if ("now" in one) {
        now = one.now;
        keeper.sweep();
        for (const [key, expires] of model) if (expires < now) model.delete(key);
      } else {
        keeper.deleteWhere(({ expiresAtEpochSeconds }) => expiresAtEpochSeconds % 6 === one.drop);
        for (const [key, expires] of model) if (expires % 6 === one.drop) model.delete(key);
      }
      assert.equal(keeper.size, model.size);
    }
    for (let number = 0; number < 100; number++) {
      assert.equal(keeper.get(`${number}`)?.expiresAtEpochSeconds, model.get(`${number}`));
    }
    assert.deepEqual([...keeper.values()].length, model.size);
  }));
});

/** Does something before each call of `Atomics`; what it does is not interrupted. */
function between<T>(act: (call: number) => void, body: () => T): T {
  const originals = Object.fromEntries(NAMES.map((name) => [name, atomics()[name]])) as ReturnType<typeof atomics>;
  let call = 0;
  let isActing = false;
  for (const name of NAMES) {
    const original = originals[name] as (...args: unknown[]) => unknown;
    atomics()[name] = (...args: unknown[]) => {
      if (!isActing) {
        isActing = true;
        try {
          act(call++);
        } finally {
          isActing = false;
        }
      }
      return original(...args);
    };
  }
  try {
    return body();
  } finally {
    Object.assign(atomics(), originals);
  }
}

const NAMES = ["load", "store", "add", "sub", "compareExchange"] as const;

function atomics(): Record<typeof NAMES[number], unknown> {
  return Atomics as unknown as Record<typeof NAMES[number], unknown>;
}

/** How many calls of `Atomics` the first insertion makes. */
function callsOfInsertion(): number {
  const { threads: [thread] } = shared(1);
  let calls = 0;
  between(() => calls++, () => thread.insert("aa", ROW, EXPIRY));
  return calls;
}

test("[R-4.3.1-2] of two threads that put in one name at once, whatever of one comes between whatever of the other, one gets it", () => {
  const calls = callsOfInsertion();
  assert.ok(calls >= 4, `${calls} calls`);
  for (let at = 0; at < calls; at++) {
    const { keeper, threads: [first, second] } = shared(2);
    let other: Insertion | undefined;
    const one = between((call) => {
      if (call === at) other = second.insert("aa", ROW, EXPIRY);
    }, () => first.insert("aa", ROW, EXPIRY));
    assert.deepEqual([one, other].sort(), ["inserted", "present"], `at call ${at}`);
    // The row that was not needed serves the next.
    assert.equal(first.insert("bb", ROW, EXPIRY), "inserted");
    assert.equal(keeper.size, 2);
  }
});

test("[R-4.3.1-2] a thread that ends in the midst of putting a name in has put it in or not, and others come by", () => {
  const calls = callsOfInsertion();
  for (let at = 0; at < calls; at++) {
    const { keeper, threads: [dead, living] } = shared(2);
    const end = new Error("terminated");
    assert.throws(() =>
      between((call) => {
        if (call === at) throw end;
      }, () => dead.insert("aa", ROW, EXPIRY)), end);
    assert.equal(living.insert("aa", ROW, EXPIRY), "inserted");
    assert.equal(living.insert("aa", ROW, EXPIRY), "present");
    keeper.deleteWhere(() => true);
    assert.equal(living.find("aa"), 0);
    assert.equal(living.insert("aa", ROW, EXPIRY), "inserted");
  }
});

test("what a row says comes back to every thread as it was put in, and what is not known as not known", () => {
  const { keeper, threads: [thread] } = shared(1);
  const unknown = { owner: undefined, issuedAtEpochSeconds: undefined, below: undefined };
  thread.insert("00", ROW, EXPIRY + 0.25);
  thread.insert("01", unknown, EXPIRY);
  assert.deepEqual(keeper.get("00"), { value: ROW, expiresAtEpochSeconds: EXPIRY + 0.25 });
  assert.deepEqual(keeper.get("01"), { value: unknown, expiresAtEpochSeconds: EXPIRY });
});

test("names that differ in a leading zero, in letters' case or in length alone are different names", () => {
  const { threads: [thread] } = shared(1);
  const names = ["", "0", "00", "a", "A", "0a", "f".repeat(48), "f".repeat(49), "F".repeat(48), "g", ":", "`", "é"];
  for (const name of names) assert.equal(thread.insert(name, ROW, EXPIRY), "inserted", name);
  for (const name of names) assert.equal(thread.insert(name, ROW, EXPIRY), "present", name);
});
