/**
 * What a request about a Child SA is answered with while the tested end has begun something itself: the table of RFC 7296, section 2.25.1, cell by
 * cell (RFC 4718, section 5.11.10).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { espSpiOctets } from "../../../../src/ike/ike_sa/spi.ts";
import { findNotify, findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { ExchangeType, NotifyType, ProtocolId } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { offerPayloads } from "../../../simulation/handmade_rekey.ts";
import { deleteEsp } from "../../../simulation/handmade_up.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { childAnswer, childOffer, NEW_ESP_SPI } from "./handmade_child.ts";
import { HANDMADE_SCENES, type HandmadeScene } from "./handmade_scene.ts";

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;
const { TEMPORARY_FAILURE, CHILD_SA_NOT_FOUND, REKEY_SA, SET_WINDOW_SIZE } = NotifyType;
const LOWEST = new Uint8Array(32);
const HIGHEST = new Uint8Array(32).fill(0xff);
const UNKNOWN_SPI = Uint8Array.of(9, 9, 9, 9);

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  test(`[C-5.11.1] [C-5.11.10] the ${tested} is deleting a Child SA: a rekeying of it gets TEMPORARY_FAILURE, a DELETE no other half`, async () => {
    const scene = await sceneOf();
    const request = await scene.order({ kind: "delete", inboundSpi: scene.childSa.inboundSpi });
    assert.deepEqual(deletedSpis(request!.payloads), [espSpiOctets(scene.childSa.inboundSpi)]);
    assert.deepEqual(await answerTo(scene, childOffer(scene.childSa, { rekeys: scene.espSpi })), [TEMPORARY_FAILURE]);
    const { answer, effects } = await scene.ask([deleteEsp(scene.espSpi)], INFORMATIONAL);
    assert.deepEqual(answer, []);
    assert.equal(effectsOf(effects, "child-sa-down").length, 1);
    assert.deepEqual(effectsOf(await scene.answer(request!, []), "child-sa-down"), []);
  });

  test(`[C-5.11.10] the ${tested} is rekeying a Child SA: a rekeying of it is answered as usual, a DELETE with the other half`, async () => {
    const scene = await sceneOf();
    await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
    assert.deepEqual(await answerTo(scene, childOffer(scene.childSa, { rekeys: scene.espSpi })), []);
    const { answer } = await scene.ask([deleteEsp(scene.espSpi)], INFORMATIONAL);
    assert.deepEqual(deletedSpis(answer), [espSpiOctets(scene.childSa.inboundSpi)]);
  });

  test(`[C-5.11.10] [C-5.4] the ${tested} has no such Child SA: a rekeying gets CHILD_SA_NOT_FOUND with the SPI that it named, a DELETE nothing`, async () => {
    const scene = await sceneOf();
    // The SPI of the other direction names nothing either.
    for (const rekeys of [UNKNOWN_SPI, espSpiOctets(scene.childSa.inboundSpi), Uint8Array.of(1), new Uint8Array(0)]) {
      const { answer } = await scene.ask(childOffer(scene.childSa, { rekeys }), CREATE_CHILD_SA);
      const refusal = findNotify(answer, CHILD_SA_NOT_FOUND)!;
      assert.deepEqual([refusal.protocolId, refusal.spi], [ProtocolId.ESP, rekeys]);
    }
    assert.deepEqual((await scene.ask([deleteEsp(UNKNOWN_SPI)], INFORMATIONAL)).answer, []);
  });

  test(`[C-5.11.10] [C-5.11.8] the ${tested} is making, rekeying or deleting a Child SA: an offer to rekey the IKE SA gets TEMPORARY_FAILURE`, async () => {
    for (const kind of ["create", "rekey", "delete"] as const) {
      const scene = await sceneOf();
      const { inboundSpi } = scene.childSa;
      await scene.order(kind === "create" ? { kind, traffic: scene.childSa } : { kind, inboundSpi });
      assert.deepEqual(await answerTo(scene, offerPayloads(await scene.run(generateKeyPair(31)))), [TEMPORARY_FAILURE]);
    }
  });

  test(`[C-5.11.10] [C-5.11.8] the ${tested} is rekeying or deleting the IKE SA: to make or rekey a Child SA gets TEMPORARY_FAILURE`, async () => {
    for (const purpose of ["rekey", "close"] as const) {
      const scene = await sceneOf();
      await scene.begin(purpose);
      for (const rekeys of [undefined, scene.espSpi]) {
        assert.deepEqual(await answerTo(scene, childOffer(scene.childSa, { rekeys })), [TEMPORARY_FAILURE]);
      }
    }
  });

  test(`[C-5.11.3] [C-5.10] the ${tested}'s own new Child SA has the lowest nonce: it is deleted by the ${tested}, the old one by the peer`, async () => {
    const scene = await sceneOf();
    const request = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
    assert.deepEqual(findNotify(request!.payloads, REKEY_SA)!.spi, espSpiOctets(scene.childSa.inboundSpi));
    const made = await scene.ask(childOffer(scene.childSa, { rekeys: scene.espSpi, nonce: HIGHEST }), CREATE_CHILD_SA);
    assert.equal(effectsOf(made.effects, "child-sa-rekeyed").length, 1);
    const effects = await scene.answer(request!, childAnswer(request!.payloads, LOWEST, Uint8Array.of(0, 0, 65, 0)));
    const [{ childSa, isRedundant }] = effectsOf(effects, "child-sa-rekeyed");
    assert.ok(isRedundant);
    assert.equal(effectsOf(effects, "send").length, 1);
    const { answer } = await scene.ask([deleteEsp(scene.espSpi)], INFORMATIONAL);
    assert.deepEqual(deletedSpis(answer), [espSpiOctets(scene.childSa.inboundSpi)]);
    assert.notEqual(childSa.inboundSpi, scene.childSa.inboundSpi);
  });

  test(`[C-5.11.3] [C-5.10] the peer's new Child SA has the lowest nonce: the ${tested} deletes the old one, and the peer its own`, async () => {
    const scene = await sceneOf();
    const request = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
    const { answer: theirs } = await scene.ask(
      childOffer(scene.childSa, { rekeys: scene.espSpi, nonce: LOWEST }),
      CREATE_CHILD_SA,
    );
    const effects = await scene.answer(request!, childAnswer(request!.payloads, HIGHEST, Uint8Array.of(0, 0, 65, 0)));
    assert.deepEqual(effectsOf(effects, "child-sa-rekeyed").map(({ isRedundant }) => isRedundant), [false]);
    // The peer is waited for: its own is not deleted by the tested end.
    const { answer } = await scene.ask([deleteEsp(NEW_ESP_SPI)], INFORMATIONAL);
    assert.deepEqual(deletedSpis(answer), [findPayload(theirs, "SA")!.proposals[0].spi]);
  });

  test(`[C-7.3] the ${tested} never says SET_WINDOW_SIZE, and whatever its peer says of it, asks one thing at a time and answers all that is asked`, async () => {
    const scene = await sceneOf();
    for (const size of [8, 2, 1, 0]) {
      const { answer } = await scene.ask([notify(SET_WINDOW_SIZE, Uint8Array.of(0, 0, 0, size))], INFORMATIONAL);
      assert.deepEqual(answer, []);
    }
    const first = await scene.order({ kind: "create", traffic: scene.childSa });
    assert.equal(findNotify(first!.payloads, SET_WINDOW_SIZE), undefined);
    assert.deepEqual(await scene.begin("rekey"), []);
    // The peer's own window is as it was: it is answered while it owes an answer itself.
    assert.deepEqual((await scene.ask([], INFORMATIONAL)).answer, []);
    const effects = await scene.answer(first!, childAnswer(first!.payloads));
    assert.equal(effectsOf(effects, "send").length, 1);
  });

  test(`[C-5.11.10] a peer that is busy is asked again later by the ${tested}, one that knows of no such Child SA is made another`, async () => {
    const scene = await sceneOf();
    const request = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
    const later = await scene.answer(request!, [notify(TEMPORARY_FAILURE)]);
    assert.deepEqual(later.map(({ type }) => type), ["peer-alive"]);
    const again = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
    assert.equal(again, undefined);
    const [resent] = await scene.pass(2_500);
    assert.deepEqual(findNotify(resent.payloads, REKEY_SA)!.spi, espSpiOctets(scene.childSa.inboundSpi));
    const effects = await scene.answer(resent, [notify(CHILD_SA_NOT_FOUND)]);
    assert.deepEqual(effects.map(({ type }) => type), ["peer-alive", "child-sa-down", "send"]);
  });
}

test("both ends miss the same Child SA: the client's request for another waits for the gateway's own, and one is made", async () => {
  const scene = await HANDMADE_SCENES.gateway();
  const { childSa } = scene;
  const request = await scene.order({ kind: "rekey", inboundSpi: childSa.inboundSpi });
  await scene.answer(request!, [notify(CHILD_SA_NOT_FOUND)]);
  assert.deepEqual(await answerTo(scene, childOffer(childSa)), [TEMPORARY_FAILURE]);
  const [port] = childSa.localSelectors;
  const other = { ...childSa, localSelectors: [{ ...port, startPort: 1, endPort: 1, ipProtocol: 17 }] };
  assert.deepEqual(await answerTo(scene, childOffer(other)), [TEMPORARY_FAILURE], "a part of it");
});

test("what a gateway makes because it is told to keeps no client from another for the same traffic", async () => {
  const scene = await HANDMADE_SCENES.gateway();
  await scene.order({ kind: "create", traffic: scene.childSa });
  assert.deepEqual(await answerTo(scene, childOffer(scene.childSa)), []);
});

async function answerTo(scene: HandmadeScene, request: readonly Payload[]): Promise<number[]> {
  const { answer } = await scene.ask(request, CREATE_CHILD_SA);
  return notifyTypes(answer).filter((notifyType) => notifyType < 16384);
}

function deletedSpis(payloads: readonly Payload[]): Uint8Array[] {
  return payloads.flatMap((payload) => payload.type === "D" ? payload.spis : []);
}
