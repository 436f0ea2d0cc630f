import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import { GuardedStore } from "../../src/store/guarded_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import type { StoreRoom } from "../../src/store/store_health.ts";

const claimOf = (ticketId: string) => ({ ticketId, expiresAtEpochSeconds: 1_000 });
const state = (reference: string) => ({ reference, state: Uint8Array.of(1), expiresAtEpochSeconds: 1_000 });

/** A store whose writes fail, of some kinds, as those of a read-only replica or a full disk do. */
function scene() {
  const memory = memoryStore(() => 0);
  const broken = new Set<StoreRoom | "reads">();
  const clock = { nowMs: 0 };
  const told: string[] = [];
  let writes = 0;
  const writing = <T>(room: StoreRoom, call: () => T): T => {
    writes++;
    if (broken.has(room)) throw new Error("READONLY");
    return call();
  };
  const reading = <T>(call: () => T): T => {
    if (broken.has("reads")) throw new Error("no answer");
    return call();
  };
  let tellBack = () => {};
  const store: GatewayStore = {
    ...memory,
    onBack: (listener) => tellBack = listener,
    claims: {
      claim: (batch) => writing("claims", () => memory.claims.claim(batch)),
      isClaimed: (batch) => reading(() => memory.claims.isClaimed(batch)),
    },
    ticketStates: {
      put: (batch) => writing("ticketStates", () => memory.ticketStates.put(batch)),
      get: (batch) => reading(() => memory.ticketStates.get(batch)),
      delete: (batch) => writing("ticketStates", () => memory.ticketStates.delete(batch)),
    },
    revocations: {
      add: (batch) => writing("revocations", () => memory.revocations.add(batch)),
      has: (batch) => reading(() => memory.revocations.has(batch)),
    },
  };
  const guarded = new GuardedStore(store, {
    now: () => 0,
    monotonicMs: () => clock.nowMs,
    onChange: ({ type }) => told.push(type),
  });
  return { guarded, broken, clock, told, writes: () => writes, tellBack: () => tellBack() };
}

test("a store that reads and does not write is told down once, rests longer each time, and is up when a write says so", () => {
  const { guarded, broken, clock, told, writes } = scene();
  broken.add("claims");
  assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), [false]);
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [undefined]);
  for (const [restMs, tried] of [[250, 2], [500, 3], [1_000, 4], [2_000, 5], [4_000, 6], [5_000, 7], [5_000, 8]]) {
    clock.nowMs += restMs - 1;
    assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), ["unknown"], "refused when it is presented");
    assert.equal(writes(), tried - 1);
    clock.nowMs += 1;
    assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), ["unknown"], "although the read itself was answered");
    assert.equal(writes(), tried, `after ${restMs} ms a write is tried, once`);
    assert.deepEqual(guarded.revocations.has([claimOf("a")]), ["unknown"]);
  }
  assert.deepEqual(told, ["store-down"]);
  broken.clear();
  clock.nowMs += 5_000;
  assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), [false]);
  assert.deepEqual(told, ["store-down", "store-up"]);
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [true]);
});

test("what a write was answered counts although the store is still down: asked again, a store that knows no claimants would say no", () => {
  const { guarded, broken, clock, told } = scene();
  assert.deepEqual(guarded.ticketStates.put([state("r")]), [true]);
  broken.add("revocations");
  guarded.revocations.add([claimOf("revoked")]);
  clock.nowMs += 250;
  assert.deepEqual(guarded.claims.claim([claimOf("a"), claimOf("b")]), [true, true]);
  assert.equal(guarded.isDown, true, "revocations cannot be written");
  clock.nowMs += 500;
  assert.deepEqual(guarded.ticketStates.delete(["r"]), [true]);
  clock.nowMs += 1_000;
  assert.deepEqual(guarded.claims.isClaimed([claimOf("c")]), ["unknown"], "what was read may be old");
  assert.deepEqual(told, ["store-down"]);
  broken.clear();
  clock.nowMs += 2_000;
  assert.deepEqual(guarded.claims.claim([claimOf("a"), claimOf("c")]), [false, true]);
  assert.equal(guarded.counters.store_double_claims_total, 0);
});

