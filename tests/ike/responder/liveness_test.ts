import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Instant } from "../../../src/ike/steps/instant.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { copyOf, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { openKeys } from "../../simulation/open_keys.ts";
import { effectsOf, GATEWAY_ADDRESS, Simulation } from "../../simulation/simulation.ts";

async function simulationOf(gateway: Partial<ResponderOptions>): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway: { lifetimeJitter: 0, rekeyIkeSas: false, ...gateway } });
}

/** Requests of the gateway, without those that were sent again. */
function requestsOf(simulation: Simulation): number {
  const own = simulation.network.sent.filter(({ local }) => local.address === GATEWAY_ADDRESS);
  const requests = own.map(({ octets }) => decoded(octets).header).filter(({ isResponse }) => !isResponse);
  return new Set(requests.map(({ initiatorSpi, messageId }) => `${initiatorSpi} ${messageId}`)).size;
}

/** What the gateway does when its timer comes too late, or only now. */
async function timesOut({ gateway, services }: Simulation, now: Instant): Promise<Effect[]> {
  return (await runWave([gateway.timeout(now)], services))[0];
}

function at(simulation: Simulation, monotonicMs: number): Instant {
  return { monotonicMs, epochSeconds: simulation.now.epochSeconds };
}

test("a client is asked for a sign of life when it was silent for so long, and every word of it puts that off", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60 });
  const client = await simulation.clientWithTicket();
  const upAtMs = simulation.gatewayHappenings.find(({ effect }) => effect.type === "ike-sa-up")!.atMs;
  await simulation.run(upAtMs + 50_000);
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run(upAtMs + 110_000);
  assert.equal(requestsOf(simulation), 0);
  await simulation.run(upAtMs + 110_100);
  assert.equal(requestsOf(simulation), 1);
  assert.equal(effectsOf(simulation.gatewayEffects, "peer-alive").length, 1);
  // The answer is a word as well.
  await simulation.run(upAtMs + 170_000);
  assert.equal(requestsOf(simulation), 1);
  await simulation.run(upAtMs + 3_600_000);
  assert.deepEqual([simulation.gateway.establishedCount, effectsOf(simulation.gatewayEffects, "ike-sa-down").length], [1, 0]);
});

test("ESP that its owner tells of is a sign of life, of those that are up", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60 });
  const client = await simulation.clientWithTicket();
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  const nobody = { initiatorSpi: 1n, responderSpi: 2n };
  for (let second = 30; second <= 300; second += 30) {
    await simulation.run(second * 1_000);
    await simulation.actOnGateway(simulation.gateway.peersHeard([nobody, spis], simulation.now));
  }
  assert.deepEqual([requestsOf(simulation), simulation.gateway.establishedCount], [0, 1]);
  await simulation.run(361_000);
  assert.equal(requestsOf(simulation), 1);
});

test("what is not authentic, and what was said before, is no sign of life", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60 });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const request = await handmade.authRequest(exchange);
  await handmade.deliver(request);
  for (let second = 1; second < 85; second += 5) {
    await simulation.run(second * 1_000);
    await handmade.deliver(request);
    const forged = await handmade.seal({ ...exchange, keys: { ...openKeys(exchange.keys), skEi: exchange.keys.skEr } }, [], 2);
    await handmade.deliver(forged);
  }
  await simulation.run(90_000);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
});

test("a client that vanished is let go, and comes back by its ticket", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60 });
  const client = await simulation.clientWithTicket();
  const ticket = copyOf(client.ticket);
  client.initiator.dispose();
  await simulation.run(120_000);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.deadline], [0, undefined]);
  const again = simulation.addClient({ identity: ticket.initiatorId }, ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("when all fall silent at once they are asked at the pace that is set, and each has its whole time to answer", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60, livenessChecksPerSecond: 20 });
  const crowd = Array.from({ length: 200 }, () => simulation.addClient());
  await simulation.start(...crowd);
  await simulation.run();
  assert.equal(simulation.gateway.establishedCount, crowd.length);
  // The gateway's own network is down for a while: nothing comes, nothing goes.
  simulation.network.interference = () => undefined;
  const start = simulation.network.nowMs;
  await simulation.run(start + 62_000);
  simulation.network.interference = (datagram) => datagram;
  for (let second = 0; second < 12; second++) {
    const earlier = requestsOf(simulation);
    await simulation.run(simulation.network.nowMs + 1_000);
    const asked = requestsOf(simulation) - earlier;
    assert.ok(asked <= 22, `${asked} in a second`);
  }
  assert.equal(requestsOf(simulation), crowd.length);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down"), []);
  assert.equal(simulation.gateway.establishedCount, crowd.length);
});

test("of many that are due at once a call does a part, and the rest is due at once", async () => {
  const simulation = await simulationOf({ livenessSeconds: 0, ikeSaLifetimeSeconds: 100 });
  const crowd = Array.from({ length: 150 }, () => simulation.addClient());
  await simulation.start(...crowd);
  await simulation.run();
  const now = at(simulation, simulation.network.nowMs + 100_000);
  const ended: number[] = [];
  while (simulation.gateway.establishedCount > 0) {
    assert.ok((simulation.gateway.deadline ?? Infinity) <= now.monotonicMs);
    ended.push(effectsOf(await timesOut(simulation, now), "ike-sa-down").length);
  }
  assert.ok(ended.length >= 3 && ended.every((count) => count <= 64), `${ended}`);
});

test("a gateway that stood still does not take for dead whose answers it has not looked at", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60 });
  const client = await simulation.clientWithTicket();
  // Past all that the gateway remembers of first exchanges: no other deadline is left.
  await simulation.run(40_000);
  simulation.network.interference = () => undefined;
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
  for (let times = 1; times < 7; times++) await simulation.run(simulation.gateway.deadline);
  const asked = simulation.network.sent.at(-1)!;
  // The last attempt is sent; this one is answered, but the process sleeps past the moment to give up.
  const late = at(simulation, simulation.gateway.deadline! + 5_000);
  const effects = await timesOut(simulation, late);
  assert.deepEqual(effectsOf(effects, "ike-sa-down"), []);
  assert.deepEqual(effectsOf(effects, "send").map(({ datagram }) => datagram.octets), [asked.octets], "it asks once more");
  // In time, with no answer: it is dead.
  const gone = await timesOut(simulation, at(simulation, simulation.gateway.deadline!));
  assert.deepEqual(effectsOf(gone, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
});

test("who waits to be asked for a sign of life ends in its time all the same", async () => {
  const simulation = await simulationOf({ livenessSeconds: 60, livenessChecksPerSecond: 1, ikeSaLifetimeSeconds: 65 });
  const crowd = Array.from({ length: 30 }, () => simulation.addClient());
  await simulation.start(...crowd);
  await simulation.run();
  await simulation.run(simulation.network.nowMs + 64_500);
  assert.ok(requestsOf(simulation) < 10);
  await simulation.run(simulation.network.nowMs + 1_000);
  const reasons = effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason);
  assert.deepEqual(reasons, crowd.map(() => "lifetime-over"));
});
