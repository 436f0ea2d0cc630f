/** What both ends agree on for one Child SA: transport mode, TFC padding, fragments, selectors; in IKE_AUTH, after a resumption, and in CREATE_CHILD_SA. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../../src/configuration/mod.ts";
import type { ChildSa } from "../../../../src/ike/child_sa/child_sa.ts";
import { CURVE25519 } from "../../../../src/crypto/registry.ts";
import { defaultEspProposals } from "../../../../src/ike/ike_sa/proposals.ts";
import { findNotify, findPayload, notify } from "../../../../src/ike/message/notify.ts";
import type { ChildSaRules } from "../../../../src/ike/policy/child_sa_rules.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload, TrafficSelector } from "../../../../src/wire/payload.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { ChildScene, type End, ENDS } from "./child_scene.ts";
import { childAnswer, childOffer } from "./handmade_child.ts";
import { HANDMADE_SCENES } from "./handmade_scene.ts";

const { USE_TRANSPORT_MODE, ESP_TFC_PADDING_NOT_SUPPORTED, NON_FIRST_FRAGMENTS_ALSO } = NotifyType;
const TRAITS = ["transportMode", "peerRefusesTfcPadding", "nonFirstFragments"] as const;

/** A first Child SA, one that was made beside it, and one that took its place, as each end has them. */
async function everyKind(rules: { readonly [E in End]?: Partial<ChildSaRules> }): Promise<Record<End, ChildSa[]>> {
  const scene = await ChildScene.up({ client: { childSas: rules.client }, gateway: { childSas: rules.gateway } });
  const { localSelectors, remoteSelectors } = scene.childSa("client");
  await scene.order("client", { kind: "create", traffic: { localSelectors, remoteSelectors } });
  await scene.settle();
  await scene.order("gateway", { kind: "rekey", inboundSpi: scene.childSa("gateway").inboundSpi });
  await scene.settle();
  scene.assertAgreed(2);
  const childSas = (end: End) =>
    [...effectsOf(scene.effects(end), "child-sa-up"), ...effectsOf(scene.effects(end), "child-sa-rekeyed")].map(({ childSa }) =>
      childSa
    );
  return { client: childSas("client"), gateway: childSas("gateway") };
}

test("[C-4.5] TFC padding is each direction's own affair, said for each Child SA", async () => {
  for (const refusing of ENDS) {
    const made = await everyKind({ [refusing]: { tfcPadding: false } });
    for (const end of ENDS) {
      assert.deepEqual(
        made[end].map(({ peerRefusesTfcPadding = false }) => peerRefusesTfcPadding),
        Array(3).fill(end !== refusing),
      );
    }
  }
});

test("[C-4.6] fragments other than the first pass only where both ends say so", async () => {
  for (
    const [rules, expected] of [[{}, false], [{ client: { nonFirstFragments: true } }, false], [{
      gateway: { nonFirstFragments: true },
    }, false]] as const
  ) {
    const made = await everyKind(rules);
    for (const end of ENDS) for (const { nonFirstFragments = false } of made[end]) assert.equal(nonFirstFragments, expected);
  }
  const both = await everyKind({ client: { nonFirstFragments: true }, gateway: { nonFirstFragments: true } });
  for (const end of ENDS) assert.deepEqual(both[end].map(({ nonFirstFragments }) => nonFirstFragments), [true, true, true]);
});

test("[C-4.8] transport mode comes where a client asks and its gateway grants it; otherwise tunnel mode", async () => {
  const both = await everyKind({ client: { transportMode: true }, gateway: { transportMode: true } });
  for (const end of ENDS) assert.deepEqual(both[end].map(({ transportMode }) => transportMode), [true, true, true]);
  for (const one of ENDS) {
    const made = await everyKind({ [one]: { transportMode: true } });
    for (const end of ENDS) for (const childSa of made[end]) assert.equal(childSa.transportMode, undefined);
  }
});

