import assert from "node:assert/strict";
import type { ClaimRequest } from "../../src/ike/steps/step.ts";
import { testEveryStore } from "./every_store.ts";

const HOUR = 3_600;
const NOW = Math.floor(Date.now() / 1000);

const claimOf = (ticketId: string, expiresAtEpochSeconds = NOW + HOUR): ClaimRequest => ({ ticketId, expiresAtEpochSeconds });
const count = (answers: readonly unknown[]) => answers.filter((answer) => answer === true).length;

testEveryStore("[R-4.3.1-2] a ticket is claimed once: of two in one batch the first wins, and none later", async (store) => {
  const { claims } = await store.connect();
  assert.deepEqual(await claims.claim([claimOf("a"), claimOf("b"), claimOf("a")]), [true, true, false]);
  assert.deepEqual(await claims.claim([claimOf("b"), claimOf("c")]), [false, true]);
});

testEveryStore("[R-4.3.1-2] asking whether a ticket has been claimed claims nothing", async (store) => {
  const { claims } = await store.connect();
  assert.deepEqual(await claims.isClaimed([claimOf("a"), claimOf("a")]), [false, false]);
  assert.deepEqual(await claims.claim([claimOf("a")]), [true]);
  assert.deepEqual(await claims.isClaimed([claimOf("b"), claimOf("a")]), [false, true]);
});

testEveryStore(
  "[R-4.3.1-2] of several connections that claim the same tickets at once, each ticket goes to one",
  async (store) => {
    const connections = await Promise.all(Array.from({ length: 4 }, () => store.connect()));
    const waves = Array.from(
      { length: 20 },
      (_, wave) => Array.from({ length: 64 }, (_, index) => claimOf(`${wave}-${index}`)),
    );
    const won = new Map<string, number>();
    await Promise.all(connections.map(async ({ claims }) => {
      for (const wave of waves) {
        const answers = await claims.claim(wave);
        wave.forEach(({ ticketId }, index) => answers[index] && won.set(ticketId, (won.get(ticketId) ?? 0) + 1));
      }
    }));
    assert.equal(won.size, 20 * 64);
    assert.ok([...won.values()].every((winners) => winners === 1));
  },
);

testEveryStore("what one connection wrote, another one sees", async (store) => {
  const [first, second] = [await store.connect(), await store.connect()];
  await first.claims.claim([claimOf("a")]);
  await first.ticketStates.put([{ reference: "r", state: Uint8Array.of(1), expiresAtEpochSeconds: NOW + HOUR }]);
  await first.revocations.add([claimOf("v")]);
  assert.deepEqual(await second.claims.isClaimed([claimOf("a")]), [true]);
  assert.deepEqual(await second.ticketStates.get(["r"]), [Uint8Array.of(1)]);
  assert.deepEqual(await second.revocations.has([claimOf("v")]), [true]);
});

testEveryStore("batches of ten thousand are taken whole, and empty ones have empty answers", async (store) => {
  const { claims, ticketStates, revocations } = await store.connect();
  const batch = Array.from({ length: 10_000 }, (_, index) => claimOf(`ticket-${index}`));
  const names = batch.map(({ ticketId }) => ticketId);
  assert.equal(count(await claims.claim(batch)), 10_000);
  assert.equal(count(await claims.claim(batch)), 0);
  assert.equal(count(await claims.isClaimed(batch)), 10_000);
  const stored = batch.map(({ ticketId, expiresAtEpochSeconds }, index) => (
    { reference: ticketId, state: Uint8Array.of(index >> 8, index), expiresAtEpochSeconds }
  ));
  assert.equal(count(await ticketStates.put(stored)), 10_000);
  assert.deepEqual(await ticketStates.get(names), stored.map(({ state }) => state));
  assert.equal(count(await ticketStates.delete(names)), 10_000);
  await revocations.add(batch);
  assert.equal(count(await revocations.has(batch)), 10_000);
  assert.deepEqual(await claims.claim([]), []);
  assert.deepEqual(await claims.isClaimed([]), []);
  assert.deepEqual(await ticketStates.put([]), []);
  assert.deepEqual(await ticketStates.get([]), []);
  assert.deepEqual(await ticketStates.delete([]), []);
  await revocations.add([]);
  assert.deepEqual(await revocations.has([]), []);
});

testEveryStore(
  "[R-6.1-2] the state of a ticket by reference comes back octet for octet, until it is deleted",
  async (store) => {
    const { ticketStates } = await store.connect();
    const state = Uint8Array.from({ length: 256 }, (_, index) => index);
    const stored = { reference: "r", state: state.slice(), expiresAtEpochSeconds: NOW + HOUR };
    assert.deepEqual(await ticketStates.put([stored, { ...stored, reference: "empty", state: new Uint8Array(0) }]), [
      true,
      true,
    ]);
    stored.state.fill(0);
    const [loaded, empty, none] = await ticketStates.get(["r", "empty", "unknown"]);
    assert.deepEqual(loaded, state, "what the caller wipes afterwards is not the store's");
    assert.equal(loaded?.constructor, Uint8Array);
    assert.deepEqual(empty, new Uint8Array(0));
    assert.equal(none, undefined);
    loaded.fill(0);
    assert.deepEqual(await ticketStates.get(["r"]), [state], "nor is what it hands out");
    assert.deepEqual(await ticketStates.delete(["r", "unknown"]), [true, false]);
    assert.deepEqual(await ticketStates.delete(["r"]), [false]);
    assert.deepEqual(await ticketStates.get(["r"]), [undefined]);
  },
);

