import assert from "node:assert/strict";
import { test } from "node:test";
import { CURVE25519, ECP_256, ECP_384, PRF_HMAC_SHA2_512 } from "../../../../src/crypto/registry.ts";
import { defaultIkeProposals, type IkeProposal, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType, TransformAttributeType, TransformType } from "../../../../src/wire/constants.ts";
import type { Proposal, Transform } from "../../../../src/wire/payload.ts";
import { assertSameKeys, gatewayChildSa } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { decoded, notifiesOf, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

const [AEAD] = defaultIkeProposals();

test("[C-2.1] answers that make no IKE SA have a zero SPIr: COOKIE, INVALID_KE_PAYLOAD, NO_PROPOSAL_CHOSEN", async () => {
  const cases = [
    { gateway: { cookieThreshold: 0 }, notifyType: NotifyType.COOKIE },
    { gateway: { ikeProposals: [{ ...AEAD, groups: [ECP_256] }] }, notifyType: NotifyType.INVALID_KE_PAYLOAD },
    {
      gateway: { ikeProposals: [{ ...AEAD, prfs: [] }] },
      notifyType: NotifyType.NO_PROPOSAL_CHOSEN,
    },
  ];
  for (const { gateway, notifyType } of cases) {
    const { simulation, handmade } = await withHandmade(gateway);
    const { replies: [reply] } = await handmade.deliver(await handmade.initRequest());
    assert.deepEqual(notifyTypes(reply.payloads), [notifyType]);
    assert.equal(reply.header.responderSpi, 0n);
    assert.equal(reply.header.messageId, 0);
    assert.equal(simulation.gateway.halfOpenCount, 0);
  }
});

test("[C-2.1] [C-2.2] a non-zero SPIr in such an answer is tolerated, and the next try has zero again, and message ID 0", async () => {
  const questions = [
    notify(NotifyType.COOKIE, Uint8Array.of(1, 2, 3)),
    notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(0, 19)),
  ];
  for (const question of questions) {
    const { client, gateway } = await startedWithHandmadeGateway();
    const before = gateway.received;
    const effects = await gateway.answerInClear([question], { responderSpi: 0x1234n });
    assert.equal(effectsOf(effects, "send").length, 1);
    const { header } = gateway.received;
    assert.equal(header.responderSpi, 0n);
    assert.equal(header.messageId, 0);
    assert.equal(header.initiatorSpi, before.header.initiatorSpi);
    const answered = await gateway.answerInit();
    assert.equal(effectsOf(await gateway.deliver(await gateway.authAnswer(answered)), "ike-sa-up").length, 1);
    assert.equal(client.initiator.waitsFor, "requests");
  }
});

test("[C-2.1] NO_PROPOSAL_CHOSEN with a non-zero SPIr ends an attempt as one with zero does", async () => {
  for (const responderSpi of [0n, 9n]) {
    const { simulation, client, gateway } = await startedWithHandmadeGateway();
    await gateway.answerInClear([notify(NotifyType.NO_PROPOSAL_CHOSEN)], { responderSpi });
    await simulation.run();
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["no-proposal-chosen"]);
  }
});

test("[C-2.3] a repeated IKE_SA_INIT gets the identical answer; another one with the same SPIi is another client's", async () => {
  const { simulation, handmade } = await withHandmade();
  const nonce = new Uint8Array(32).fill(1);
  const request = await handmade.initRequest({ nonce, initiatorSpi: 5n });
  const first = await handmade.deliver(request);
  assert.deepEqual((await handmade.deliver(request)).replies[0].octets, first.replies[0].octets);
  assert.equal(simulation.gateway.halfOpenCount, 1);
  // The same SPIi from the same address: two clients behind one NAT.
  const neighbour = await handmade.initRequest({ nonce: new Uint8Array(32).fill(2), initiatorSpi: 5n });
  const other = await handmade.deliver(neighbour);
  assert.notEqual(other.replies[0].header.responderSpi, first.replies[0].header.responderSpi);
  assert.equal(simulation.gateway.halfOpenCount, 2);
  assert.deepEqual((await handmade.deliver(request)).replies[0].octets, first.replies[0].octets);
  assert.deepEqual((await handmade.deliver(neighbour)).replies[0].octets, other.replies[0].octets);
});

test("[C-2.3] two clients with one SPIi behind one NAT both come up", async () => {
  const { simulation, handmade } = await withHandmade();
  const exchanges = [await handmade.init({ initiatorSpi: 5n }), await handmade.init({ initiatorSpi: 5n })];
  for (const exchange of exchanges) {
    assert.equal(effectsOf((await handmade.auth(exchange)).effects, "ike-sa-up").length, 1);
  }
  assert.equal(simulation.gateway.establishedCount, 2);
});

