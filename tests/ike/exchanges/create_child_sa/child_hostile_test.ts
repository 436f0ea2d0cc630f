/**
 * CREATE_CHILD_SA for Child SAs with every payload missing, doubled, out of place, too long, of wrong length and criticality, asked and answered by a
 * peer that has proven itself: the IKE SA survives, and no Child SA comes of it that was not agreed on.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { ExchangeType, NotifyType, PayloadNumber, ProtocolId } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { deleteEsp } from "../../../simulation/handmade_up.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { childAnswer, childOffer, NEW_ESP_SPI } from "./handmade_child.ts";
import { HANDMADE_SCENES, type HandmadeScene, type RawPayload } from "./handmade_scene.ts";

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;
const { INVALID_SYNTAX, NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, UNSUPPORTED_CRITICAL_PAYLOAD } = NotifyType;

type Change = (payload: Payload) => (Payload | RawPayload)[];
const only = (type: Payload["type"], change: Change): Change => (payload) =>
  payload.type === type ? change(payload) : [payload];
const raw = (payloadType: number, body: Uint8Array, critical = false): RawPayload => ({
  payloadType,
  critical,
  body,
});

/** What is wrong, how the offer is made so, and the notify that it gets. */
const TABLE: readonly (readonly [string, Change, number])[] = [
  ...(["SA", "Nonce", "TSi", "TSr"] as const).flatMap((type) => [
    [`${type} is missing`, only(type, () => []), INVALID_SYNTAX] as const,
    [`${type} stands there twice`, only(type, (payload) => [payload, payload]), INVALID_SYNTAX] as const,
    [`${type} is empty`, only(type, () => [raw(numberOf(type), new Uint8Array(0))]), INVALID_SYNTAX] as const,
    // Of a nonce, noise is right.
    [
      `${type} is noise`,
      only(type, () => [raw(numberOf(type), new Uint8Array(type === "Nonce" ? 8 : 40).fill(0xff))]),
      INVALID_SYNTAX,
    ] as const,
  ]),
  [
    "IDi, which has no place there",
    only("SA", (payload) => [payload, raw(PayloadNumber.IDi, new Uint8Array(12))]),
    INVALID_SYNTAX,
  ],
  [
    "a D, which has none either",
    only("SA", (payload) => [payload, { type: "D", protocolId: 1, spiSize: 0, spis: [] }]),
    INVALID_SYNTAX,
  ],
  [
    "an unknown payload that is critical",
    only("SA", (payload) => [payload, raw(200, new Uint8Array(3), true)]),
    UNSUPPORTED_CRITICAL_PAYLOAD,
  ],
  ["a nonce that is too short", only("Nonce", () => [raw(PayloadNumber.Nonce, new Uint8Array(15))]), INVALID_SYNTAX],
  ["a nonce that is too long", only("Nonce", () => [raw(PayloadNumber.Nonce, new Uint8Array(257))]), INVALID_SYNTAX],
  ["an SPI that is reserved", withSpi(Uint8Array.of(0, 0, 0, 255)), NO_PROPOSAL_CHOSEN],
  [
    "AH in the place of ESP",
    only(
      "SA",
      (payload) =>
        payload.type === "SA"
          ? [{ ...payload, proposals: payload.proposals.map((one) => ({ ...one, protocolId: ProtocolId.AH })) }]
          : [],
    ),
    NO_PROPOSAL_CHOSEN,
  ],
  ["two Child SAs to rekey", only("SA", (payload) => [rekeying(NEW_ESP_SPI), rekeying(NEW_ESP_SPI), payload]), INVALID_SYNTAX],
  [
    "selectors that nobody allows",
    only(
      "TSr",
      () => [{
        type: "TSr",
        selectors: [{
          selectorType: 8,
          ipProtocol: 0,
          startPort: 0,
          endPort: 65535,
          startAddress: new Uint8Array(16).fill(0xfe),
          endAddress: new Uint8Array(16).fill(0xfe),
        }],
      }],
    ),
    TS_UNACCEPTABLE,
  ],
  [
    "selectors that end before they begin",
    only(
      "TSi",
      () => [{
        type: "TSi",
        selectors: [{
          selectorType: 7,
          ipProtocol: 0,
          startPort: 0,
          endPort: 65535,
          startAddress: Uint8Array.of(9, 9, 9, 9),
          endAddress: Uint8Array.of(1, 1, 1, 1),
        }],
      }],
    ),
    TS_UNACCEPTABLE,
  ],
];

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  const allowsIpv6 = tested === "gateway";

  test(`[C-4.1] a peer that has proven itself makes no Child SA with the ${tested} by an offer that is not right, and ends nothing`, async () => {
    const scene = await sceneOf();
    for (const [what, change, expected] of TABLE) {
      if (allowsIpv6 && what === "selectors that nobody allows") continue;
      const { answer, effects } = await scene.ask(childOffer(scene.childSa).flatMap(change), CREATE_CHILD_SA);
      assert.deepEqual(notifyTypes(answer), [expected], what);
      assert.deepEqual(effects.map(({ type }) => type), ["send"], what);
    }
    await assertAlive(scene);
  });

  test(`[C-5.4] every such offer that is to rekey leaves the ${tested}'s Child SA as it is`, async () => {
    const scene = await sceneOf();
    const key = scene.childSa.inbound.encryptionKey.slice();
    for (const [what, change] of TABLE) {
      if (allowsIpv6 && what === "selectors that nobody allows") continue;
      const { effects } = await scene.ask(childOffer(scene.childSa, { rekeys: scene.espSpi }).flatMap(change), CREATE_CHILD_SA);
      assert.deepEqual(effects.map(({ type }) => type), ["send"], what);
    }
    assert.deepEqual(scene.childSa.inbound.encryptionKey, key);
    await assertAlive(scene);
  });

  test(`[C-4.1] no answer that is not right makes a Child SA at the ${tested}, and none ends the IKE SA`, async () => {
    for (const [what, change] of TABLE) {
      // That stands in requests alone, or is nothing that an answer could be wrong by.
      if (what === "two Child SAs to rekey") continue;
      const scene = await sceneOf();
      const request = await scene.order({ kind: "rekey", inboundSpi: scene.childSa.inboundSpi });
      const effects = await scene.answer(request!, childAnswer(request!.payloads).flatMap(change));
      assert.deepEqual(effects.map(({ type }) => type), ["peer-alive", "child-sa-rekey-failed", "send"], what);
      // The peer has made one: it is told that there is none.
      const [deletion] = await scene.requestsIn(effects);
      const { spi } = findPayload(request!.payloads, "SA")!.proposals[0];
      assert.deepEqual(deletion.payloads, [deleteEsp(spi)], what);
      assert.deepEqual(effectsOf(await scene.answer(deletion, []), "child-sa-down"), [], what);
      await assertAlive(scene);
    }
  });

  test(`a refusal made nothing at the peer: the ${tested} deletes nothing`, async () => {
    for (const refusal of [NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, NotifyType.NO_ADDITIONAL_SAS]) {
      const scene = await sceneOf();
      const request = await scene.order({ kind: "create", traffic: scene.childSa });
      const effects = await scene.answer(request!, [notify(refusal)]);
      assert.deepEqual(effects.map(({ type }) => type), ["peer-alive", "child-sa-failed"]);
    }
  });

  test(`whatever a peer that has proven itself puts together, the ${tested} answers it once, and keeps no more than it may`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(disorder(), { minLength: 1, maxLength: 25 }), async (disorders) => {
        const scene = await sceneOf({ childSas: { limit: 3, remake: false } });
        let up = 1;
        for (const [index, changes] of disorders.entries()) {
          const spi = Uint8Array.of(1, 2, index, 7);
          const offer = childOffer(scene.childSa, { spi, ...(index % 2 && { rekeys: scene.espSpi }) });
          const payloads = offer.flatMap((payload, place) => changes[place % changes.length](payload));
          const { answer, effects } = await scene.ask(payloads, CREATE_CHILD_SA);
          up += effectsOf(effects, "child-sa-up").length + effectsOf(effects, "child-sa-rekeyed").length;
          const isMade = answer.some(({ type }) => type === "SA");
          assert.equal(effects.length, isMade ? 2 : 1);
        }
        // The gateway has the default of sixteen, and twice that where some wait for their DELETE.
        assert.ok(up <= 32);
        await assertAlive(scene);
      }),
      { numRuns: 25 },
    );
  });
}