test("rekeying changes no mode, whoever asks: tunnel mode stays so at an end that would grant the other", async () => {
  const scene = await HANDMADE_SCENES.client({ childSas: { transportMode: true } });
  const request = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
  assert.equal(findNotify(request!.payloads, USE_TRANSPORT_MODE), undefined);
  const { answer } = await scene.ask(
    [notify(USE_TRANSPORT_MODE), ...childOffer(scene.childSa, { rekeys: scene.espSpi })],
    ExchangeType.CREATE_CHILD_SA,
  );
  assert.equal(findNotify(answer, USE_TRANSPORT_MODE), undefined);
});

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  test(`[C-4.5] [C-4.6] the ${tested} says what it was not asked for in no answer, and grants what it does not want to nobody`, async () => {
    const scene = await sceneOf();
    assert.deepEqual(TRAITS.filter((name) => name in scene.childSa), []);
    const asked = [USE_TRANSPORT_MODE, ESP_TFC_PADDING_NOT_SUPPORTED, NON_FIRST_FRAGMENTS_ALSO].map((type) => notify(type));
    const { answer, effects } = await scene.ask([...asked, ...childOffer(scene.childSa)], ExchangeType.CREATE_CHILD_SA);
    assert.deepEqual(answer.filter(({ type }) => type === "N"), []);
    const [{ childSa }] = effectsOf(effects, "child-sa-up");
    assert.deepEqual(TRAITS.filter((name) => childSa[name]), ["peerRefusesTfcPadding"]);
  });

  test(`[C-4.7] [C-4.8] [C-4.9] complex selectors, with ports, ICMP types and codes, MH types and OPAQUE, come back from the ${tested} as they are`, async () => {
    const scene = await sceneOf();
    const ours = scene.childSa.localSelectors[0].startAddress;
    const theirs = scene.childSa.remoteSelectors[0].startAddress;
    const at = (address: Uint8Array, ipProtocol: number, startPort: number, endPort: number): TrafficSelector => ({
      selectorType: 7,
      ipProtocol,
      startPort,
      endPort,
      startAddress: address,
      endAddress: address,
    });
    for (
      const [TSi, TSr] of [
        [[at(theirs, 17, 100, 100), at(theirs, 17, 200, 200)], [at(ours, 17, 300, 300), at(ours, 17, 400, 400)]],
        // "Destination Unreachable", to be sent and not to be received: RFC 4718, section 4.8.
        [[at(theirs, 1, 0x0300, 0x03ff)], [at(ours, 1, 65535, 0)]],
        [[at(theirs, 1, 0x0300, 0x03ff)], [at(ours, 1, 0x0300, 0x03ff)]],
        [[at(theirs, 135, 0x0100, 0x01ff)], [at(ours, 135, 0x0100, 0x01ff)]],
        [[at(theirs, 0, 0, 65535)], [at(ours, 132, 65535, 0), at(ours, 6, 443, 443)]],
      ]
    ) {
      const offer = childOffer(scene.childSa, { spi: Uint8Array.of(1, TSi[0].ipProtocol, TSr.length, TSr[0].startPort & 0xff) })
        .map((payload) =>
          payload.type === "TSi"
            ? { ...payload, selectors: TSi }
            : payload.type === "TSr"
            ? { ...payload, selectors: TSr }
            : payload
        );
      const { answer, effects } = await scene.ask(offer, ExchangeType.CREATE_CHILD_SA);
      assert.deepEqual(findPayload(answer, "TSi")?.selectors, TSi);
      assert.deepEqual(findPayload(answer, "TSr")?.selectors, TSr);
      const [{ childSa }] = effectsOf(effects, "child-sa-up");
      assert.deepEqual([childSa.remoteSelectors, childSa.localSelectors], [TSi, TSr]);
      assert.equal(findNotify(answer, NotifyType.ADDITIONAL_TS_POSSIBLE), undefined);
    }
  });

  test(`[C-4.11] SINGLE_PAIR_REQUIRED is nobody's end at the ${tested}: the Child SA fails, the IKE SA stays`, async () => {
    const scene = await sceneOf();
    const request = await scene.order({ kind: "create", traffic: scene.childSa, request: 3 });
    const effects = await scene.answer(request!, [notify(NotifyType.SINGLE_PAIR_REQUIRED)]);
    assert.deepEqual(effectsOf(effects, "child-sa-failed").map(({ notifyType, request }) => [notifyType, request]), [
      [NotifyType.SINGLE_PAIR_REQUIRED, 3],
    ]);
    assert.deepEqual(effectsOf(effects, "ike-sa-down"), []);
  });

  test(`[C-4.12] the ${tested} takes no answer that goes beyond its offer: selectors, algorithms, key exchange`, async () => {
    const wider = parseSelectors("0.0.0.0/0");
    const changes: readonly ((payload: Payload) => Payload[])[] = [
      (payload) =>
        payload.type === "TSi" || payload.type === "TSr"
          ? [{ ...payload, selectors: [...wider, ...parseSelectors("::/0")] }]
          : [payload],
      (payload) => payload.type === "TSi" ? [] : [payload],
      (payload) =>
        payload.type === "Nonce"
          ? [{ ...payload, nonce: new Uint8Array(16).fill(1) }, { type: "KE", group: 31, keyExchangeData: new Uint8Array(32) }]
          : [payload],
      (payload) =>
        payload.type === "SA"
          ? [{ ...payload, proposals: payload.proposals.map((proposal) => ({ ...proposal, spi: Uint8Array.of(0, 0, 0, 9) })) }]
          : [payload],
      (payload) =>
        payload.type === "SA" ? [{ ...payload, proposals: [...payload.proposals, ...payload.proposals] }] : [payload],
    ];
    for (const change of changes) {
      const scene = await sceneOf();
      const request = await scene.order({ kind: "create", traffic: scene.childSa });
      const effects = await scene.answer(request!, childAnswer(request!.payloads).flatMap(change));
      assert.equal(effectsOf(effects, "child-sa-failed").length, 1);
      assert.deepEqual(effectsOf(effects, "child-sa-up"), []);
    }
  });
}

