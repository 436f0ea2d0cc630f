/**
 * Addresses that a client says it is at, and has not been met at: neither ESP goes there, nor another's traffic to it (RFC 4555, section 3.7).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { decodeMessage } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { notifyData } from "../../../simulation/messages.ts";
import { effectsOf, endpoint, Simulation } from "../../../simulation/simulation.ts";
import { childOffer } from "../create_child_sa/handmade_child.ts";
import { ask, mobileHandmade, movesOf, update } from "./mobility_scene.ts";

const { COOKIE2, NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP, MOBIKE_SUPPORTED } = NotifyType;

test("only the cookie that was sent shows that a client is met: any other ends its IKE SA, and none as well", async () => {
  for (const answer of [[], [notify(COOKIE2, new Uint8Array(16))], [notify(COOKIE2, new Uint8Array(7))]]) {
    const { handmade, exchange, simulation } = await mobileHandmade();
    const { effects } = await ask(handmade, exchange, 2, update(exchange, "203.0.113.9"), "203.0.113.9");
    const [, check] = effectsOf(effects, "send");
    assert.ok(check);
    const response = await handmade.seal(exchange, answer, 0, {
      exchangeType: ExchangeType.INFORMATIONAL,
      isResponse: true,
      messageId: 0,
    });
    const { effects: after } = await handmade.deliver(response, 4500);
    assert.deepEqual(effectsOf(after, "ike-sa-down").map(({ reason }) => reason), ["protocol-error"]);
    assert.deepEqual(movesOf(after), []);
    assert.equal(simulation.gateway.establishedCount, 0);
  }
});

test("a cookie that was sent again to where a client went meanwhile does not show that it is met where it was said to be", async () => {
  const { handmade, exchange, simulation } = await mobileHandmade();
  const victim = "203.0.113.9";
  await ask(handmade, exchange, 2, update(exchange, victim), victim);
  // The cookie that was meant for the victim comes here now, where the client is.
  await ask(handmade, exchange, 3, update(exchange, handmade.address), handmade.address);
  const before = simulation.network.sent.length;
  await simulation.run(simulation.now.monotonicMs + 10_000);
  const [learnt] = simulation.network.sent.slice(before);
  assert.deepEqual(learnt.remote, endpoint(handmade.address, 4500));
  const check = decodeMessage(learnt.octets);
  assert.ok(check.ok);
  const cookie = notifyData(await handmade.open(exchange, check.value), COOKIE2);
  await ask(handmade, exchange, 4, update(exchange, victim), victim);
  const answerCheck = async (messageId: number, data: Uint8Array) => {
    const header = { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true, messageId };
    return (await handmade.deliver(await handmade.seal(exchange, [notify(COOKIE2, data)], 0, header), 4500)).effects;
  };
  const effects = await answerCheck(0, cookie!);
  assert.deepEqual(movesOf(effects), []);
  // It is asked once more, with another cookie, which goes to the victim alone.
  const [again] = effectsOf(effects, "send");
  assert.deepEqual(again.datagram.remote, endpoint(victim, 4500));
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("an address that a client only says it is at is not its own: no Child SA is made for the traffic of whoever is there", async () => {
  for (const mobike of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
    // Without MOBIKE: behind a NAT, it says, and is followed to wherever its requests seem to come from.
    const detection = [NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP].map((type) => notify(type, new Uint8Array(20)));
    const exchange = await handmade.init({ extra: mobike ? [] : detection });
    const { effects } = await handmade.auth(exchange, { add: mobike ? [notify(MOBIKE_SUPPORTED)] : [] });
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    const victim = "203.0.113.9";
    const asked = await ask(handmade, exchange, 2, mobike ? update(exchange, victim) : [], victim);
    assert.equal(movesOf(asked.effects).length, mobike ? 0 : 1);
    const any = { ...effectsOf(effects, "child-sa-up")[0].childSa, remoteSelectors: [anyIpv4Selector()] };
    const request = await handmade.seal(exchange, childOffer(any), 3, { exchangeType: ExchangeType.CREATE_CHILD_SA });
    const { effects: made } = await handmade.deliver(request, 4500);
    const { childSa } = effectsOf(made, "child-sa-up")[0];
    assert.deepEqual(childSa.remoteSelectors.map(({ startAddress, endAddress }) => [[...startAddress], [...endAddress]]), [
      [[203, 0, 113, 7], [203, 0, 113, 7]],
    ]);
  }
});

test("an address that IKE_AUTH alone came from is not the client's own: it has that of its first message", async () => {
  for (const mobike of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
    const detection = [NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP].map((type) => notify(type, new Uint8Array(20)));
    const exchange = await handmade.init({ extra: detection });
    const [TSi, TSr] = (["TSi", "TSr"] as const).map((type): Payload => ({ type, selectors: [anyIpv4Selector()] }));
    const changes = { replace: [TSi, TSr], add: mobike ? [notify(MOBIKE_SUPPORTED)] : [] };
    const request = await handmade.authRequest(exchange, undefined, changes);
    const victim = new HandmadeClient(simulation, "203.0.113.9", 4500);
    const { effects } = await victim.deliver(request);
    const [{ childSa }] = effectsOf(effects, "child-sa-up");
    assert.deepEqual(childSa.remoteSelectors.map(({ startAddress }) => [...startAddress]), [[203, 0, 113, 7]]);
    const any = { ...childSa, remoteSelectors: [anyIpv4Selector()] };
    const another = await handmade.seal(exchange, childOffer(any), 2, { exchangeType: ExchangeType.CREATE_CHILD_SA });
    const { effects: made } = await victim.deliver(another);
    const [{ childSa: second }] = effectsOf(made, "child-sa-up");
    assert.deepEqual(second.remoteSelectors, childSa.remoteSelectors);
  }
});

test("a gateway tells nobody of a move that anybody but a client with MOBIKE asks for", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
  const exchange = await handmade.up();
  const { answer, effects } = await ask(handmade, exchange, 2, update(exchange, "203.0.113.9"), "203.0.113.9");
  assert.deepEqual(answer, []);
  assert.deepEqual(movesOf(effects), []);
});