test("a gateway holds no more Child SAs than it may, whatever their owner asks for, and rekeyed ones do not pile up", async () => {
  const scene = await HANDMADE_SCENES.gateway();
  let made = 0;
  for (let index = 0; index < 60; index++) {
    const spi = Uint8Array.of(7, 7, 7, index);
    const { answer } = await scene.ask(
      childOffer(scene.childSa, { spi, ...(index % 2 && { rekeys: scene.espSpi }) }),
      CREATE_CHILD_SA,
    );
    if (answer.some(({ type }) => type === "SA")) made++;
    else assert.deepEqual(notifyTypes(answer), [NotifyType.NO_ADDITIONAL_SAS]);
  }
  assert.ok(made >= 16 && made < 32, `${made}`);
  await assertAlive(scene);
});

test("a client whose gateway makes and deletes Child SAs over and over makes no more of them anew than it may have", async () => {
  const scene = await HANDMADE_SCENES.client({ childSas: { limit: 3 } });
  const offer = (port: number) =>
    childOffer(scene.childSa, { spi: Uint8Array.of(7, 7, 7, port) }).map((payload) =>
      payload.type === "TSi"
        ? { ...payload, selectors: payload.selectors.map((one) => ({ ...one, startPort: port, endPort: port })) }
        : payload
    );
  for (let port = 1; port <= 20; port++) {
    const { effects } = await scene.ask(offer(port), CREATE_CHILD_SA);
    assert.equal(effectsOf(effects, "child-sa-up").length, 1);
    await scene.ask([deleteEsp(Uint8Array.of(7, 7, 7, port))], INFORMATIONAL);
  }
  await scene.ask([deleteEsp(scene.espSpi)], INFORMATIONAL);
  let remade = 0;
  for (let round = 0; round < 40; round++) {
    const requests = await scene.pass(2_000);
    for (const { header, payloads } of requests) {
      const isOffer = header.exchangeType === CREATE_CHILD_SA;
      if (isOffer) remade++;
      const spi = Uint8Array.of(8, 8, 8, remade);
      const effects = await scene.answer({ header, payloads }, isOffer ? childAnswer(payloads, undefined, spi) : []);
      requests.push(...await scene.requestsIn(effects));
    }
  }
  assert.equal(remade, 3);
});

