/**
 * Single use of tickets over threads that claim them in shared memory (RFC 5723, section 4.3.1).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedMemoryStore } from "../../../src/store/shared/shared_memory_store.ts";
import { ticketOf } from "./claimed_tickets.ts";
import { type Claimed, claimingWorker } from "./claiming_workers.ts";

const WORKERS = [0, 1, 2, 3];
/** More than are granted at a time, so that the main thread has to grant more while threads claim. */
const TICKETS = 40_000;
const MOST_IN_BATCH = 100;

function timesClaimed(each: readonly Claimed[]): number[] {
  const times = new Array<number>(TICKETS).fill(0);
  for (const { claimed } of each) for (const number of claimed) times[number]++;
  return times;
}

test("[R-4.3.1-2] of several threads that claim the same tickets at once each ticket is one thread's, and used ever after", async () => {
  const store = sharedMemoryStore();
  const workers = WORKERS.map((worker) =>
    claimingWorker(store, { worker, tickets: TICKETS, mostInBatch: MOST_IN_BATCH, rounds: 2 })
  );
  const each = await Promise.all(workers.map(({ done }) => done));
  assert.deepEqual(timesClaimed(each), new Array(TICKETS).fill(1));
  assert.deepEqual(each.map(({ unanswered }) => unanswered), WORKERS.map(() => 0));
  assert.equal((await store.claims.claim([ticketOf(0), ticketOf(TICKETS - 1)])).includes(true), false);
});

test("[R-4.3.1-2] the same while the main thread takes the list for itself again and again", async () => {
  const store = sharedMemoryStore();
  const workers = WORKERS.map((worker) =>
    claimingWorker(store, { worker, tickets: TICKETS, mostInBatch: MOST_IN_BATCH, rounds: 1 })
  );
  let isDone = false;
  let others = 0;
  const all = Promise.all(workers.map(({ done }) => done)).finally(() => isDone = true);
  while (!isDone) {
    assert.deepEqual(await store.claims.claim([ticketOf(TICKETS + others++)]), [true]);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual(timesClaimed(await all), new Array(TICKETS).fill(1));
});

test("[R-4.3.1-2] a thread that is killed in the midst holds up none of the others, and no ticket is used twice", async () => {
  const store = sharedMemoryStore();
  const killed = [4, 5, 6].map((worker) =>
    claimingWorker(store, { worker, tickets: TICKETS, mostInBatch: MOST_IN_BATCH, rounds: 1_000 })
  );
  const workers = WORKERS.map((worker) =>
    claimingWorker(store, { worker, tickets: TICKETS, mostInBatch: MOST_IN_BATCH, rounds: 2 })
  );
  for (const one of killed) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await one.kill();
  }
  const each = await Promise.all(workers.map(({ done }) => done));
  assert.ok(timesClaimed(each).every((times) => times <= 1));
  const all = Array.from({ length: TICKETS }, (_, number) => ticketOf(number));
  assert.equal((await store.claims.isClaimed(all)).includes(false), false);
});

test("[R-4.3.1-2] a list that is full while threads claim refuses tickets, and accepts none twice", async () => {
  const store = sharedMemoryStore(undefined, TICKETS / 4);
  const workers = WORKERS.map((worker) =>
    claimingWorker(store, { worker, tickets: TICKETS, mostInBatch: MOST_IN_BATCH, rounds: 2 })
  );
  const each = await Promise.all(workers.map(({ done }) => done));
  const times = timesClaimed(each);
  assert.ok(times.every((count) => count <= 1));
  assert.ok(times.filter((count) => count === 1).length >= TICKETS / 4);
  assert.ok(store.namesGivenUp! > 0, "it is told how many names gave way");
});