test("INVALID_KE_PAYLOAD names a group that the client offered, and the client comes up with it", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ikeProposals: [{ ...AEAD, groups: [ECP_384] }] },
  });
  const client = await simulation.clientWithTicket({ ikeProposals: [{ ...AEAD, groups: [CURVE25519, ECP_384] }] });
  assert.equal(client.initiator.waitsFor, "requests");
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  const refusal = decoded(simulation.network.sent[1].octets);
  const [wanted] = notifiesOf(refusal.payloads, NotifyType.INVALID_KE_PAYLOAD);
  assert.deepEqual([...wanted.data], [0, ECP_384.id]);
});

test("a group that was not offered, the one already tried, or no group at all is not followed", async () => {
  for (const data of [[0, 14], [0, 31], [0], [], [0, 0, 19], [1, 19]]) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient({ ikeProposals: [{ ...AEAD, groups: [CURVE25519, ECP_256] }] });
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const effects = await gateway.answerInClear([notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.from(data))]);
    assert.deepEqual(effects, [{ type: "dropped", reason: "group-not-offered" }]);
  }
});

test("[C-7.11] AES without a key length, or with a wrong one, is not chosen, and neither is ChaCha20-Poly1305 with one", async () => {
  const keyLength = (value: number | Uint8Array) => ({ attributeType: TransformAttributeType.KEY_LENGTH, value });
  const encryption: readonly Pick<Transform, "transformId" | "attributes">[] = [
    { transformId: 20, attributes: [] },
    { transformId: 20, attributes: [keyLength(160)] },
    { transformId: 20, attributes: [keyLength(0)] },
    { transformId: 20, attributes: [keyLength(257)] },
    { transformId: 20, attributes: [keyLength(32)] },
    { transformId: 20, attributes: [keyLength(Uint8Array.of(1, 0))] },
    { transformId: 20, attributes: [keyLength(256), keyLength(128)] },
    { transformId: 20, attributes: [keyLength(256), { attributeType: 99, value: 1 }] },
    { transformId: 12, attributes: [] },
    { transformId: 28, attributes: [keyLength(256)] },
    { transformId: 28, attributes: [keyLength(0)] },
    { transformId: 28, attributes: [keyLength(Uint8Array.of(1, 0))] },
  ];
  for (const transform of encryption) {
    const { handmade } = await withHandmade();
    const offered = replaceEncryption(offerIke(defaultIkeProposals())[transform.transformId === 12 ? 1 : 0], transform);
    const { replies: [reply] } = await handmade.deliver(await handmade.initRequest({ proposals: [offered] }));
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.NO_PROPOSAL_CHOSEN], JSON.stringify(transform));
  }
});

test("[C-7.11] a client refuses an answer that leaves the key length out, or adds one", async () => {
  for (
    const change of [{ transformId: 20, attributes: [] }, { transformId: 28, attributes: [{ attributeType: 14, value: 256 }] }]
  ) {
    const { gateway } = await startedWithHandmadeGateway();
    const { response } = await gateway.initAnswer({ proposals: (chosen) => [replaceEncryption(chosen, change)] });
    assert.deepEqual(await gateway.deliver(response), [{ type: "dropped", reason: "not-offered" }]);
  }
});

test("a client accepts no answer with what it did not offer, with two proposals, or with two transforms of one type", async () => {
  const wrong: readonly ((chosen: Proposal) => readonly Proposal[])[] = [
    (chosen) => [replaceEncryption(chosen, { transformId: 12, attributes: [{ attributeType: 14, value: 256 }] })],
    (chosen) => [{ ...chosen, number: 9 }],
    (chosen) => [chosen, chosen],
    (chosen) => [{ ...chosen, transforms: [...chosen.transforms, chosen.transforms[0]] }],
    (chosen) => [{ ...chosen, transforms: chosen.transforms.slice(1) }],
    (chosen) => [{ ...chosen, protocolId: 3, spi: new Uint8Array(4) }],
    (chosen) => [{ ...chosen, transforms: replacePrf(chosen, 2) }],
  ];
  for (const proposals of wrong) {
    const { client, gateway } = await startedWithHandmadeGateway();
    const { response } = await gateway.initAnswer({ proposals });
    assert.deepEqual(await gateway.deliver(response), [{ type: "dropped", reason: "not-offered" }]);
    assert.equal(client.initiator.waitsFor, "IKE_SA_INIT response");
    // The right answer still counts.
    await gateway.answerInit();
  }
});

