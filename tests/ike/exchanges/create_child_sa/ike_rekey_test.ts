import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY_EXCHANGE_GROUPS, PRF_ALGORITHMS } from "../../../../src/crypto/registry.ts";
import { lowerNonce } from "../../../../src/ike/exchanges/create_child_sa/new_ike_sa.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { ikeSpiOctets } from "../../../../src/ike/ike_sa/spi.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType, ProtocolId } from "../../../../src/wire/constants.ts";
import { comesBackWith } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { offerRekey } from "../../../simulation/handmade_rekey.ts";
import { DELETE_IKE_SA, handmadeUp } from "../../../simulation/handmade_up.ts";
import { decoded, notifyTypes } from "../../../simulation/messages.ts";
import type { NetworkConditions } from "../../../simulation/network.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

import { assertAliveBothWays, assertRekeyedKeysAgree, newest, up } from "./rekeyed.ts";
testEveryProvider(
  "[C-5.1] [C-5.3] [C-5.9] [C-5.12] a client rekeys its IKE SA: new SPIs and keys, message IDs from 0, the old one deleted by the client",
  async (provider) => {
    const simulation = new Simulation({ provider, gateway: { exposeKeys: true } });
    const client = await simulation.clientWithTicket({ exposeKeys: true });
    const old = newest(client);
    const before = simulation.network.sent.length;
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    const now = newest(client);
    assert.notEqual(now.initiatorSpi, old.initiatorSpi);
    assert.notEqual(now.responderSpi, old.responderSpi);
    assert.deepEqual(effectsOf(client.effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: old, newSpis: now, byUs: true },
    ]);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: old, newSpis: now, byUs: false },
    ]);
    const told = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header);
    assert.deepEqual(
      told.map(({ exchangeType, fromInitiator, isResponse, initiatorSpi }) => ({
        exchangeType,
        fromInitiator,
        isResponse,
        old: initiatorSpi === old.initiatorSpi,
      })),
      [
        { exchangeType: ExchangeType.CREATE_CHILD_SA, fromInitiator: true, isResponse: false, old: true },
        { exchangeType: ExchangeType.CREATE_CHILD_SA, fromInitiator: false, isResponse: true, old: true },
        { exchangeType: ExchangeType.INFORMATIONAL, fromInitiator: true, isResponse: false, old: true },
        { exchangeType: ExchangeType.INFORMATIONAL, fromInitiator: false, isResponse: true, old: true },
      ],
    );
    assertRekeyedKeysAgree(simulation, client);
    assertKept(simulation, { up: 1, retired: 0 });
    assert.deepEqual(client.initiator.ownSpis, [now.initiatorSpi]);
    await assertAliveBothWays(simulation, client, 0);
  },
);

test("a client that rekeys over and over, and deletes nothing, makes its gateway keep no more than two IKE SAs", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  simulation.network.interference = (datagram) => datagram.octets[18] === ExchangeType.INFORMATIONAL ? undefined : datagram;
  for (let times = 1; times <= 5; times++) {
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run(simulation.network.nowMs + 200);
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").length, times);
    assertKept(simulation, { up: 1, retired: 1 });
  }
  simulation.network.interference = (datagram) => datagram;
  await simulation.run();
  assertKept(simulation, { up: 1, retired: 0 });
  await assertAliveBothWays(simulation, client, 0);
});

testEveryProvider(
  "[C-5.9] a gateway rekeys the IKE SA, is its original initiator from then on, and both ends go on talking, rekeying and deleting",
  async (provider) => {
    const simulation = new Simulation({ provider, gateway: { exposeKeys: true } });
    const client = await simulation.clientWithTicket({ exposeKeys: true });
    const old = newest(client);
    const before = simulation.network.sent.length;
    await simulation.actOnGateway(simulation.gateway.rekey(old, simulation.now));
    await simulation.run();
    const now = newest(client);
    assert.deepEqual(effectsOf(client.effects, "ike-sa-rekeyed"), [
      { type: "ike-sa-rekeyed", spis: old, newSpis: now, byUs: false },
    ]);
    const deletion = decoded(simulation.network.sent[before + 2].octets).header;
    assert.deepEqual([deletion.fromInitiator, deletion.isResponse, deletion.initiatorSpi], [false, false, old.initiatorSpi]);
    assertRekeyedKeysAgree(simulation, client);
    assertKept(simulation, { up: 1, retired: 0 });
    // The client's SPI of the new IKE SA is the second: by that it is found.
    assert.deepEqual(client.initiator.ownSpis, [now.responderSpi]);
    await assertAliveBothWays(simulation, client, 0);

    // Roles turn again, as often as one likes.
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
    await simulation.run();
    await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
    await simulation.run();
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").length, 4);
    assertRekeyedKeysAgree(simulation, client);
    await assertAliveBothWays(simulation, client, 0);
    await simulation.actOnGateway(simulation.gateway.close(newest(client), simulation.now));
    await simulation.run();
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-peer"]);
    assert.equal(simulation.gateway.establishedCount, 0);
  },
);

