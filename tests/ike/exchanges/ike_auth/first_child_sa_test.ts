import assert from "node:assert/strict";
import { test } from "node:test";
import { AES_GCM_16 } from "../../../../src/crypto/registry.ts";
import { addressRangeSelector, anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType, ProtocolId, TransformType } from "../../../../src/wire/constants.ts";
import type { Payload, Proposal, TrafficSelector } from "../../../../src/wire/payload.ts";
import { HANDMADE_ESP_SPI, HandmadeClient } from "../../../simulation/handmade_client.ts";
import { type AuthAnswerChanges, HANDMADE_GATEWAY_ESP_SPI, HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

const OPAQUE = { startPort: 65535, endPort: 0 };

test("[C-4.2] a Child SA that cannot be made leaves the IKE SA up at both ends, with the notify that says why", async () => {
  const cases = [
    { gateway: { espProposals: defaultEspProposals().slice(1) }, why: NotifyType.NO_PROPOSAL_CHOSEN },
    { gateway: { localSelectors: [v4([10, 0, 0, 0], [10, 0, 0, 255])] }, why: NotifyType.TS_UNACCEPTABLE },
  ];
  for (const { gateway, why } of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
    const client = simulation.addClient({
      espProposals: defaultEspProposals().slice(0, 1),
      remoteSelectors: [v4([172, 16, 0, 0], [172, 16, 0, 255])],
    });
    await simulation.start(client);
    await simulation.run();
    assert.equal(client.initiator.waitsFor, "requests");
    assert.deepEqual(effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType), [why]);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "child-sa-failed").map(({ notifyType }) => notifyType), [why]);
    assert.deepEqual(effectsOf(client.effects, "child-sa-up"), []);
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(client.effects, "peer-alive").length, 1);
  }
});

test("[C-4.2] whatever notify stands in the Child SA's place, the client's IKE SA stays up", async () => {
  const { SINGLE_PAIR_REQUIRED, INTERNAL_ADDRESS_FAILURE, FAILED_CP_REQUIRED, NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE } =
    NotifyType;
  for (const why of [SINGLE_PAIR_REQUIRED, INTERNAL_ADDRESS_FAILURE, FAILED_CP_REQUIRED, NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE]) {
    const effects = await answeredWith({ omit: ["SA", "TSi", "TSr"], add: [notify(why)] });
    assert.deepEqual(effectsOf(effects, "child-sa-failed").map(({ notifyType }) => notifyType), [why]);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  }
});

test("[C-4.3] IKE_AUTH offers no key exchange; a peer's offer with one besides NONE is passed over, with NONE accepted", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const offered = findPayload(await gateway.open(answered, gateway.received), "SA")!.proposals;
  const types = offered.flatMap(({ transforms }) => transforms.map(({ transformType }) => transformType));
  assert.equal(types.includes(TransformType.KE), false);

  const withGroup = (transformId: number): Proposal => {
    const [proposal] = offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI);
    const group = { transformType: TransformType.KE, transformId, attributes: [] };
    return { ...proposal, transforms: [...proposal.transforms, group] };
  };
  const plain = { ...offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI)[0], number: 2 };
  assert.deepEqual((await offer([withGroup(0)])).chosen?.number, 1);
  assert.deepEqual((await offer([withGroup(14)])).failed, [NotifyType.NO_PROPOSAL_CHOSEN]);
  assert.deepEqual((await offer([withGroup(14), plain])).chosen?.number, 2);
});

test("[C-4.4] of extended sequence numbers 0, 1 or both are offered, and the answer has one that was", async () => {
  const proposal = (extendedSequenceNumbers: readonly boolean[]) => ({ ...defaultEspProposals()[0], extendedSequenceNumbers });
  for (
    const [theirs, ours, expected] of [
      [[false], [false, true], false],
      [[true], [false, true], true],
      [[false, true], [true], true],
      [[true, false], [false], false],
      [[true, false], [false, true], true],
    ] as const
  ) {
    const gateway = { espProposals: [proposal(ours)] };
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
    const client = await simulation.clientWithTicket({ espProposals: [proposal(theirs)] });
    assert.equal(client.childSa.extendedSequenceNumbers, expected);
    assert.equal(effectsOf(simulation.gatewayEffects, "child-sa-up")[0].childSa.extendedSequenceNumbers, expected);
  }
  const none = await offer(offerEsp([proposal([true])], HANDMADE_ESP_SPI), { espProposals: [proposal([false])] });
  assert.deepEqual(none.failed, [NotifyType.NO_PROPOSAL_CHOSEN]);
});

