import assert from "node:assert/strict";
import { test } from "node:test";
import { servedWave } from "../../../src/gateway/served_wave.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

test("DELETE of an IKE SA, and IKE_AUTH by its ticket, in one wave: in whatever order, one ends and one comes up", async () => {
  for (const later of [false, true]) {
    for (const isDeleteFirst of [false, true]) {
      const { gateways, crowd, exchange, authRequest } = await halfWay(later);
      const [{ initiator }] = crowd.clients;
      const [effects] = await runWave([initiator.close(gateways.now)], gateways.steps.services);
      const [{ datagram: { octets } }] = effectsOf(effects, "send");
      const wave = [authRequest, fromClient(octets)];
      const told = await serve(gateways, isDeleteFirst ? wave.reverse() : wave);
      assert.deepEqual(effectsOf(told, "ike-sa-up").map(({ spis }) => spis), [exchange.spis]);
      assert.equal(effectsOf(told, "ike-sa-down").length, 1);
      assert.equal(gateways.lane.responder.establishedCount, 1);
      assert.equal(gateways.lane.responder.halfOpenCount, 0);
      assert.deepEqual(gateways.lane.faults, []);
    }
  }
});

test("one IKE_AUTH request twice in a wave, or with a forged one of its SPIs, is answered as if it came alone", async () => {
  for (const later of [false, true]) {
    for (const isForgedFirst of [false, true]) {
      const { gateways, authRequest } = await halfWay(later);
      const forged = { ...authRequest, octets: authRequest.octets.slice() };
      forged.octets[forged.octets.length - 1] ^= 1;
      const wave = isForgedFirst ? [forged, authRequest, authRequest] : [authRequest, authRequest, forged];
      const told = await serve(gateways, wave);
      assert.equal(effectsOf(told, "ike-sa-up").length, 1);
      const answers = effectsOf(told, "send").map(({ datagram }) => datagram.octets);
      assert.equal(answers.length, 2);
      assert.deepEqual(answers[1], answers[0]);
    }
  }
});

test("one first message from two places, in one wave, makes one IKE SA", async () => {
  for (const later of [false, true]) {
    const { gateways, handmade, ticket } = await halfWay(later);
    const before = gateways.lane.responder.halfOpenCount;
    const request = handmade.datagram(handmade.resumeRequest(ticket.ticket, new Uint8Array(32)));
    const told = await serve(gateways, [request, { ...request, remote: endpoint("203.0.113.99", 500) }]);
    const answers = effectsOf(told, "send").map(({ datagram }) => datagram.octets);
    assert.equal(answers.length, 2);
    assert.deepEqual(answers[1], answers[0]);
    assert.equal(gateways.lane.responder.halfOpenCount - before, 1);
  }
});

test("a first message that comes again is answered as before, by the steps, until its IKE SA is up: its client has the answer then", async () => {
  const { gateways, handmade, exchange, authRequest } = await halfWay(false);
  const before = gateways.taken;
  const early = await handmade.deliver(exchange.request);
  assert.deepEqual(early.replies.map(({ octets }) => octets), [exchange.response]);
  assert.equal(gateways.taken, before);
  await gateways.receive([authRequest]);
  const { establishedCount } = gateways.lane.responder;
  // Nothing begins, and nothing is refused, though the ticket is used.
  const late = await handmade.deliver(exchange.request);
  assert.deepEqual(late.effects, [{ type: "dropped", reason: "repeated-first-message" }]);
  assert.equal(gateways.lane.responder.halfOpenCount, 0);
  assert.equal(gateways.lane.responder.establishedCount, establishedCount);
  assert.equal(gateways.lane.responder.firstMessageCounters.first_messages_repeated_total, 2);
});

/** A client that is up, and on the way to be so again by its ticket. */
async function halfWay(later: boolean) {
  const gateways = new TwoGateways({ provider, keyExchange, later });
  const crowd = new Crowd(gateways, 1);
  const handmade = new HandmadeClient({
    services: { ...gateways.steps.services, random: new SeededRandom(3).octets },
    random: new SeededRandom(4),
    receive: (datagram) => gateways.receive([datagram]),
  }, "198.51.100.0");
  await crowd.comeUp();
  const ticket = copyOf(crowd.clients[0].ticket!);
  const exchange = await handmade.resume(ticket);
  const authRequest = handmade.datagram(await handmade.authRequest(exchange, ticket));
  return { gateways, crowd, handmade, ticket, exchange, authRequest };
}

function fromClient(octets: Uint8Array): Datagram {
  return { octets, local: endpoint(GATEWAY_ADDRESS, 500), remote: endpoint("198.51.100.0", 500), encapsulated: false };
}

/** As a gateway serves a wave. */
async function serve(
  { lane: { responder, services, faults }, now }: TwoGateways,
  wave: readonly Datagram[],
): Promise<Effect[]> {
  const waiting = wave.map((datagram) => ({ datagram, urgency: 0, arrivedAtMs: 0 } as const));
  return (await servedWave(waiting, now, { responder, services, hasLane: true, onFault: (fault) => faults.push(fault) }))
    .flat();
}
