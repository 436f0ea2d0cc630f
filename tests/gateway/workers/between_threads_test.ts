import assert from "node:assert/strict";
import { test } from "node:test";
import { InFlight, newTaken, take } from "../../../src/gateway/workers/in_flight.ts";
import type { StoreAnswer, StoreCall } from "../../../src/gateway/workers/messages.ts";
import { DatagramPacker, unpack } from "../../../src/gateway/workers/packed_datagrams.ts";
import { answerStoreCalls, RemoteStore } from "../../../src/gateway/workers/remote_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import { StoreError } from "../../../src/store/store_error.ts";

const NAME = { ticketId: "ab".repeat(20), expiresAtEpochSeconds: Date.now() / 1_000 + 600 };

test("datagrams go from one thread to another as they are, each with octets of its own", () => {
  const packer = new DatagramPacker();
  const datagrams = [0, 1, 300].map((length, index) => ({
    octets: new Uint8Array(length).fill(index + 1),
    local: { address: "192.0.2.1", port: 500 },
    remote: { address: "198.51.100.7", port: index },
    encapsulated: index === 1,
  }));
  for (const datagram of datagrams) packer.add(datagram);
  assert.equal(packer.count, 3);
  const packed = packer.take();
  const { octets } = packed;
  const there = unpack(structuredClone(packed, { transfer: [octets.buffer] }));
  assert.deepEqual(there, datagrams);
  assert.deepEqual([octets.length, packer.count], [0, 0]);
  assert.ok(there.every((datagram) => datagram.octets.buffer.byteLength === datagram.octets.length));
});

test("so much may be under way to a worker, and half of it first messages; what it takes makes room, also where the counters run over", () => {
  const taken = newTaken();
  const inFlight = new InFlight(taken);
  const fill = (isFirst: boolean) => {
    let entered = 0;
    while (inFlight.enter(100, isFirst)) entered++;
    return entered;
  };
  assert.equal(fill(true), 4_096);
  assert.equal(fill(false), 4_096);
  take(taken, 8_192, 819_200);
  // Few datagrams, and many octets.
  for (let round = 0; round < 300; round++) {
    let entered = 0;
    while (inFlight.enter(65_000, false)) entered++;
    assert.equal(entered, 258);
    take(taken, entered, entered * 65_000);
  }
  assert.equal(fill(false), 8_192);
});

/** A worker's store and the main thread's, with messages between them. */
function joined(store = memoryStore()) {
  const messages: (readonly StoreCall[])[] = [];
  const remote: RemoteStore = new RemoteStore((calls) => {
    messages.push(calls);
    // A message is cloned when it is posted, whatever becomes of what it was made of.
    const answer = (answers: readonly StoreAnswer[]) => {
      const message = structuredClone(answers);
      queueMicrotask(() => remote.answered(message));
    };
    answerStoreCalls(store, structuredClone(calls) as StoreCall[], answer);
  });
  return { remote, messages };
}

test("what a wave asks of the store goes in one message, and each question gets its own answer", async () => {
  const store = memoryStore();
  const [one, other] = [joined(store), joined(store)];
  const [isClaimed, isRevoked] = await Promise.all([one.remote.claims.isClaimed([NAME]), one.remote.revocations.has([NAME])]);
  assert.deepEqual([isClaimed, isRevoked, one.messages.length], [[false], [false], 1]);
  const claims = await Promise.all([one.remote.claims.claim([NAME]), other.remote.claims.claim([NAME])]);
  assert.deepEqual(claims.flat().toSorted(), [false, true]);
  await one.remote.revocations.add([NAME]);
  assert.deepEqual(await other.remote.revocations.has([NAME]), [true]);
  const stored = {
    reference: "cd".repeat(16),
    state: Uint8Array.of(1, 2, 3),
    expiresAtEpochSeconds: NAME.expiresAtEpochSeconds,
  };
  assert.deepEqual(await one.remote.ticketStates.put([stored]), [true]);
  assert.deepEqual(await other.remote.ticketStates.get([stored.reference]), [stored.state]);
  assert.deepEqual(await other.remote.ticketStates.delete([stored.reference]), [true]);
  assert.deepEqual(await one.remote.ticketStates.get([stored.reference]), [undefined]);
});

test("the main thread wipes states that it has put into the store, and a store that fails or throws rejects with its reason", async () => {
  const put: Uint8Array[] = [];
  const failing = {
    ...memoryStore(),
    claims: {
      claim: () => Promise.reject(new StoreError("locked", "it is held by another")),
      isClaimed: () => {
        throw new Error("a programmer's error");
      },
    },
    ticketStates: {
      ...memoryStore().ticketStates,
      put: (batch: readonly { readonly state: Uint8Array }[]) => {
        put.push(...batch.map(({ state }) => state));
        return Promise.resolve([true]);
      },
    },
  };
  const { remote } = joined(failing);
  await assert.rejects(async () => await remote.claims.claim([NAME]), {
    name: "StoreError",
    kind: "locked",
    message: "it is held by another",
  });
  await assert.rejects(async () => await remote.claims.isClaimed([NAME]), {
    kind: "unavailable",
    message: "a programmer's error",
  });
  const mine = Uint8Array.of(7, 7);
  await remote.ticketStates.put([{ reference: "ef".repeat(16), state: mine, expiresAtEpochSeconds: 1 }]);
  assert.deepEqual([put, mine], [[new Uint8Array(2)], Uint8Array.of(7, 7)]);
});
