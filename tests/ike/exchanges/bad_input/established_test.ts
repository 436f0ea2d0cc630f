/**
 * CREATE_CHILD_SA that rekeys the IKE SA, and INFORMATIONAL, of a peer that has proven itself: what is not right changes nothing, and the IKE SA
 * survives it. What makes and rekeys Child SAs is in child_hostile_test.ts.
 *
 * @module
 */
import { generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { ikeSpiOctets } from "../../../../src/ike/ike_sa/spi.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { deleteEsp } from "../../../simulation/handmade_up.ts";
import { offerPayloads } from "../../../simulation/handmade_rekey.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { HANDMADE_SCENES, type HandmadeScene, type SentRequest } from "../create_child_sa/handmade_scene.ts";
import { type Subject, testDisorders } from "./subject.ts";

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;
const CURVE25519 = 31;
const STRAY: Payload = { type: "EAP", message: Uint8Array.of(3, 1, 0, 4) };

/** It answers a sign of life, and has its Child SA. */
async function isAlive(scene: HandmadeScene): Promise<boolean> {
  const { answer, effects } = await scene.ask([], INFORMATIONAL);
  return answer.length === 0 && effects.every(({ type }) => type === "send");
}

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  testDisorders(`CREATE_CHILD_SA that rekeys the IKE SA at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf();
    const pair = await scene.run(generateKeyPair(CURVE25519));
    return {
      right: offerPayloads(pair),
      stray: STRAY,
      deliver: async (payloads) => {
        const { effects } = await scene.ask(payloads, CREATE_CHILD_SA);
        return { effects, isTaken: effectsOf(effects, "ike-sa-rekeyed").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
  }, { passes: ["Nonce is noise"], mayTell: [] });

  testDisorders(`the answer to CREATE_CHILD_SA that rekeys the IKE SA at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf();
    const request = await scene.rekey();
    const pair = await scene.run(generateKeyPair(findPayload(request.payloads, "KE")!.group));
    return {
      right: rekeyAnswer(request, pair.publicValue),
      stray: STRAY,
      deliver: async (payloads) => {
        const effects = await scene.answer(request, payloads);
        return { effects, isTaken: effectsOf(effects, "ike-sa-rekeyed").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
  }, { passes: ["Nonce is noise"], mayTell: ["ike-sa-rekey-failed", "peer-alive"] });

  testDisorders(`INFORMATIONAL that deletes a Child SA at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf({ childSas: { remake: false } });
    return {
      right: [deleteEsp(scene.espSpi)],
      stray: STRAY,
      deliver: async (payloads) => {
        const { effects } = await scene.ask(payloads, INFORMATIONAL);
        return { effects, isTaken: effectsOf(effects, "child-sa-down").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
  }, { passes: ["D stands there twice"], mayTell: [] });

  testDisorders(`the answer to INFORMATIONAL that deletes a Child SA at the ${tested}`, async (): Promise<Subject> => {
    const scene = await sceneOf({ childSas: { remake: false } });
    const request = (await scene.order({ kind: "delete", inboundSpi: scene.childSa.inboundSpi }))!;
    return {
      right: [deleteEsp(scene.espSpi), notify(NotifyType.INITIAL_CONTACT)],
      stray: STRAY,
      deliver: async (payloads) => {
        const effects = await scene.answer(request, payloads);
        return { effects, isTaken: effectsOf(effects, "child-sa-down").length === 1 };
      },
      goesOn: () => isAlive(scene),
    };
    // This end has deleted it, whatever the peer says to that.
  }, { takesAll: true, mayTell: ["peer-alive", "child-sa-down"] });
}

/** SA, Nr, KEr that take the first of everything. */
function rekeyAnswer({ payloads }: SentRequest, publicValue: Uint8Array): Payload[] {
  const [{ number, protocolId, transforms }] = findPayload(payloads, "SA")!.proposals;
  const chosen = transforms.filter(({ transformType }, index) =>
    transforms.findIndex((other) => other.transformType === transformType) === index
  );
  const { group } = findPayload(payloads, "KE")!;
  return [
    { type: "SA", proposals: [{ number, protocolId, spi: ikeSpiOctets(0x5555n), transforms: chosen }] },
    { type: "Nonce", nonce: new Uint8Array(32).fill(0xa5) },
    { type: "KE", group, keyExchangeData: publicValue },
  ];
}
