import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayWorkerError } from "../../../src/gateway/workers/gateway_worker_error.ts";
import { WORKER_KIND, type WorkerStart } from "../../../src/gateway/workers/messages.ts";
import { WorkerThread } from "../../../src/gateway/workers/worker_thread.ts";

/** Does nothing but say that it serves. */
const MODULE = new URL("./idle_worker.ts", import.meta.url);

const data = { kind: WORKER_KIND, index: 0, count: 1 } as unknown as WorkerStart;

test("a system that has no thread left when a worker is to be started again is asked until it has one", async () => {
  const deaths: string[] = [];
  let exits = 0;
  let failures = 0;
  const serves: (() => void)[] = [];
  const worker = new WorkerThread({
    module: MODULE,
    argv: [],
    start: () => {
      if (failures-- > 0) throw new Error("no thread left");
      return { data, transfer: [] };
    },
    onMessage: ({ type }) => type === "listening" && serves.shift()?.(),
    onExit: () => exits++,
    onDied: (reason) => deaths.push(reason),
  });
  const serving = () => new Promise<void>((resolve) => serves.push(resolve));
  await worker.start();
  failures = 2;
  const again = serving();
  await worker.kill();
  await again;
  assert.deepEqual(deaths.slice(1), ["no thread left", "no thread left"]);
  assert.equal(worker.isListening, true);
  await worker.close(0);
  // Once for each of its threads, also where the end was asked for.
  assert.ok(exits >= 2, String(exits));
});

test("a worker that does not answer keeps nobody from the counters of the others, and is ended all the same", async () => {
  const worker = new WorkerThread({
    module: MODULE,
    argv: [],
    start: () => ({ data, transfer: [] }),
    onMessage: () => {},
    onExit: () => {},
    onDied: () => assert.fail(),
  });
  await worker.start();
  assert.equal((await worker.counted()).counters.ike_sas_up_total, 0);
  await worker.close(0);
});

test("a first start that fails at once is told with its reason, and not tried again", async () => {
  const deaths: string[] = [];
  const worker = new WorkerThread({
    module: MODULE,
    argv: [],
    start: () => ({ data: { ...data, data: () => {} }, transfer: [] }),
    onMessage: () => {},
    onExit: () => {},
    onDied: (reason) => deaths.push(reason),
  });
  await assert.rejects(worker.start(), (error) => error instanceof GatewayWorkerError && /clone/.test(error.message));
  assert.deepEqual(deaths, []);
  await worker.close(0);
});
