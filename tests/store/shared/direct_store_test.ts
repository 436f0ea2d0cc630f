import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";
import { GuardedStore } from "../../../src/store/guarded_store.ts";
import { directStore } from "../../../src/store/shared/direct_store.ts";
import { sharedMemoryStore } from "../../../src/store/shared/shared_memory_store.ts";
import { KeptList } from "../../../src/store/shared/kept_list.ts";
import { newRowMemory, SharedRows } from "../../../src/store/shared/shared_rows.ts";
import { ticketOf } from "./claimed_tickets.ts";

/** A worker's store, and how often it has asked the main thread's. */
function workerOf(limit?: number, now?: () => number) {
  const store = sharedMemoryStore(now, limit, now && (() => 1_000 * now()));
  const asked: string[] = [];
  const remote: GatewayStore = {
    ...store,
    claims: {
      claim: (batch) => (asked.push("claim"), store.claims.claim(batch)),
      isClaimed: (batch) => (asked.push("isClaimed"), store.claims.isClaimed(batch)),
    },
    revocations: {
      add: (batch) => (asked.push("add"), store.revocations.add(batch)),
      has: (batch) => (asked.push("has"), store.revocations.has(batch)),
    },
  };
  return { store, asked, worker: directStore(store.memory, 0, remote), remote };
}

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((number) => ({
  ...ticketOf(number),
  series: `${number}`.repeat(16),
  serial: 5,
}));

test("a worker asks the main thread once, to be granted room, and from then on looks and claims itself", async () => {
  const { worker, asked } = workerOf();
  assert.deepEqual(await worker.claims.claim([FIRST]), [true]);
  assert.deepEqual(asked.splice(0), ["claim"]);
  assert.deepEqual(worker.claims.claim([FIRST, SECOND, SECOND]), [false, true, false]);
  assert.deepEqual(worker.claims.isClaimed([FIRST, SECOND, THIRD]), [true, true, false]);
  assert.deepEqual(worker.revocations.has([FIRST, THIRD]), [false, false]);
  assert.deepEqual(asked, []);
});

test("[R-9.8-1] what the main thread revokes every worker refuses at once: a ticket, or the earlier ones of its series", async () => {
  const { worker, store, asked } = workerOf();
  await worker.revocations.add([{ ...FIRST, series: undefined, serial: undefined }]);
  await store.revocations.add([SECOND]);
  const { series } = SECOND;
  const ofSeries = [4, 5, 6].map((serial) => ({ ...ticketOf(10 + serial), series, serial }));
  assert.deepEqual(worker.revocations.has([FIRST, ...ofSeries, THIRD]), [true, true, true, false, false]);
  assert.deepEqual(asked, ["add"]);
});

test("[R-4.3.1-2] while there is a coarser rule workers ask the main thread, which knows it; then they look themselves again", async () => {
  let now = 1_000;
  const { worker, store, asked } = workerOf(10, () => now);
  const greedy = (number: number) => ({ ...ticketOf(number), owner: 7, expiresAtEpochSeconds: now + 60 });
  for (let number = 0; number < 11; number++) await worker.claims.claim([greedy(number)]);
  assert.ok(store.namesGivenUp! > 0);
  asked.length = 0;
  assert.deepEqual(await worker.claims.isClaimed([{ ...greedy(5), ticketId: "unused" }, FIRST]), [true, false]);
  assert.deepEqual(asked.splice(0), ["isClaimed"]);
  now += 61;
  assert.deepEqual(await worker.claims.claim([greedy(100)]), [true]);
  asked.length = 0;
  assert.deepEqual(worker.claims.isClaimed([greedy(100), greedy(101)]), [true, false]);
  assert.deepEqual(asked, []);
});

test("[R-9.8-1] a list of revoked tickets that can take no more is asked at the main thread alone, whose guard knows what is owed to it", async () => {
  const { store } = workerOf(3);
  const guarded = new GuardedStore(store);
  const worker = directStore(store.memory, 0, guarded);
  const named = (number: number) => ({ ticketId: `${number}`, expiresAtEpochSeconds: FIRST.expiresAtEpochSeconds });
  for (let number = 0; number < 4; number++) await worker.revocations.add([named(number)]);
  assert.equal(guarded.isDown, true);
  assert.deepEqual(await worker.revocations.has([0, 1, 2, 3].map(named)), ["unknown", "unknown", "unknown", true]);
});

test("the main thread waits for a worker that is at the list, lets nobody else in, and for one that has died no longer", async () => {
  const { worker, store, asked } = workerOf();
  await worker.claims.claim([FIRST]);
  asked.length = 0;
  const inside = new SharedRows(store.memory.claims);
  assert.equal(inside.gate.enter(9), true);
  const claiming = store.claims.claim([SECOND]);
  assert.ok(claiming instanceof Promise);
  const other = worker.claims.claim([SECOND, THIRD]);
  assert.deepEqual(asked, ["claim"]);
  let answered = 0;
  for (const each of [claiming, other]) void Promise.resolve(each).then(() => answered++);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(answered, 0);
  // It sees the list as it was when it came in.
  assert.equal(inside.find(SECOND.ticketId), 0);
  store.left(9);
  assert.deepEqual([await claiming, await other], [[true], [false, true]]);
  assert.deepEqual(worker.claims.isClaimed([SECOND, THIRD]), [true, true]);
});

test("[R-4.3.1-2] a ticket that expired before the list was swept counts as used by every worker: its row may be gone", async () => {
  let now = 1_000;
  const { worker, store, asked } = workerOf(2, () => now);
  const expiresAtEpochSeconds = now + 60;
  const [used, unused] = [1, 2].map((number) => ({ ...ticketOf(number), expiresAtEpochSeconds }));
  assert.deepEqual(await worker.claims.claim([used]), [true]);
  now += 61;
  // They need all the room that there is.
  assert.deepEqual(await store.claims.claim([ticketOf(3), ticketOf(4)]), [true, true]);
  assert.equal(new SharedRows(store.memory.claims).find(used.ticketId), 0);
  asked.length = 0;
  assert.deepEqual(worker.claims.isClaimed([used, unused]), [true, true]);
  assert.deepEqual(worker.claims.claim([used, unused]), [false, false]);
  assert.deepEqual(asked, []);
});

test("of several who wait for the list each has it alone: whoever had it before lets workers in, and the next one waits again", async () => {
  const memory = newRowMemory(10, 7);
  const kept = new KeptList(memory, () => 0);
  const { gate } = new SharedRows(memory);
  assert.equal(gate.enter(3), true);
  const areLetIn: boolean[] = [];
  const waiting = [1, 2, 3].map(() => kept.alone(() => areLetIn.push(gate.isOpen)));
  gate.leave(3);
  await Promise.all(waiting);
  assert.deepEqual(areLetIn, [false, false, false]);
  assert.equal(gate.isOpen, true);
});

test("[R-4.3.1-2] claims that the main thread cannot answer count as not known, and those made before in the batch as made", async () => {
  const { store } = workerOf(1);
  await store.claims.claim([FIRST]);
  const down: GatewayStore = {
    ...store,
    claims: { claim: () => Promise.reject(new Error("gone")), isClaimed: () => Promise.reject(new Error("gone")) },
  };
  const worker = directStore(store.memory, 0, down);
  assert.deepEqual(await worker.claims.claim([FIRST, SECOND, FIRST]), [false, undefined, undefined]);
});