test("the Child SAs go over to the new IKE SA, with their keys, and go down with it", async () => {
  const { simulation, client } = await up();
  const { childSa } = client;
  const keys = childSa.inbound.encryptionKey.slice();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.deepEqual(childSa.inbound.encryptionKey, keys);
  assert.equal(effectsOf(client.effects, "child-sa-down").length, 0);
  assert.equal(effectsOf(client.effects, "ike-sa-down").length, 0);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.equal(childSa.inbound.encryptionKey.every((octet) => octet === 0), true);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ spis }) => spis), [newest(client)]);
  assert.equal(simulation.gateway.establishedCount, 0);
});

for (const [first, second] of [["PRF-HMAC-SHA2-256", "PRF-HMAC-SHA2-512"], ["PRF-HMAC-SHA2-384", "PRF-HMAC-SHA2-256"]]) {
  testEveryProvider(`[C-5.5] SKEYSEED is made with the old IKE SA's prf, from ${first} to ${second}`, async (provider) => {
    const [before, after] = [first, second].map((name) => PRF_ALGORITHMS.filter((prf) => prf.name === name));
    const [aead] = defaultIkeProposals();
    const simulation = new Simulation({ provider });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.init({ proposals: offerIke([{ ...aead, prfs: before }]) });
    await handmade.auth(exchange);
    const proposals = offerIke([{ ...aead, prfs: after }], ikeSpiOctets(0x7777n));
    const { made } = await offerRekey(handmade, exchange, 2, { proposals });
    assert.equal(made!.suite.prf.name, second);
    const { replies: [alive] } = await handmade.deliver(
      await handmade.seal(made!, [], 0, { exchangeType: ExchangeType.INFORMATIONAL }),
    );
    assert.deepEqual(await handmade.open(made!, alive), []);
  });
}

test("a peer that wants another group gets it: INVALID_KE_PAYLOAD leads to one more offer", async () => {
  const [x25519, p256] = [31, 19].map((id) => KEY_EXCHANGE_GROUPS.find((group) => group.id === id)!);
  const [aead] = defaultIkeProposals();
  const allowed = [aead];
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { ikeProposals: allowed } });
  const client = await simulation.clientWithTicket({ ikeProposals: [{ ...aead, groups: [x25519, p256] }] });
  // The gateway's administrator has second thoughts: the IKE SA is on Curve25519, the next one may not be.
  allowed[0] = { ...aead, groups: [p256] };
  const before = simulation.network.sent.length;
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  const offers = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header)
    .filter(({ exchangeType, isResponse }) => exchangeType === ExchangeType.CREATE_CHILD_SA && !isResponse);
  assert.deepEqual(offers.map(({ messageId }) => messageId), [2, 3]);
  await assertAliveBothWays(simulation, client, 0);
});

test("[C-5.3] the new IKE SA takes message ID 0 and no other first, and the old one no second offer", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  const { answer, made } = await offerRekey(handmade, exchange, 2);
  const [chosen] = answer.filter((payload) => payload.type === "SA")[0].proposals;
  assert.deepEqual([chosen.protocolId, chosen.spi.length], [ProtocolId.IKE, 8]);
  assertKept(simulation, { up: 1, retired: 1 });
  const informational = { exchangeType: ExchangeType.INFORMATIONAL };
  for (const messageId of [1, 2, 3]) {
    const { effects } = await handmade.deliver(await handmade.seal(made!, [], messageId, informational));
    assert.deepEqual(effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
  }
  const { replies: [alive] } = await handmade.deliver(await handmade.seal(made!, [], 0, informational));
  assert.equal(alive.header.messageId, 0);
  const again = await offerRekey(handmade, exchange, 3);
  assert.deepEqual(notifyTypes(again.answer), [NotifyType.TEMPORARY_FAILURE]);
  const { replies } = await handmade.deliver(await handmade.seal(exchange, [DELETE_IKE_SA], 4));
  assert.deepEqual(await handmade.open(exchange, replies[0]), []);
  assertKept(simulation, { up: 1, retired: 0 });
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-down").length, 0);
});

