import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import { GuardedStore, type StoreChange } from "../../src/store/guarded_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { StoreError } from "../../src/store/store_error.ts";

const claimOf = (ticketId: string, expiresAtEpochSeconds = 1_000) => ({ ticketId, expiresAtEpochSeconds });

/** A store that fails while told to: by throwing, by rejecting, or by never answering. */
function failing() {
  const memory = memoryStore(() => 0);
  const state: { how: "throw" | "reject" | "hang" | undefined; calls: number } = { how: undefined, calls: 0 };
  const through = <T>(call: () => T | Promise<T>): T | Promise<T> => {
    state.calls++;
    if (state.how === "throw") throw new Error("thrown");
    if (state.how === "reject") return Promise.reject(new StoreError("full", "rejected"));
    if (state.how === "hang") return new Promise(() => {});
    return call();
  };
  const store: GatewayStore = {
    name: "failing",
    claims: {
      claim: (batch) => through(() => memory.claims.claim(batch)),
      isClaimed: (batch) => through(() => memory.claims.isClaimed(batch)),
    },
    ticketStates: {
      put: (batch) => through(() => memory.ticketStates.put(batch)),
      get: (batch) => through(() => memory.ticketStates.get(batch)),
      delete: (batch) => through(() => memory.ticketStates.delete(batch)),
    },
    revocations: {
      add: (batch) => through(() => memory.revocations.add(batch)),
      has: (batch) => through(() => memory.revocations.has(batch)),
    },
    close: () => memory.close(),
  };
  return { store, state };
}

test("a store that answers at once is not made to answer later", () => {
  const store = new GuardedStore(memoryStore(() => 0));
  assert.deepEqual(store.claims.claim([claimOf("a")]), [true]);
  assert.deepEqual(store.ticketStates.get(["r"]), [undefined]);
  assert.equal(store.isDown, false);
  assert.deepEqual(store.counters, {
    store_owed_writes: 0,
    store_failures_total: 0,
    store_unasked_requests_total: 0,
    store_double_claims_total: 0,
    store_names_given_up_total: 0,
  });
});

test("the setting that nobody made is to refuse", async () => {
  const { store, state } = failing();
  state.how = "reject";
  const guarded = new GuardedStore(store);
  assert.deepEqual(await guarded.claims.isClaimed([claimOf("a"), claimOf("b")]), ["unknown", "unknown"]);
  assert.deepEqual(await guarded.claims.claim([claimOf("a")]), [undefined]);
  assert.deepEqual(await guarded.revocations.has([claimOf("a")]), ["unknown"]);
});

test("a store that throws, rejects or hangs is down once, rests longer each time, and is asked again by one call at a time", async () => {
  for (const how of ["throw", "reject", "hang"] as const) {
    const { store, state } = failing();
    const changes: StoreChange[] = [];
    let nowMs = 0;
    const guarded = new GuardedStore(store, {
      whenDown: "accept",
      timeoutMs: 5,
      monotonicMs: () => nowMs,
      onChange: (change) => changes.push(change),
    });
    state.how = how;
    await guarded.claims.isClaimed([claimOf("a")]);
    for (const [restMs, calls] of [[250, 2], [500, 3], [1_000, 4], [2_000, 5], [4_000, 6], [5_000, 7], [5_000, 8]]) {
      nowMs += restMs - 1;
      await guarded.claims.isClaimed([claimOf("a")]);
      assert.equal(state.calls, calls - 1, `${how}: it rests for ${restMs} ms`);
      nowMs += 1;
      await Promise.all([guarded.claims.isClaimed([claimOf("a")]), guarded.claims.isClaimed([claimOf("a")])]);
      assert.equal(state.calls, calls, `${how}: then one call asks it`);
    }
    assert.equal(changes.length, 1);
    assert.equal(guarded.counters.store_failures_total, 8);
    state.how = undefined;
    nowMs += 5_000;
    assert.deepEqual(await guarded.claims.isClaimed([claimOf("a")]), [false]);
    assert.deepEqual(changes.map(({ type }) => type), ["store-down", "store-up"]);
    const [down] = changes;
    assert.equal(
      down.type === "store-down" && down.reason.kind,
      { throw: "unavailable", reject: "full", hang: "timeout" }[how],
    );
  }
});

test("[R-4.3.1-2] what was accepted while the store was down is not accepted again, before and after the store has it", async () => {
  const { store, state } = failing();
  let nowMs = 0;
  const guarded = new GuardedStore(store, { whenDown: "accept", monotonicMs: () => nowMs, now: () => 0 });
  state.how = "throw";
  assert.deepEqual(guarded.claims.claim([claimOf("a"), claimOf("b")]), [true, true]);
  assert.deepEqual(guarded.claims.claim([claimOf("a")]), [false]);
  state.how = undefined;
  nowMs = 10_000;
  assert.deepEqual(guarded.claims.claim([claimOf("a"), claimOf("c")]), [false, true], "the store does not know it yet");
  await guarded.settle();
  assert.equal(guarded.owedWrites, 0);
  assert.deepEqual(store.claims.isClaimed([claimOf("a"), claimOf("b"), claimOf("c")]), [true, true, true]);
  assert.equal(guarded.counters.store_double_claims_total, 0);
});