test("[C-7.4] a nonce shorter than half the key of the prf is not accepted by either end", async () => {
  const ikeProposals: IkeProposal[] = [{ ...AEAD, prfs: [PRF_HMAC_SHA2_512] }];
  const { handmade } = await withHandmade();
  for (const length of [16, 31]) {
    const request = await handmade.initRequest({ nonce: new Uint8Array(length), proposals: offerIke(ikeProposals) });
    assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason: "nonce-too-short" }]);
  }
  const { replies } = await handmade.deliver(
    await handmade.initRequest({ nonce: new Uint8Array(32), proposals: offerIke(ikeProposals) }),
  );
  assert.equal(replies.length, 1);
  // With a prf of 256 bits 16 octets do.
  assert.equal((await handmade.deliver(await handmade.initRequest({ nonce: new Uint8Array(16) }))).replies.length, 1);

  const { gateway } = await startedWithHandmadeGateway({ ikeProposals });
  const short = await gateway.initAnswer({ nonce: new Uint8Array(31) });
  assert.deepEqual(await gateway.deliver(short.response), [{ type: "dropped", reason: "nonce-too-short" }]);
  await gateway.answerInit();
});

test("[R-9.3-1] half-open IKE SAs are bounded and expire", async () => {
  const { simulation, handmade } = await withHandmade({ halfOpenLimit: 3, halfOpenLifetimeMs: 5_000 });
  for (let count = 1; count <= 3; count++) {
    await handmade.init();
    assert.equal(simulation.gateway.halfOpenCount, count);
  }
  assert.equal((await handmade.deliver(await handmade.initRequest())).replies.length, 1);
  assert.equal(simulation.gateway.halfOpenCount, 3);
  // Before that, the key pair that they share is not shared any more.
  assert.equal(simulation.gateway.deadline, 2_000);
  await simulation.run(4_999);
  assert.equal(simulation.gateway.halfOpenCount, 3);
  assert.equal(simulation.gateway.deadline, 5_000);
  await simulation.run(5_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  assert.equal(simulation.gateway.deadline, undefined);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "half-open-ended"), [
    { type: "half-open-ended", expired: 0, evicted: 1 },
    { type: "half-open-ended", expired: 3, evicted: 0 },
  ]);
});

test("an IKE SA that is up does not count as half-open, and its expiry as such changes nothing", async () => {
  const { simulation, handmade } = await withHandmade({ halfOpenLimit: 1 });
  await handmade.up();
  assert.equal(simulation.gateway.halfOpenCount, 0);
  await simulation.run(60_000);
  assert.equal(simulation.gateway.establishedCount, 1);
  await handmade.up();
});

test("first messages with a non-zero SPIr or message ID, a zero SPIi, or the flags of a response are dropped", async () => {
  const { simulation, handmade } = await withHandmade();
  const wrong = [{ responderSpi: 1n }, { messageId: 1 }, { initiatorSpi: 0n }];
  for (const change of wrong) {
    const { effects } = await handmade.deliver(await handmade.initRequest(change));
    assert.deepEqual(effects.map(({ type }) => type), ["dropped"]);
  }
  for (const flags of [0x00, 0x20, 0x28]) {
    const octets = await handmade.initRequest();
    octets[19] = flags;
    assert.deepEqual((await handmade.deliver(octets)).effects.map(({ type }) => type), ["dropped"]);
  }
  for (const exchangeType of [ExchangeType.IKE_AUTH, ExchangeType.CREATE_CHILD_SA, ExchangeType.INFORMATIONAL, 43]) {
    const octets = await handmade.initRequest();
    octets[18] = exchangeType;
    assert.deepEqual((await handmade.deliver(octets)).effects.map(({ type }) => type), ["dropped"]);
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

function replaceEncryption(proposal: Proposal, change: Pick<Transform, "transformId" | "attributes">): Proposal {
  const others = proposal.transforms.filter(({ transformType }) => transformType !== TransformType.ENCR);
  return { ...proposal, transforms: [{ transformType: TransformType.ENCR, ...change }, ...others] };
}

function replacePrf(proposal: Proposal, transformId: number): Transform[] {
  return proposal.transforms.map((transform) =>
    transform.transformType === TransformType.PRF ? { ...transform, transformId } : transform
  );
}

async function withHandmade(
  gateway: Partial<ResponderOptions> = {},
): Promise<{ simulation: Simulation; handmade: HandmadeClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  return { simulation, handmade: new HandmadeClient(simulation) };
}

async function startedWithHandmadeGateway(
  options: Parameters<Simulation["addClient"]>[0] = {},
): Promise<{ simulation: Simulation; client: SimulatedClient; gateway: HandmadeGateway }> {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(options);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return { simulation, client, gateway };
}