test("messages of the new IKE SA with the wrong initiator flag, or mixed SPIs, are of none", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  const { made } = await offerRekey(handmade, exchange, 2);
  const informational = { exchangeType: ExchangeType.INFORMATIONAL };
  const wrong = [
    { ...informational, fromInitiator: false },
    { ...informational, initiatorSpi: exchange.spis.initiatorSpi },
    { ...informational, responderSpi: made!.spis.initiatorSpi, initiatorSpi: made!.spis.responderSpi },
    { ...informational, responderSpi: made!.spis.initiatorSpi, initiatorSpi: made!.spis.responderSpi, fromInitiator: false },
  ];
  for (const change of wrong) {
    const { effects } = await handmade.deliver(await handmade.seal(made!, [], 0, change));
    assert.equal(effects.length, 1);
    assert.equal(effects[0].type, "dropped");
  }
  assertKept(simulation, { up: 1, retired: 1 });
});

test("an old IKE SA that its client never deletes is forgotten after a minute, and no key of it is left", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  await offerRekey(handmade, exchange, 2);
  await simulation.run(59_000);
  assertKept(simulation, { up: 1, retired: 1 });
  await simulation.run(61_000);
  assertKept(simulation, { up: 1, retired: 0 });
  assert.equal(simulation.gateway.deadline, undefined);
});

test("a repeated offer gets the identical answer, and one new IKE SA comes of it", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  simulation.network.interference = (datagram) => [datagram, datagram];
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").length, 1);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("what was to be asked while a rekeying was under way is asked on the new IKE SA; a deletion deletes that too", async () => {
  const { simulation, client } = await up();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-us"]);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("[C-5.11.9] an IKE SA that is being deleted is not rekeyed: TEMPORARY_FAILURE", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  await simulation.actOnGateway(simulation.gateway.close(exchange.spis, simulation.now));
  const { answer } = await offerRekey(handmade, exchange, 2);
  assert.deepEqual(notifyTypes(answer), [NotifyType.TEMPORARY_FAILURE]);
});

test("[C-5.11.9] one end deletes the IKE SA while the other rekeys it: it is gone at both, and nothing has taken its place", async () => {
  for (const clientDeletes of [false, true]) {
    const { simulation, client } = await up();
    const spis = newest(client);
    const { initiator } = client;
    await simulation.act(client, clientDeletes ? initiator.close(simulation.now) : initiator.rekey(simulation.now));
    const { gateway } = simulation;
    await simulation.actOnGateway(clientDeletes ? gateway.rekey(spis, simulation.now) : gateway.close(spis, simulation.now));
    await simulation.run();
    assert.equal(initiator.waitsFor, "nothing");
    assert.equal(gateway.establishedCount, 0);
    for (const effects of [client.effects, simulation.gatewayEffects]) {
      assert.deepEqual(effectsOf(effects, "ike-sa-down").map((down) => down.spis), [spis]);
      assert.deepEqual(effectsOf(effects, "ike-sa-rekeyed"), []);
    }
  }
});

test("[C-5.10] nonces are compared octet by octet, and a prefix is the lower one", () => {
  const octets = (...values: number[]) => Uint8Array.from(values);
  for (
    const [lower, higher] of [
      [octets(1, 2, 3), octets(1, 2, 4)],
      [octets(1, 2), octets(1, 2, 0)],
      [octets(1, 255, 255, 255), octets(2, 0)],
      [octets(0x7f), octets(0x80)],
    ]
  ) {
    assert.equal(lowerNonce(lower, higher), lower);
    assert.equal(lowerNonce(higher, lower), lower);
  }
});