test("[C-4.10] [C-4.11] more selectors than one Child SA may have: the first ones are granted, and ADDITIONAL_TS_POSSIBLE says that there are more", async () => {
  const scene = await HANDMADE_SCENES.gateway();
  const many = Array.from({ length: 40 }, (_, index) => parseSelectors(`10.${index}.0.0/16`)[0]);
  const offer = childOffer(scene.childSa).map((payload) => payload.type === "TSr" ? { ...payload, selectors: many } : payload);
  const { answer } = await scene.ask(offer, ExchangeType.CREATE_CHILD_SA);
  assert.deepEqual(findPayload(answer, "TSr")!.selectors, many.slice(0, 32));
  assert.ok(findNotify(answer, NotifyType.ADDITIONAL_TS_POSSIBLE));
  assert.equal(answer.at(-1)?.type, "N");
});

test("[C-A-1] both ends send REKEY_SA, what they say of the Child SA, SA, nonce, KE, TSi and TSr in this order, in offers and answers", async () => {
  const espProposals = defaultEspProposals().map((proposal) => ({ ...proposal, groups: [CURVE25519] }));
  const childSas = { transportMode: true, tfcPadding: false, nonFirstFragments: true };
  const asked = [notify(USE_TRANSPORT_MODE), notify(NON_FIRST_FRAGMENTS_ALSO)];
  const notes = [USE_TRANSPORT_MODE, ESP_TFC_PADDING_NOT_SUPPORTED, NON_FIRST_FRAGMENTS_ALSO];
  const scene = await HANDMADE_SCENES.client({ espProposals, childSas });
  const created = await scene.order({ kind: "create", traffic: scene.childSa });
  assert.deepEqual(created!.payloads.map(nameOf), [...notes, "SA", "Nonce", "KE", "TSi", "TSr"]);
  await scene.answer(created!, [notify(NotifyType.NO_PROPOSAL_CHOSEN)]);
  const rekeyed = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
  // Tunnel mode stays tunnel mode.
  assert.deepEqual(rekeyed!.payloads.map(nameOf), [NotifyType.REKEY_SA, ...notes.slice(1), "SA", "Nonce", "KE", "TSi", "TSr"]);
  const plain = await HANDMADE_SCENES.client({ childSas });
  const { answer } = await plain.ask([...asked, ...childOffer(plain.childSa)], ExchangeType.CREATE_CHILD_SA);
  assert.deepEqual(answer.map(nameOf), [...notes, "SA", "Nonce", "TSi", "TSr"]);
});

function nameOf(payload: Payload): string | number {
  return payload.type === "N" ? payload.notifyType : payload.type;
}
