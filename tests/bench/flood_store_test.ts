import assert from "node:assert/strict";
import { test } from "node:test";
import { delayMemoryStores } from "../../bench/flood/delayed_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";

// Alone in its file: it changes every memory store of its process.
test("a delayed store answers as it would have, only later", async () => {
  const ticket = { ticketId: "v1-00", expiresAtEpochSeconds: Date.now() / 1000 + 60 };
  const { claims } = memoryStore();
  delayMemoryStores(1);
  const answer = claims.claim([ticket, ticket]);
  assert.ok(answer instanceof Promise);
  assert.deepEqual(await answer, [true, false]);
  assert.deepEqual(await claims.isClaimed([ticket]), [true]);
});
