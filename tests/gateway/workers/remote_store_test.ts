import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAnswer } from "../../../src/gateway/workers/messages.ts";
import { answerStoreCalls, RemoteStore } from "../../../src/gateway/workers/remote_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import { StoreError } from "../../../src/store/store_error.ts";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";

const REFERENCE = "00112233445566778899aabbccddeeff";
const expiresAtEpochSeconds = Math.floor(Date.now() / 1_000) + 1_000;

/** A worker's store whose messages are cloned, as between threads; `seen` has what the main thread held in its hands. */
function between(store: GatewayStore) {
  const seen: (StoreAnswer | Uint8Array)[] = [];
  const remote: RemoteStore = new RemoteStore((calls) => {
    const arrived = structuredClone(calls);
    for (const { batch } of arrived) {
      for (const member of batch) if (typeof member === "object" && "state" in member!) seen.push(member.state as Uint8Array);
    }
    answerStoreCalls(store, arrived, (answers) => {
      seen.push(...answers);
      remote.answered(structuredClone(answers));
    });
  });
  return { remote, seen };
}

for (const [kind, later] of [["at once", false], ["later", true]] as const) {
  test(`states of tickets cross the threads whole, and the main thread wipes its copies (a store that answers ${kind})`, async () => {
    const memory = memoryStore();
    const { put, get } = memory.ticketStates;
    const ticketStates: GatewayStore["ticketStates"] = {
      put: (batch) => later ? Promise.resolve(put.call(memory.ticketStates, batch)) : put.call(memory.ticketStates, batch),
      get: (batch) => later ? Promise.resolve(get.call(memory.ticketStates, batch)) : get.call(memory.ticketStates, batch),
      delete: (batch) => memory.ticketStates.delete(batch),
    };
    const { remote, seen } = between({ ...memory, ticketStates });
    const state = Uint8Array.of(1, 2, 3);
    assert.deepEqual(await remote.ticketStates.put([{ reference: REFERENCE, state, expiresAtEpochSeconds }]), [true]);
    assert.deepEqual(await remote.ticketStates.get([REFERENCE, "ff"]), [state, undefined]);
    const held = seen.flatMap((each) => each instanceof Uint8Array ? [each] : "value" in each ? each.value : []);
    const copies = (held as unknown[]).filter((each) => each instanceof Uint8Array);
    assert.deepEqual(copies, [new Uint8Array(3), new Uint8Array(3)]);
  });
}

test("a store's error comes to the worker as what it was, and harms none of the other questions", async () => {
  const memory = memoryStore();
  const { remote } = between({
    ...memory,
    claims: {
      claim: () => {
        throw new StoreError("full", "no room");
      },
      isClaimed: () => Promise.reject(new Error("gone")),
    },
  });
  const claim = { ticketId: REFERENCE, expiresAtEpochSeconds };
  const answers = await Promise.allSettled([
    remote.claims.claim([claim]),
    remote.claims.isClaimed([claim]),
    remote.ticketStates.get([REFERENCE]),
  ]);
  const [full, gone, got] = answers.map((each) => each.status === "rejected" ? each.reason : each.value);
  assert.ok(full instanceof StoreError && full.kind === "full" && full.message === "no room");
  assert.ok(gone instanceof StoreError && gone.message === "gone");
  assert.deepEqual(got, [undefined]);
});