test("[C-7.13] ESP and AH under one proposal number, a bundle, are passed over", async () => {
  const [esp] = offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI);
  const ah: Proposal = {
    ...esp,
    protocolId: ProtocolId.AH,
    spi: Uint8Array.of(7, 7, 7, 7),
    transforms: esp.transforms.slice(-1),
  };
  assert.deepEqual((await offer([esp, ah])).failed, [NotifyType.NO_PROPOSAL_CHOSEN]);
  assert.deepEqual((await offer([ah, esp])).failed, [NotifyType.NO_PROPOSAL_CHOSEN]);
  assert.deepEqual((await offer([ah, { ...esp, number: 2 }])).chosen?.number, 2);
});

test("the answer carries the gateway's own SPI, and packets to the client the client's", async () => {
  const { chosen, childSa } = await offer(offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI));
  assert.equal(new DataView(chosen!.spi.buffer, chosen!.spi.byteOffset).getUint32(0), childSa!.inboundSpi);
  assert.equal(childSa!.outboundSpi, 0x1000);
});

test("[C-4.10] selectors are narrowed to what both ends allow, the first, from the packet, staying first", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: {
      localSelectors: [v4([10, 0, 0, 0], [10, 0, 0, 255]), v4([10, 1, 0, 0], [10, 1, 0, 255])],
      remoteSelectors: [v4([172, 16, 0, 0], [172, 16, 255, 255])],
    },
  });
  const packet = { ...v4([10, 1, 0, 9], [10, 1, 0, 9]), ipProtocol: 6, startPort: 443, endPort: 443 };
  const client = await simulation.clientWithTicket({
    localSelectors: [v4([172, 16, 5, 5], [172, 16, 5, 5])],
    remoteSelectors: [packet, v4([10, 0, 0, 128], [10, 1, 0, 127])],
  });
  const expected = [packet, v4([10, 0, 0, 128], [10, 0, 0, 255]), v4([10, 1, 0, 0], [10, 1, 0, 127])];
  assert.deepEqual(client.childSa.remoteSelectors, expected);
  const gatewayEnd = effectsOf(simulation.gatewayEffects, "child-sa-up")[0].childSa;
  assert.deepEqual(gatewayEnd.localSelectors, expected);
  assert.deepEqual(gatewayEnd.remoteSelectors, client.childSa.localSelectors);
});

test("[C-4.9] OPAQUE ports meet OPAQUE and ANY, and nothing else", async () => {
  const ports = (range: Pick<TrafficSelector, "startPort" | "endPort">) => ({
    ...anyIpv4Selector(),
    ipProtocol: 135,
    ...range,
  });
  const any = { startPort: 0, endPort: 65535 };
  const some = { startPort: 1, endPort: 65535 };
  for (
    const [theirs, ours, expected] of [
      [OPAQUE, OPAQUE, OPAQUE],
      [OPAQUE, any, OPAQUE],
      [any, OPAQUE, OPAQUE],
      [OPAQUE, some, undefined],
      [some, OPAQUE, undefined],
    ] as const
  ) {
    const { answer } = await asked({ replace: [{ type: "TSr", selectors: [ports(theirs)] }] }, {
      localSelectors: [ports(ours)],
    });
    assert.deepEqual(findPayload(answer, "TSr")?.selectors, expected && [ports(expected)]);
    if (expected === undefined) assert.deepEqual(notifyTypes(answer), [NotifyType.TS_UNACCEPTABLE]);
  }
});

