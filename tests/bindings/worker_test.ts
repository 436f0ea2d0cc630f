import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import { AES_256_GCM, deriveKeysRequest, sealRequest, upTo } from "./requests.ts";

const COUNT = 64;
const TIMES = 20;
const node = createNodeProvider();

test("workers at work at once have memories of their own, and give what node:crypto gives", async () => {
  const firsts = [1000, 2000];
  const workers = firsts.map((first) =>
    new Worker(new URL("./worker.ts", import.meta.url), { workerData: { first, count: COUNT, times: TIMES } })
  );
  const answers = await Promise.all(workers.map((worker) => once(worker, "message")));
  await Promise.all(workers.map((worker) => worker.terminate()));
  firsts.forEach((first, at) => {
    const expected = [
      ...node.deriveKeys(upTo(COUNT, (i) => deriveKeysRequest(first + i))),
      ...node.seal(upTo(COUNT, (i) => sealRequest(first + i, AES_256_GCM))),
    ];
    const [results] = answers[at] as [Uint8Array[][]];
    assert.equal(results.length, TIMES);
    for (const result of results) assert.deepEqual(result, expected);
  });
});