test("[R-6.1-2] a state that was deleted while the store was down is not handed out when it is up", async () => {
  const { store, state } = failing();
  let nowMs = 0;
  const guarded = new GuardedStore(store, { monotonicMs: () => nowMs, now: () => 0 });
  await guarded.ticketStates.put([{ reference: "r", state: Uint8Array.of(1), expiresAtEpochSeconds: 1_000 }]);
  state.how = "throw";
  guarded.ticketStates.delete(["r"]);
  state.how = undefined;
  nowMs = 10_000;
  assert.deepEqual(guarded.ticketStates.get(["r"]), [undefined]);
  await guarded.settle();
  assert.deepEqual(store.ticketStates.get(["r"]), [undefined]);
});

test("of tickets that it issued, a gateway takes back more than can wait for the store: they count there, and earlier ones of their owner", async () => {
  const { store, state } = failing();
  state.how = "throw";
  let nowMs = 0;
  const guarded = new GuardedStore(store, { now: () => 0, monotonicMs: () => nowMs });
  guarded.revocations.add(Array.from({ length: 100_000 }, (_, index) => claimOf(`${index}`)));
  const issued = { owner: 7, issuedAtEpochSeconds: 50 };
  guarded.revocations.add([{ ...claimOf("one more"), ...issued }]);
  state.how = undefined;
  nowMs = 10_000;
  assert.deepEqual(guarded.revocations.has([{ ...claimOf("one more"), ...issued }, { ...claimOf("another"), ...issued }]), [
    true,
    false,
  ]);
  await guarded.settle();
  assert.deepEqual(guarded.revocations.has([{ ...claimOf("one more"), ...issued }, claimOf("99999")]), [true, true]);
});

test("[R-9.8-1] an earlier revocation of a series that is owed does not undo a later one that the store has", async () => {
  const { store, state } = failing();
  let nowMs = 0;
  const guarded = new GuardedStore(store, { now: () => 0, monotonicMs: () => nowMs });
  const of = (serial: number) => ({
    ...claimOf(`t${serial}`),
    series: "00000000000000aa",
    serial,
    owner: 7,
    issuedAtEpochSeconds: serial,
  });
  state.how = "throw";
  guarded.revocations.add([of(5), of(3)]);
  assert.equal(guarded.owedWrites, 1);
  state.how = undefined;
  nowMs = 10_000;
  await guarded.revocations.add([of(6)]);
  assert.equal(guarded.owedWrites, 0);
  await guarded.settle();
  assert.deepEqual(store.revocations.has([of(4), of(5), of(6), of(7)]), [true, true, true, false]);
  state.how = "throw";
  guarded.revocations.add([of(8)]);
  state.how = undefined;
  nowMs = 20_000;
  assert.deepEqual(guarded.revocations.has([of(8), of(9)]), [true, false], "owed still");
  await guarded.settle();
  assert.deepEqual(store.revocations.has([of(8), of(9)]), [true, false]);
});

test("[R-9.8-1] a ticket that was revoked by its name while the store was down is refused meanwhile, and others as the setting says", () => {
  const { store, state } = failing();
  const guarded = new GuardedStore(store, { now: () => 0, whenDown: "accept" });
  state.how = "throw";
  guarded.revocations.add([claimOf("revoked")]);
  assert.deepEqual(guarded.revocations.has([claimOf("revoked"), claimOf("another")]), [true, false]);
});

test("more revocations than can wait for the store are an error, and none is lost in silence", () => {
  const { store, state } = failing();
  state.how = "throw";
  const guarded = new GuardedStore(store, { now: () => 0 });
  guarded.revocations.add(Array.from({ length: 100_000 }, (_, index) => claimOf(`${index}`)));
  assert.throws(() => guarded.revocations.add([claimOf("one more")]), { name: "StoreError", kind: "full" });
});

test("closing pays what is owed, and a store that is still down does not keep it from closing", async () => {
  for (const how of ["throw", "hang"] as const) {
    const { store, state } = failing();
    const guarded = new GuardedStore(store, { whenDown: "accept", timeoutMs: 5, now: () => 0 });
    state.how = how;
    await guarded.claims.claim([claimOf("a")]);
    await guarded.close();
    assert.equal(guarded.owedWrites, 1);
  }
});

test("a call that a store does not answer at once is told with the time that it took, whether it is answered or fails", async () => {
  const took: number[] = [];
  let monotonicMs = 0;
  const answer = Promise.withResolvers<boolean[]>();
  const below = memoryStore(() => 0);
  let claim: GatewayStore["claims"]["claim"] = () => answer.promise;
  const store = new GuardedStore({ ...below, claims: { claim: (batch) => claim(batch), isClaimed: below.claims.isClaimed } }, {
    timeoutMs: Infinity,
    monotonicMs: () => monotonicMs,
    onCall: (tookMs) => took.push(tookMs),
  });
  const request = claimOf("a");
  const asked = store.claims.claim([request]);
  monotonicMs = 30;
  answer.resolve([true]);
  assert.deepEqual(await asked, [true]);
  claim = () => Promise.reject(new Error("gone"));
  await store.claims.claim([request]);
  claim = () => [true];
  assert.deepEqual(took, [30, 0]);
});