test("what could not be written is what has to be, before the store is up: of each kind", () => {
  const writesOf: { readonly [Room in StoreRoom]: (store: GatewayStore) => unknown } = {
    claims: (store) => store.claims.claim([claimOf("a")]),
    ticketStates: (store) => store.ticketStates.put([state("r")]),
    revocations: (store) => store.revocations.add([claimOf("a")]),
  };
  for (const room of ["claims", "ticketStates", "revocations"] as const) {
    const { guarded, broken, clock, told } = scene();
    broken.add(room);
    writesOf[room](guarded);
    clock.nowMs += 250;
    for (const other of ["claims", "ticketStates", "revocations"] as const) if (other !== room) writesOf[other](guarded);
    assert.deepEqual([guarded.isDown, told], [true, ["store-down"]], room);
    broken.clear();
    clock.nowMs += 5_000;
    writesOf[room](guarded);
    assert.deepEqual([guarded.isDown, told], [false, ["store-down", "store-up"]], room);
  }
});

test("a store whose reads have failed proves a write too, in order that it is not up for one client only", () => {
  const { guarded, broken, clock, told } = scene();
  broken.add("reads").add("claims");
  assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), ["unknown"]);
  broken.delete("reads");
  clock.nowMs += 250;
  assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), ["unknown"]);
  assert.deepEqual(told, ["store-down"]);
});

test("calls that had begun before the store was down neither lengthen its rest nor end it", async () => {
  const memory = memoryStore(() => 0);
  const answers: ((fails: boolean) => void)[] = [];
  const later = <T>(call: () => T) =>
    new Promise<T>((resolve, reject) => answers.push((fails) => fails ? reject(new Error("no answer")) : resolve(call())));
  const clock = { nowMs: 0 };
  const store: GatewayStore = {
    ...memory,
    claims: { claim: (batch) => memory.claims.claim(batch), isClaimed: (batch) => later(() => [...batch].map(() => false)) },
  };
  const guarded = new GuardedStore(store, { monotonicMs: () => clock.nowMs, timeoutMs: 10_000 });
  const calls = Array.from({ length: 4 }, () => guarded.claims.isClaimed([claimOf("a")]));
  for (const fails of [true, true, true, false]) answers.shift()!(fails);
  assert.deepEqual((await Promise.all(calls)).flat(), ["unknown", "unknown", "unknown", false]);
  assert.equal(guarded.isDown, true);
  clock.nowMs = 250;
  const probe = guarded.claims.isClaimed([claimOf("a")]);
  answers.shift()!(false);
  assert.deepEqual(await probe, [false], "after the first rest, and not after three times its double");
  assert.equal(guarded.isDown, false);
});

test("a store that fails as soon as it is up again is left alone for longer than before", () => {
  const { guarded, broken, clock, told } = scene();
  for (const restMs of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    broken.add("claims");
    guarded.claims.claim([claimOf(`${restMs}`)]);
    broken.clear();
    clock.nowMs += restMs - 1;
    assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), ["unknown"], `${restMs} ms`);
    clock.nowMs += 1;
    assert.deepEqual(guarded.claims.isClaimed([claimOf("a")]), [false], `${restMs} ms`);
  }
  assert.equal(told.length, 14);
});

test("a store that says that it can be reached again is asked at once, but never sooner than after the first rest", () => {
  const { guarded, broken, clock, told, writes, tellBack } = scene();
  broken.add("claims");
  tellBack();
  for (const _ of [1, 2, 3, 4, 5, 6]) {
    assert.deepEqual(guarded.claims.claim([claimOf("a")]), [undefined]);
    clock.nowMs += 5_000;
  }
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [undefined]);
  const before = writes();
  tellBack();
  clock.nowMs += 249;
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [undefined]);
  assert.equal(writes(), before, "it rests");
  clock.nowMs += 1;
  broken.delete("claims");
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [true]);
  assert.deepEqual(told, ["store-down", "store-up"]);
});
