/**
 * Both ends rekey the IKE SA at once (RFC 7296, sections 2.8.2 and 2.25.2; RFC 4718, section 5.11.4), one of them made by hand: two that share
 * their code agree on the wrong one as well.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SpiPair } from "../../../../src/ike/ike_sa/spi.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { crossing, HIGHEST_NONCE, LOWEST_NONCE, TESTED_ENDS } from "../../../simulation/handmade_crossing.ts";
import { DELETE_IKE_SA } from "../../../simulation/handmade_up.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { newest } from "./rekeyed.ts";

const ELSEWHERE = "203.0.113.50";

for (const tested of TESTED_ENDS) {
  test(`[C-5.10] [C-5.11.4] the lowest nonce is in the peer's offer: the ${tested}'s own new IKE SA stays, and the ${tested} deletes the old one`, async () => {
    const scene = await crossing(tested);
    const theirs = await scene.offer(LOWEST_NONCE);
    const { made: ours, effects } = await scene.accept(HIGHEST_NONCE);
    assert.notDeepEqual(ours, theirs);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: scene.old, newSpis: ours, byUs: true },
    ]);
    assert.deepEqual(requestsOn(effects, scene.old).length, 1);
    // The peer's lost one is the peer's to delete.
    assert.deepEqual(requestsOn(effects, theirs), []);
  });

  test(`[C-5.10] [C-5.11.4] the lowest nonce is in the peer's answer: the peer's new IKE SA stays, and the ${tested} deletes its own at once`, async () => {
    const scene = await crossing(tested);
    const theirs = await scene.offer(HIGHEST_NONCE);
    const { made: ours, effects } = await scene.accept(LOWEST_NONCE);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: scene.old, newSpis: theirs, byUs: false },
    ]);
    assert.deepEqual(requestsOn(effects, scene.old), []);
    const [deletion] = requestsOn(effects, ours);
    assert.deepEqual([deletion.exchangeType, deletion.messageId], [ExchangeType.INFORMATIONAL, 0]);
    assert.equal(deletion.fromInitiator, true, "who offered an IKE SA is its original initiator");
  });

  test(`[C-5.11.4] a peer that refuses has not noticed that the offers crossed: the ${tested} goes on with the one that the peer made`, async () => {
    const scene = await crossing(tested);
    const theirs = await scene.offer(LOWEST_NONCE);
    const effects = await scene.answer([notify(NotifyType.TEMPORARY_FAILURE)]);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: scene.old, newSpis: theirs, byUs: false },
    ]);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekey-failed"), []);
    // The old one is the peer's to delete.
    assert.deepEqual(requestsOn(effects, scene.old), []);
    const ended = await scene.request([DELETE_IKE_SA]);
    assert.deepEqual(effectsOf(ended, "ike-sa-down"), []);
    assert.equal(scene.held(), 1);
  });

  test(`[C-5.11.4] a peer that deletes the old IKE SA, not having noticed that the offers crossed, leaves the ${tested} with the one that it made`, async () => {
    const scene = await crossing(tested);
    const theirs = await scene.offer(LOWEST_NONCE);
    const effects = await scene.request([DELETE_IKE_SA]);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: scene.old, newSpis: theirs, byUs: false },
    ]);
    assert.deepEqual(effectsOf(effects, "ike-sa-down"), []);
    assert.equal(scene.held(), 1);
  });
}

test("a client that moves while the rekeyings of both ends cross goes on from where it is, and its gateway's ESP follows", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 }, seed });
    const { network } = simulation;
    const client = simulation.addClient({ mobike: true, livenessSeconds: 0 });
    await simulation.start(client);
    await simulation.run(network.nowMs + 1_000);
    network.interference = (datagram) => datagram.local.address === client.address ? undefined : datagram;
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
    await simulation.run(network.nowMs + 100);
    network.interference = (datagram) => datagram;
    await simulation.move(client, ELSEWHERE);
    await simulation.run(network.nowMs + 20_000);
    assert.equal(simulation.gateway.establishedCount, 1);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "peer-moved").map(({ remote }) => remote.address), [ELSEWHERE]);
    const before = network.sent.length;
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.actOnGateway(simulation.gateway.checkLiveness(newest(client), simulation.now));
    await simulation.run(network.nowMs + 1_000);
    const later = network.sent.slice(before);
    assert.equal(later.length, 4);
    assert.ok(later.every(({ local, remote }) => local.address === ELSEWHERE || remote.address === ELSEWHERE));
  }
});

/** The headers of requests that were sent on an IKE SA. */
function requestsOn(effects: readonly Effect[], { initiatorSpi, responderSpi }: SpiPair) {
  return effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header)
    .filter((header) => !header.isResponse && header.initiatorSpi === initiatorSpi && header.responderSpi === responderSpi);
}