testEveryProvider(
  "[C-5.10] [C-5.11.4] both ends rekey at once: the IKE SA with the lowest nonce goes, and both ends agree on the one that stays",
  async (provider) => {
    const byClient: boolean[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const simulation = new Simulation({ provider, seed, gateway: { exposeKeys: true } });
      const client = await simulation.clientWithTicket({ exposeKeys: true });
      const old = newest(client);
      await simulation.act(client, client.initiator.rekey(simulation.now));
      await simulation.actOnGateway(simulation.gateway.rekey(old, simulation.now));
      await simulation.run();
      const [rekeyed] = effectsOf(client.effects, "ike-sa-rekeyed");
      assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed"), [{ ...rekeyed, byUs: !rekeyed.byUs }]);
      byClient.push(rekeyed.byUs);
      assert.equal(simulation.gateway.establishedCount, 1);
      assert.equal(client.initiator.ownSpis.length, 1);
      assert.equal(effectsOf(client.effects, "ike-sa-down").length, 0);
      assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-down").length, 0);
      assertRekeyedKeysAgree(simulation, client);
      await assertAliveBothWays(simulation, client);
    }
    assert.equal(new Set(byClient).size, 2, "the seeds should let either end win");
  },
);

const HOSTILE: NetworkConditions = { loss: 0.2, duplication: 0.1, minimumDelayMs: 1, maximumDelayMs: 400 };
const PATIENT = { initialMs: 500, factor: 1.5, maximumMs: 2_000, attempts: 25, jitter: 0.3 };

test("[C-5.11.4] crowds that rekey from both ends at any moment, over a network that loses, doubles and reorders, stay up and agree", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const gateway = { retransmission: PATIENT, livenessSeconds: 0 };
    const simulation = new Simulation({ provider: await loadProvider("ts"), seed, conditions: HOSTILE, gateway });
    const crowd = Array.from({ length: 12 }, () => simulation.addClient({ retransmission: PATIENT }));
    await simulation.start(...crowd);
    await simulation.run();
    for (let round = 0; round < 4; round++) {
      for (const [index, client] of crowd.entries()) {
        if ((index + round) % 3 !== 0) await simulation.act(client, client.initiator.rekey(simulation.now));
        if ((index + round) % 3 !== 1) {
          await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
        }
        if (index % 4 === 0) await simulation.act(client, client.initiator.checkLiveness(simulation.now));
        if (index % 4 === 1) await simulation.act(client, client.initiator.requestTicket(simulation.now));
        await simulation.run(simulation.network.nowMs + 37 * round);
      }
      await simulation.run(simulation.network.nowMs + 1_000 * round);
    }
    await simulation.run(simulation.network.nowMs + 120_000);
    assert.equal(simulation.gateway.establishedCount, crowd.length);
    assert.equal(simulation.gateway.deadline, undefined);
    for (const client of crowd) {
      assert.equal(client.initiator.waitsFor, "requests");
      assert.equal(effectsOf(client.effects, "ike-sa-down").length, 0);
      assert.equal(client.initiator.ownSpis.length, 1);
    }
    simulation.network.conditions = { loss: 0, duplication: 0, minimumDelayMs: 1, maximumDelayMs: 1 };
    for (const client of crowd) await assertAliveBothWays(simulation, client);
  }
});

testEveryProvider("a client that was rekeyed by either end resumes with the ticket of the new IKE SA", async (provider) => {
  for (const byGateway of [false, true]) {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    if (byGateway) {
      await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
      await simulation.run();
      await simulation.act(client, client.initiator.requestTicket(simulation.now));
    } else await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    const spis = newest(client);
    await comesBackWith(simulation, client, client.ticket);
    // The rekeyed IKE SA was still there, and went silently (RFC 5723, section 4.3.4).
    const [{ initiatorId, remote }] = effectsOf(simulation.gatewayEffects, "ike-sa-up");
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down"), [
      { type: "ike-sa-down", spis, reason: "replaced-by-resumption", initiatorId, remote },
    ]);
  }
});

/** What the gateway keeps: IKE SAs that are up, and others that wait for their DELETE. */
function assertKept({ gateway }: Simulation, { up, retired }: { readonly up: number; readonly retired: number }): void {
  assert.deepEqual([gateway.establishedCount, gateway.retiredCount], [up, retired]);
}
