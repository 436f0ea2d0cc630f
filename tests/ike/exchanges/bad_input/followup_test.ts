/**
 * IKE_FOLLOWUP_KE of a peer that has proven itself (RFC 9370, section 2.2.4): what is not right makes no Child SA, and the IKE SA survives it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseEspProposal } from "../../../../src/configuration/mod.ts";
import { offerChild } from "../../../../src/ike/ike_sa/child_proposals.ts";
import { findNotify, findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { childAnswer, childOffer, NEW_ESP_SPI } from "../create_child_sa/handmade_child.ts";
import { HANDMADE_SCENES, type HandmadeScene } from "../create_child_sa/handmade_scene.ts";
import { type Subject, testDisorders } from "./subject.ts";

const { CREATE_CHILD_SA, IKE_FOLLOWUP_KE, INFORMATIONAL } = ExchangeType;
const { ADDITIONAL_KEY_EXCHANGE } = NotifyType;
const [CURVE25519, ECP_256] = [31, 19];
const ESP = [parseEspProposal("aes256gcm16-x25519-ke1_ecp256")];
const STRAY: Payload = { type: "EAP", message: Uint8Array.of(3, 1, 0, 4) };
const LINK = new Uint8Array(9).fill(7);

async function isAlive(scene: HandmadeScene): Promise<boolean> {
  const { answer, effects } = await scene.ask([], INFORMATIONAL);
  return answer.length === 0 && effects.every(({ type }) => type === "send");
}

async function valueOf(scene: HandmadeScene, group: number): Promise<Payload> {
  const { publicValue } = await scene.run(generateKeyPair(group));
  return { type: "KE", group, keyExchangeData: publicValue };
}

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  testDisorders(`IKE_FOLLOWUP_KE at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf({ espProposals: ESP });
    const offer = childOffer(scene.childSa, { rekeys: scene.espSpi }).map((payload): Payload =>
      payload.type === "SA" ? { type: "SA", proposals: offerChild(ESP, NEW_ESP_SPI) } : payload
    );
    const { answer } = await scene.ask([...offer, await valueOf(scene, CURVE25519)], CREATE_CHILD_SA);
    const link = findNotify(answer, ADDITIONAL_KEY_EXCHANGE);
    assert.ok(link);
    return {
      right: [await valueOf(scene, ECP_256), link],
      stray: STRAY,
      deliver: async (payloads) => {
        const { effects } = await scene.ask(payloads, IKE_FOLLOWUP_KE);
        return { effects, isTaken: effectsOf(effects, "child-sa-rekeyed").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
  }, { passes: ["N stands there twice"], mayTell: [] });

  testDisorders(`the answer to IKE_FOLLOWUP_KE at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf({ espProposals: ESP });
    const request = (await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi }))!;
    assert.ok(findPayload(request.payloads, "KE"));
    const begun = await scene.answer(request, [
      ...childAnswer(request.payloads),
      await valueOf(scene, CURVE25519),
      notify(ADDITIONAL_KEY_EXCHANGE, LINK),
    ]);
    const [followup] = await scene.requestsIn(begun);
    assert.deepEqual(findNotify(followup.payloads, ADDITIONAL_KEY_EXCHANGE)?.data, LINK);
    return {
      right: [await valueOf(scene, ECP_256)],
      stray: STRAY,
      deliver: async (payloads) => {
        const effects = await scene.answer(followup, payloads);
        return { effects, isTaken: effectsOf(effects, "child-sa-rekeyed").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
  }, { mayTell: ["peer-alive", "child-sa-rekey-failed"] });
}
