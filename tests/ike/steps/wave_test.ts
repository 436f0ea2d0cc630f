import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { PRF_HMAC_SHA2_256 } from "../../../src/crypto/registry.ts";
import { createTsKeyExchange } from "../../../src/crypto/ts/key_exchange.ts";
import { claimTicket, prf, type Step, ticketStanding, verifyMac } from "../../../src/ike/steps/step.ts";
import { runWave, type TicketClaims, type WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { watchProvider } from "../../simulation/watched_cryptography.ts";
import { testEveryProvider } from "../every_provider.ts";

const CROWD = 50;

test("results stand in the order of the steps, however long each one takes", async () => {
  const services = servicesOf(await loadProvider("ts"));
  const results = await runWave(Array.from({ length: 40 }, (_, index) => hashes(index, (7 * index) % 11)), services);
  assert.deepEqual(results, Array.from({ length: 40 }, (_, index) => `${index}: ${(7 * index) % 11}`));
});

test("no steps give no results, and steps that ask for nothing call nobody", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  assert.deepEqual(await runWave([], servicesOf(provider)), []);
  assert.deepEqual(await runWave([hashes(0, 0), hashes(1, 0)], servicesOf(provider)), ["0: 0", "1: 0"]);
  assert.deepEqual(provider.calls, []);
});

test("steps that wait for one operation are served by one call, each with its own result", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  const services = servicesOf(provider);
  const key = new Uint8Array(32);
  function* step(octet: number): Step<Uint8Array> {
    return yield* prf({ prf: PRF_HMAC_SHA2_256, key, data: [Uint8Array.of(octet)] });
  }
  const together = await runWave([step(1), step(2), step(1)], services);
  assert.deepEqual(provider.calls, [{ operation: "prf", size: 3 }]);
  assert.deepEqual(together[0], together[2]);
  assert.notDeepEqual(together[0], together[1]);
  assert.deepEqual(together[1], (await runWave([step(2)], services))[0]);
});

testEveryProvider("a wave of resumptions makes one provider call for each operation, as a wave of one does", async (plain) => {
  const provider = watchProvider(plain);
  const simulation = new Simulation({ provider });
  const clients = Array.from({ length: CROWD + 1 }, () => simulation.addClient());
  await simulation.start(...clients);
  await simulation.run();
  const handmade = new HandmadeClient(simulation);
  const tickets = clients.map(({ ticket }) => copyOf(ticket));
  const exchanges = [];
  for (const ticket of tickets) exchanges.push(await handmade.resume(ticket));
  const requests = [];
  for (const [index, exchange] of exchanges.entries()) requests.push(await handmade.authRequest(exchange, tickets[index]));
  const steps = requests.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));

  const callsOf = async (wave: typeof steps) => {
    provider.calls.length = 0;
    const results = await runWave(wave, simulation.services);
    for (const effects of results) assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    return [...provider.calls];
  };
  const ofOne = await callsOf(steps.slice(0, 1));
  const ofMany = await callsOf(steps.slice(1));
  assert.deepEqual(ofMany.map(({ operation }) => operation), ofOne.map(({ operation }) => operation));
  assert.deepEqual(ofMany.map(({ size }) => size), ofMany.map(() => CROWD));
});

testEveryProvider("a member that fails leaves the others of its wave as they are", async (provider) => {
  const simulation = new Simulation({ provider });
  const clients = Array.from({ length: 9 }, () => simulation.addClient());
  await simulation.start(...clients);
  await simulation.run();
  const handmade = new HandmadeClient(simulation);
  const steps = [];
  for (const [index, client] of clients.entries()) {
    const ticket = copyOf(client.ticket);
    const exchange = await handmade.resume(ticket);
    // By turns: right, not authentic, and authentic with a wrong AUTH.
    const octets = await handmade.authRequest(exchange, ticket, index % 3 === 2 ? { realMessage: new Uint8Array(4) } : {});
    if (index % 3 === 1) octets[octets.length - 1] ^= 1;
    steps.push(simulation.gateway.receive(handmade.datagram(octets), simulation.now));
  }
  const results = await runWave(steps, simulation.services);
  const outcomes = results.map((effects) => effects.map(({ type }) => type).find((type) => type !== "send"));
  assert.deepEqual(outcomes, Array.from({ length: 3 }, () => ["ike-sa-up", "dropped", "authentication-failed"]).flat());
});

test("claims may be answered later, in a batch, and the wave goes on from there", async () => {
  const batches: string[][] = [];
  const memory = new MemoryTicketClaims(() => 0);
  const claims: TicketClaims = {
    async claim(batch) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      batches.push(batch.map(({ ticketId }) => ticketId));
      return memory.claim(batch);
    },
    isClaimed: (batch) => Promise.resolve(memory.isClaimed(batch)),
  };
  function* step(ticketId: string): Step<string> {
    const request = { ticketId, expiresAtEpochSeconds: 1 };
    const before = yield* ticketStanding(request);
    const claimed = yield* claimTicket(request);
    const after = yield* ticketStanding(request);
    return `${before} ${claimed} ${after}`;
  }
  const services = { ...servicesOf(await loadProvider("ts")), claims };
  const results = await runWave([step("a"), step("b"), step("a")], services);
  assert.deepEqual(results, ["good true used", "good true used", "good false used"]);
  assert.deepEqual(batches, [["a", "b", "a"]]);
});

test("a store that fails rejects its wave, and no ticket of it is used up by that", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const ticket = copyOf(client.ticket);
  const exchange = await handmade.resume(ticket);
  const request = await handmade.authRequest(exchange, ticket);
  const full = await handmade.init();
  const fullRequest = await handmade.authRequest(full);
  const failing: TicketClaims = {
    claim: () => Promise.reject(new Error("the store is gone")),
    isClaimed: () => Promise.reject(new Error("the store is gone")),
  };
  const wave = () =>
    [request, fullRequest].map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));
  await assert.rejects(runWave(wave(), { ...simulation.services, claims: failing }), /the store is gone/);
  // The same messages, sent again as clients do, find the gateway as if the wave had not been.
  const [resumed, other] = await runWave(wave(), simulation.services);
  assert.deepEqual(effectsOf(resumed, "ike-sa-up").map((up) => up.resumed), [true]);
  assert.deepEqual(effectsOf(other, "ike-sa-up").map((up) => up.resumed), [false]);
});

/** Asks `rounds` times for something, by two operations in turn. */
function* hashes(name: number, rounds: number): Step<string> {
  const request = { prf: PRF_HMAC_SHA2_256, key: new Uint8Array(32), data: [Uint8Array.of(name)] };
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) assert.equal((yield* prf(request)).length, 32);
    else assert.equal(yield* verifyMac({ ...request, mac: new Uint8Array(32) }), false);
  }
  return `${name}: ${rounds}`;
}

function servicesOf(provider: CryptoProvider): WaveServices {
  return {
    provider,
    keyExchange: createTsKeyExchange(),
    random: new SeededRandom(3).octets,
    claims: new MemoryTicketClaims(() => 0),
  };
}