test("what was not offered, or is wider than it was, is no Child SA to a client", async () => {
  const local = [v4([172, 16, 5, 5], [172, 16, 5, 5])];
  const remote = [{ ...v4([10, 0, 0, 0], [10, 0, 0, 255]), ipProtocol: 17, startPort: 100, endPort: 200 }];
  const right: readonly Payload[] = [{ type: "TSi", selectors: local }, { type: "TSr", selectors: remote }];
  const widened: readonly (readonly TrafficSelector[])[] = [
    [anyIpv4Selector()],
    [{ ...remote[0], endAddress: Uint8Array.of(10, 0, 1, 0) }],
    [{ ...remote[0], ipProtocol: 0 }],
    [{ ...remote[0], startPort: 99 }],
    [{ ...remote[0], ...OPAQUE }],
    [{ ...remote[0], startAddress: Uint8Array.of(10, 0, 0, 9), endAddress: Uint8Array.of(10, 0, 0, 3) }],
    [remote[0], anyIpv4Selector()],
    [],
  ];
  const options = { localSelectors: local, remoteSelectors: remote };
  assert.equal(effectsOf(await answeredWith({ replace: right }, options), "child-sa-up").length, 1);
  for (const selectors of widened) {
    const effects = await answeredWith({ replace: [right[0], { type: "TSr", selectors }] }, options);
    assert.deepEqual(effectsOf(effects, "child-sa-failed").map(({ notifyType }) => notifyType), [NotifyType.TS_UNACCEPTABLE]);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  }
  const [{ number, transforms }] = offerEsp(
    [{ encryption: [{ algorithm: AES_GCM_16, keyLength: 32 }], integrity: [], extendedSequenceNumbers: [false] }],
    HANDMADE_GATEWAY_ESP_SPI,
  );
  const chosen = { number, protocolId: ProtocolId.ESP, spi: HANDMADE_GATEWAY_ESP_SPI, transforms };
  assert.equal(
    effectsOf(await answeredWith({ replace: [...right, { type: "SA", proposals: [chosen] }] }, options), "child-sa-up").length,
    1,
  );
  const notOffered: readonly (readonly Proposal[])[] = [
    [{ ...chosen, number: 7 }],
    [chosen, chosen],
    [{ ...chosen, protocolId: ProtocolId.AH }],
    [{ ...chosen, transforms: transforms.slice(1) }],
    [{ ...chosen, transforms: [{ ...transforms[0], attributes: [{ attributeType: 14, value: 160 }] }, transforms[1]] }],
    [{ ...chosen, transforms: [...transforms, { transformType: TransformType.KE, transformId: 14, attributes: [] }] }],
  ];
  for (const proposals of notOffered) {
    const effects = await answeredWith({ replace: [...right, { type: "SA", proposals }] }, options);
    assert.deepEqual(effectsOf(effects, "child-sa-failed").map(({ notifyType }) => notifyType), [
      NotifyType.NO_PROPOSAL_CHOSEN,
    ]);
  }
});

test("a client that refuses the Child SA of its gateway's answer has it deleted there, and keeps the IKE SA", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const client = simulation.addClient({ requestInnerAddress: true, innerAddressRequired: true });
  await simulation.start(client);
  await simulation.run(simulation.now.monotonicMs + 1_000);
  const [{ childSa }] = effectsOf(simulation.gatewayEffects, "child-sa-up");
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "child-sa-down").map((down) => down.childSa.inboundSpi), [
    childSa.inboundSpi,
  ]);
  assert.deepEqual(effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType), [
    NotifyType.INTERNAL_ADDRESS_FAILURE,
  ]);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("[C-4.4] peers that leave extended sequence numbers out of offer and answer get a Child SA without them", async () => {
  const [aes, integrity] = [
    { transformType: TransformType.ENCR, transformId: 12, attributes: [{ attributeType: 14, value: 256 }] },
    { transformType: TransformType.INTEG, transformId: 12, attributes: [] },
  ];
  const proposal = { number: 1, protocolId: ProtocolId.ESP, spi: HANDMADE_ESP_SPI, transforms: [aes, integrity] };
  const { chosen, childSa } = await offer([proposal]);
  assert.deepEqual(chosen?.transforms, [aes, integrity]);
  assert.equal(childSa?.extendedSequenceNumbers, false);

  const answer = { ...proposal, number: 2, spi: HANDMADE_GATEWAY_ESP_SPI };
  const effects = await answeredWith({ replace: [{ type: "SA", proposals: [answer] }] });
  assert.equal(effectsOf(effects, "child-sa-up")[0].childSa.extendedSequenceNumbers, false);
});

/** What a gateway answers to IKE_AUTH with these changes. */
async function asked(changes: Parameters<HandmadeClient["auth"]>[1], gateway: Partial<ResponderOptions> = {}) {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  const { answer, effects } = await handmade.auth(await handmade.init(), changes);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  return { answer, effects };
}

/** What a gateway makes of an offer for the Child SA. */
async function offer(proposals: readonly Proposal[], gateway: Partial<ResponderOptions> = {}) {
  const { answer, effects } = await asked({ replace: [{ type: "SA", proposals }] }, gateway);
  return {
    chosen: findPayload(answer, "SA")?.proposals[0],
    childSa: effectsOf(effects, "child-sa-up")[0]?.childSa,
    failed: notifyTypes(answer),
  };
}

/** What a client makes of an answer to IKE_AUTH. */
async function answeredWith(changes: AuthAnswerChanges, options: Parameters<Simulation["addClient"]>[0] = {}) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(options);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_AUTH);
  return await gateway.deliver(await gateway.authAnswer(answered, changes));
}

function v4(startAddress: readonly number[], endAddress: readonly number[]): TrafficSelector {
  return addressRangeSelector(Uint8Array.from(startAddress), Uint8Array.from(endAddress));
}
