/**
 * Stores of a program's own, which answer by promises of another library, or with less than was asked: nothing but a no is taken for a no.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { claimTicket, replaceTicket, type Step, ticketStanding } from "../../../src/ike/steps/step.ts";
import { runWave, type TicketClaims, type WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { GuardedStore } from "../../../src/store/guarded_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import type { RevocationStore } from "../../../src/ticket/revocation_store.ts";
import type { TicketStateStore } from "../../../src/ticket/ticket_state_store.ts";

const TICKET = { ticketId: "ab".repeat(20), expiresAtEpochSeconds: 1_000 };

/** No instance of this realm's Promise. */
function foreign<T>(value: T): Promise<T> {
  const promise = Promise.resolve(value);
  return { then: (onValue: (value: T) => unknown) => promise.then(onValue) } as unknown as Promise<T>;
}

const claims: TicketClaims = {
  claim: (batch) => foreign(batch.map(() => true)),
  isClaimed: (batch) => foreign(batch.map(() => false)),
};

async function ask<T>(step: Step<T>, revocations?: RevocationStore, ticketStates?: TicketStateStore): Promise<T> {
  const services: WaveServices = {
    provider: await loadProvider("ts"),
    keyExchange: await loadKeyExchange(),
    random: systemRandom,
    claims,
    revocations,
    ticketStates,
  };
  return (await runWave([step], services))[0];
}

const answering = (has: RevocationStore["has"]): RevocationStore => ({ add: () => {}, has });
const guarded = (revocations: RevocationStore) => new GuardedStore({ ...memoryStore(() => 0), revocations }).revocations;

test("[R-9.8-1] a revoked ticket is refused whichever promise the store answers by, behind the guard and before it", async () => {
  const revoked = answering((batch) => foreign(batch.map(() => true)));
  for (const revocations of [revoked, guarded(revoked)]) {
    assert.equal(await ask(ticketStanding(TICKET), revocations), "revoked");
    assert.equal(await ask(claimTicket(TICKET), revocations), false);
  }
  const good = answering((batch) => foreign(batch.map(() => false)));
  for (const revocations of [good, guarded(good)]) {
    assert.equal(await ask(ticketStanding(TICKET), revocations), "good");
    assert.equal(await ask(claimTicket(TICKET), revocations), true);
  }
});

test("a store that leaves an answer out has not said that a ticket is good", async () => {
  for (const revocations of [answering(() => []), guarded(answering(() => Promise.resolve([])))]) {
    assert.equal(await ask(ticketStanding(TICKET), revocations), "store-down");
    assert.equal(await ask(claimTicket(TICKET), revocations), undefined);
  }
});

test("a ticket by reference is used, and the next one kept, whichever promise the store answers by", async () => {
  const next = { reference: "cd".repeat(16), state: new Uint8Array(8), expiresAtEpochSeconds: 1_000 } as const;
  const states = (put: TicketStateStore["put"]): TicketStateStore => ({
    put,
    get: () => [],
    delete: (batch) => foreign(batch.map(() => true)),
  });
  const request = { usedReference: "ab".repeat(16), next };
  const kept = states((batch) => foreign(batch.map(() => true)));
  assert.deepEqual(await ask(replaceTicket(request), undefined, kept), { used: true, kept: true });
  const refused = states(() => Promise.reject(new Error("disk full")));
  assert.deepEqual(await ask(replaceTicket(request), undefined, refused), { used: true, kept: false });
});