testEveryStore("[R-6.1-2] the state of a ticket that has expired is not there", async (store) => {
  const { ticketStates } = await store.connect();
  const state = Uint8Array.of(7);
  await ticketStates.put([
    { reference: "past", state, expiresAtEpochSeconds: NOW - 1 },
    { reference: "soon", state, expiresAtEpochSeconds: NOW + 1 },
    { reference: "later", state, expiresAtEpochSeconds: NOW + HOUR },
  ]);
  if (store.kind === "redis") { while (Date.now() / 1000 < NOW + 1.1) await pause(50); }
  else store.setClock(NOW + 1);
  assert.deepEqual(await ticketStates.get(["past", "soon", "later"]), [undefined, undefined, state]);
});

testEveryStore(
  "[R-9.8-1] a revoked ticket stays revoked until it would expire, and revoking it again never shortens that",
  async (store) => {
    const { revocations } = await store.connect();
    assert.deepEqual(await revocations.has([claimOf("v")]), [false]);
    await revocations.add([claimOf("v", NOW + HOUR), claimOf("v", NOW + 1)]);
    await revocations.add([claimOf("v", NOW + 2)]);
    store.setClock(NOW + HOUR - 1);
    await revocations.add(Array.from({ length: 5_000 }, (_, index) => claimOf(`other-${index}`)));
    assert.deepEqual(await revocations.has([claimOf("v"), claimOf("w")]), [true, false]);
  },
);

testEveryStore(
  "[R-9.8-1] [R-6.2-1] a revoked ticket of a series takes all before it along, in one entry, and none after it",
  async (store) => {
    const [here, there] = [await store.connect(), await store.connect()];
    const of = (serial: number, series = "00000000000000aa") => ({
      ...claimOf(`${series}-${serial}`),
      owner: 2 ** 53 - 1,
      issuedAtEpochSeconds: NOW,
      series,
      serial,
    });
    const others = [of(0, "00000000000000ab"), claimOf("of an earlier version"), claimOf("00000000000000aa")];
    assert.deepEqual(await here.revocations.has([of(0), of(1), ...others]), [false, false, false, false, false]);
    await here.revocations.add([of(0)]);
    assert.deepEqual(await there.revocations.has([of(0), of(1)]), [true, false]);
    await here.revocations.add([of(7)]);
    assert.deepEqual(await there.revocations.has([of(0), of(6), of(7), of(8)]), [true, true, true, false]);
    await here.revocations.add([of(0xffff_ffff)]);
    assert.deepEqual(await there.revocations.has([of(8), of(0xffff_ffff)]), [true, true]);
    assert.deepEqual(await there.revocations.has(others.slice(0, 2)), [false, false]);
    // One of a series that is named alone, as an administrator does, goes alone.
    const { series: _, serial: __, ...named } = of(3, "00000000000000ac");
    await here.revocations.add([named]);
    assert.deepEqual(await there.revocations.has([2, 3, 4].map((serial) => of(serial, "00000000000000ac"))), [
      false,
      true,
      false,
    ]);
  },
);

testEveryStore("names like properties of objects, quotes and spaces are names like any other", async (store) => {
  const { claims, ticketStates, revocations } = await store.connect();
  const names = ["__proto__", "constructor", "", "toString", "a'; DROP TABLE claims; --", "a\r\nb", "*", "é"];
  const batch = names.map((name) => claimOf(name));
  assert.equal(count(await claims.isClaimed(batch)), 0);
  assert.equal(count(await claims.claim(batch)), names.length);
  assert.deepEqual(await ticketStates.get(names), names.map(() => undefined));
  await revocations.add(batch);
  assert.equal(count(await revocations.has(batch)), names.length);
});

testEveryStore(
  "[R-4.3.1-2] a clock that is set back an hour neither loses a claim nor brings an expired ticket back",
  async (store) => {
    const { claims, ticketStates, revocations } = await store.connect();
    const state = Uint8Array.of(7);
    // The three expire before the clock is set back, and those with "later" after it would have been.
    await claims.claim([claimOf("used", NOW + 100), claimOf("used-later", NOW + 3 * HOUR)]);
    await revocations.add([claimOf("revoked", NOW + 100), claimOf("revoked-later", NOW + 3 * HOUR)]);
    await ticketStates.put([
      { reference: "state", state, expiresAtEpochSeconds: NOW + 100 },
      { reference: "state-later", state, expiresAtEpochSeconds: NOW + 3 * HOUR },
    ]);
    store.setClock(NOW + HOUR);
    // Enough for every store to forget what has expired.
    await claims.claim(Array.from({ length: 5_000 }, (_, index) => claimOf(`c${index}`, NOW + 2 * HOUR)));
    await revocations.add(Array.from({ length: 5_000 }, (_, index) => claimOf(`r${index}`, NOW + 2 * HOUR)));
    const before = await ticketStates.get(["state", "state-later"]);
    store.setClock(NOW);
    assert.deepEqual(await claims.isClaimed([claimOf("used", NOW + 100), claimOf("used-later", NOW + 3 * HOUR)]), [true, true]);
    assert.deepEqual(await claims.claim([claimOf("used", NOW + 100), claimOf("used-later", NOW + 3 * HOUR)]), [false, false]);
    assert.deepEqual(await revocations.has([claimOf("revoked"), claimOf("revoked-later")]), [true, true]);
    assert.deepEqual(await ticketStates.get(["state", "state-later"]), before);
    assert.deepEqual(before[1], state);
  },
);

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
