/**
 * What a request is answered with while the tested end has begun something else with the IKE SA: the table of RFC 7296, section 2.25.2, as far as
 * it is about the IKE SA (RFC 4718, section 5.11.10). Offers that cross are in crossing_rekeys_test.ts, Child SAs in child_table_test.ts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { ExchangeType, NotifyType, ProtocolId } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { offerPayloads } from "../../../simulation/handmade_rekey.ts";
import { DELETE_IKE_SA, deleteEsp } from "../../../simulation/handmade_up.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { HANDMADE_SCENES, type HandmadeScene } from "./handmade_scene.ts";

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;
const { TEMPORARY_FAILURE } = NotifyType;

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
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
  const scene = await HANDMADE_SCENES.gateway();
  await scene.ask(await offerOf(scene), CREATE_CHILD_SA);
  assert.deepEqual(await scene.begin("rekey"), []);
});

async function offerOf(scene: HandmadeScene): Promise<readonly Payload[]> {
  return offerPayloads(await scene.run(generateKeyPair(31)));
}

function childOffer(): readonly Payload[] {
  return [
    { type: "SA", proposals: offerEsp(defaultEspProposals(), Uint8Array.of(0, 0, 64, 0)) },
    { type: "Nonce", nonce: new Uint8Array(32) },
  ];
}
