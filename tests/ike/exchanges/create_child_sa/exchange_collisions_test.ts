/**
 * What a request is answered with while the tested end has begun something else with the IKE SA: the table of RFC 7296, section 2.25.2, as far as
 * it goes for one Child SA that is never rekeyed (RFC 4718, section 5.11.10). Offers that cross are in crossing_rekeys_test.ts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { generateKeyPair, type Step } from "../../../../src/ike/steps/step.ts";
import { ExchangeType, NotifyType, ProtocolId } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HANDMADE_ESP_SPI } from "../../../simulation/handmade_client.ts";
import { HANDMADE_GATEWAY_ESP_SPI } from "../../../simulation/handmade_gateway.ts";
import { offerPayloads } from "../../../simulation/handmade_rekey.ts";
import { clientUp, DELETE_IKE_SA, deleteEsp, handmadeUp } from "../../../simulation/handmade_up.ts";
import { decoded, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";

type Purpose = "rekey" | "close" | "checkLiveness";

/** An IKE SA that is up between the tested end and one made by hand. */
interface Scene {
  readonly espSpi: Uint8Array;
  run<T>(step: Step<T>): Promise<T>;
  /** The tested end begins something, and gets no answer; returns the exchange types of the requests that it sends. */
  begin(purpose: Purpose): Promise<number[]>;
  /** The handmade end asks, and gets an answer. */
  ask(payloads: readonly Payload[], exchangeType: number): Promise<{ answer: readonly Payload[]; effects: readonly Effect[] }>;
}

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;
const { TEMPORARY_FAILURE } = NotifyType;

const ENDS = { gateway: besideGateway, client: besideClient } as const;

for (const [tested, sceneOf] of Object.entries(ENDS)) {
  test(`[C-5.11.9] [C-5.11.10] the ${tested} is deleting the IKE SA: an offer to rekey it gets TEMPORARY_FAILURE, a DELETE is answered, and its own forgotten`, async () => {
    const scene = await sceneOf();
    await scene.begin("close");
    const offer = await offerOf(scene);
    assert.deepEqual(notifyTypes((await scene.ask(offer, CREATE_CHILD_SA)).answer), [TEMPORARY_FAILURE]);
    const { answer, effects } = await scene.ask([DELETE_IKE_SA], INFORMATIONAL);
    assert.deepEqual(answer, []);
    assert.equal(effectsOf(effects, "ike-sa-down").length, 1);
  });

  test(`[C-5.11.9] the ${tested} that is deleting an IKE SA neither rekeys it nor checks whether the peer lives`, async () => {
    const scene = await sceneOf();
    assert.deepEqual(await scene.begin("close"), [INFORMATIONAL]);
    for (const purpose of ["rekey", "checkLiveness", "close"] as const) assert.deepEqual(await scene.begin(purpose), []);
  });

  test(`[C-5.11.10] the ${tested} is rekeying the IKE SA: a DELETE of the Child SA gets the other half, one of the IKE SA is answered, and its own offer forgotten`, async () => {
    const scene = await sceneOf();
    assert.deepEqual(await scene.begin("rekey"), [CREATE_CHILD_SA]);
    const { answer: [half, ...more] } = await scene.ask([deleteEsp(scene.espSpi)], INFORMATIONAL);
    assert.ok(half.type === "D" && half.protocolId === ProtocolId.ESP && half.spis.length === 1);
    assert.deepEqual(more, []);
    const { answer, effects } = await scene.ask([DELETE_IKE_SA], INFORMATIONAL);
    assert.deepEqual(answer, []);
    assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-peer"]);
  });

  test(`[C-5.11.10] another IKE SA has taken the place of the ${tested}'s: whatever is asked on the old one gets TEMPORARY_FAILURE, and its DELETE is answered`, async () => {
    const scene = await sceneOf();
    const { answer: accepted } = await scene.ask(await offerOf(scene), CREATE_CHILD_SA);
    assert.ok(accepted.some(({ type }) => type === "SA"));
    for (const request of [await offerOf(scene), childOffer(), [...childOffer()].reverse()]) {
      assert.deepEqual(notifyTypes((await scene.ask(request, CREATE_CHILD_SA)).answer), [TEMPORARY_FAILURE]);
    }
    const { answer, effects } = await scene.ask([DELETE_IKE_SA], INFORMATIONAL);
    assert.deepEqual(answer, []);
    // The one in its place stands.
    assert.deepEqual(effectsOf(effects, "ike-sa-down"), []);
  });
}

test("[C-5.11.9] the gateway rekeys no IKE SA whose place another has taken already", async () => {
  const scene = await besideGateway();
  await scene.ask(await offerOf(scene), CREATE_CHILD_SA);
  assert.deepEqual(await scene.begin("rekey"), []);
});

async function offerOf(scene: Scene): Promise<readonly Payload[]> {
  return offerPayloads(await scene.run(generateKeyPair(31)));
}

function childOffer(): readonly Payload[] {
  return [
    { type: "SA", proposals: offerEsp(defaultEspProposals(), Uint8Array.of(0, 0, 64, 0)) },
    { type: "Nonce", nonce: new Uint8Array(32) },
  ];
}

async function besideGateway(): Promise<Scene> {
  const { simulation, handmade, exchange } = await handmadeUp();
  let messageId = 2;
  return {
    espSpi: HANDMADE_ESP_SPI,
    run: (step) => handmade.run(step),
    async begin(purpose) {
      const before = simulation.network.sent.length;
      await simulation.actOnGateway(simulation.gateway[purpose](exchange.spis, simulation.now));
      return simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
    },
    async ask(payloads, exchangeType) {
      const { replies: [reply], effects } = await handmade.deliver(
        await handmade.seal(exchange, payloads, messageId++, { exchangeType }),
      );
      return { answer: await handmade.open(exchange, reply), effects };
    },
  };
}

async function besideClient(): Promise<Scene> {
  const { simulation, client, gateway, answered } = await clientUp();
  let messageId = 0;
  return {
    espSpi: HANDMADE_GATEWAY_ESP_SPI,
    run: (step) => gateway.run(step),
    async begin(purpose) {
      const before = simulation.network.sent.length;
      await simulation.act(client, client.initiator[purpose](simulation.now));
      return simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
    },
    async ask(payloads, exchangeType) {
      const before = simulation.network.sent.length;
      const request = { exchangeType, isResponse: false, messageId: messageId++ };
      const effects = await gateway.deliver(await gateway.seal(answered, payloads, request));
      // What follows the answer is the tested end's own.
      return { answer: await gateway.open(answered, decoded(simulation.network.sent[before].octets)), effects };
    },
  };
}