function disorder(): fc.Arbitrary<Change[]> {
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Change>((payload) => [payload]) },
    fc.constant<Change>(() => []),
    fc.constant<Change>((payload) => [payload, payload]),
    fc.uint8Array({ maxLength: 80 }).map((body): Change => (payload) => [raw(numberOf(payload.type), body)]),
    fc.tuple(fc.integer({ min: 33, max: 54 }), fc.uint8Array({ maxLength: 60 }), fc.boolean())
      .filter(([payloadType]) => payloadType !== PayloadNumber.SK && payloadType !== PayloadNumber.SKF)
      .map(([payloadType, body, critical]): Change => (payload) => [payload, raw(payloadType, body, critical)]),
  );
  return fc.array(change, { minLength: 1, maxLength: 5 });
}

async function assertAlive(scene: HandmadeScene): Promise<void> {
  const { answer, effects } = await scene.ask([], INFORMATIONAL);
  assert.deepEqual(answer, []);
  assert.deepEqual(effectsOf(effects, "ike-sa-down"), []);
}

function rekeying(spi: Uint8Array): Payload {
  return { ...notify(NotifyType.REKEY_SA), protocolId: ProtocolId.ESP, spi };
}

function withSpi(spi: Uint8Array): Change {
  return only(
    "SA",
    (payload) => payload.type === "SA" ? [{ ...payload, proposals: payload.proposals.map((one) => ({ ...one, spi })) }] : [],
  );
}

function numberOf(type: Payload["type"]): number {
  return type === "unknown" ? 200 : PayloadNumber[type as keyof typeof PayloadNumber];
}
