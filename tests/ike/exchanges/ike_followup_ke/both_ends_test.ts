/**
 * IKE_FOLLOWUP_KE at both ends (RFC 9370, section 2.2.4): IKE SAs and Child SAs that CREATE_CHILD_SA makes rest on additional key exchanges too,
 * also where messages are lost, doubled or cross.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEspProposal, parseIkeProposal } from "../../../../src/configuration/mod.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { ExchangeType, NotifyType, TransformType } from "../../../../src/wire/constants.ts";
import { peekHeader } from "../../../../src/wire/header.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { ChildScene, type End, ENDS } from "../create_child_sa/child_scene.ts";
import { newest } from "../create_child_sa/rekeyed.ts";
import { testEveryProvider } from "../../every_provider.ts";

const HYBRID = "aes256gcm16-prfsha384-x25519-ke1_mlkem768";
const TRIPLE = "aes256-sha256-prfsha512-ecp256-ke1_mlkem1024-ke3_x25519";
const CHILD = "aes256gcm16-x25519-ke1_mlkem768";
const { CREATE_CHILD_SA, IKE_FOLLOWUP_KE, INFORMATIONAL } = ExchangeType;

async function scene(
  { ike = HYBRID, esp, seed, provider }: {
    readonly ike?: string;
    readonly esp?: string;
    readonly seed?: number;
    readonly provider?: Parameters<Parameters<typeof testEveryProvider>[1]>[0];
  } = {},
): Promise<ChildScene> {
  const options = {
    ikeProposals: [parseIkeProposal(ike)],
    ...(esp !== undefined && { espProposals: [parseEspProposal(esp)] }),
    exposeKeys: true,
  };
  const patience = { initialMs: 500, factor: 1.5, maximumMs: 2_000, attempts: 20, jitter: 0.1 };
  return await ChildScene.up({
    client: { ...options, retransmission: patience },
    gateway: { ...options, retransmission: patience },
    seed,
    provider,
  });
}

async function rekey({ simulation, client }: ChildScene, end: End): Promise<void> {
  if (end === "client") await simulation.act(client, client.initiator.rekey(simulation.now));
  else await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
}

/** Exchange types in the order in which requests were first sent. */
function exchangesSince({ simulation }: ChildScene, sent: number): number[] {
  const seen = new Set<string>();
  return simulation.network.sent.slice(sent).flatMap(({ octets, remote }) => {
    const { exchangeType, messageId, isResponse, initiatorSpi } = peekHeader(octets)!;
    const name = `${exchangeType} ${messageId} ${initiatorSpi} ${remote.address}`;
    if (isResponse || seen.has(name)) return [];
    seen.add(name);
    return [exchangeType];
  });
}

function keysOf(effects: readonly Effect[]): unknown {
  const { spis, keys } = effectsOf(effects, "ike-sa-keys").at(-1)!;
  return [spis, keys.skD, keys.skEi, keys.skEr];
}

testEveryProvider(
  "an IKE SA with ML-KEM is rekeyed with ML-KEM by either end, and both have the same keys",
  async (provider) => {
    for (const end of ENDS) {
      for (const [ike, exchanges] of [[HYBRID, 1], [TRIPLE, 2]] as const) {
        const both = await scene({ ike, provider });
        const before = both.simulation.network.sent.length;
        await rekey(both, end);
        await both.settle();
        const expected = [CREATE_CHILD_SA, ...new Array(exchanges).fill(IKE_FOLLOWUP_KE), INFORMATIONAL];
        assert.deepEqual(exchangesSince(both, before).slice(0, expected.length), expected);
        for (const one of ENDS) assert.equal(effectsOf(both.effects(one), "ike-sa-rekeyed").length, 1);
        assert.deepEqual(keysOf(both.effects("client")), keysOf(both.effects("gateway")));
        await both.order("client", { kind: "rekey", inboundSpi: both.childSa("client").inboundSpi });
        await both.settle();
        both.assertAgreed(1);
        const { ticket } = effectsOf(both.effects("client"), "ticket-received").at(-1)!;
        assert.ok(ticket.proposal.transforms.some(({ transformType }) => transformType === TransformType.ADDKE1));
      }
    }
  },
);

testEveryProvider("Child SAs are made and rekeyed with ML-KEM by either end", async (provider) => {
  for (const end of ENDS) {
    const both = await scene({ esp: CHILD, provider });
    const old = both.childSa(end);
    const before = both.simulation.network.sent.length;
    const { localSelectors, remoteSelectors } = old;
    await both.order(end, { kind: "create", traffic: { localSelectors, remoteSelectors } });
    await both.settle();
    assert.deepEqual(exchangesSince(both, before), [CREATE_CHILD_SA, IKE_FOLLOWUP_KE]);
    both.assertAgreed(2);
    await both.order(end, { kind: "rekey", inboundSpi: old.inboundSpi });
    await both.settle();
    assert.deepEqual(exchangesSince(both, before).slice(2), [CREATE_CHILD_SA, IKE_FOLLOWUP_KE, INFORMATIONAL]);
    both.assertAgreed(2);
    assert.ok(!both.childSas(end).some(({ inboundSpi }) => inboundSpi === old.inboundSpi));
  }
});

test("a peer that wants ML-KEM for its Child SAs gets it where the IKE proposals have it, and the ESP proposals say nothing", async () => {
  const ike = [parseIkeProposal("aes256gcm16-prfsha256-x25519-ke1_mlkem768")];
  const both = await ChildScene.up({
    client: { ikeProposals: ike, espProposals: [parseEspProposal(CHILD)] },
    gateway: { ikeProposals: ike, espProposals: [parseEspProposal("aes256gcm16")] },
  });
  await both.order("client", { kind: "rekey", inboundSpi: both.childSa("client").inboundSpi });
  await both.settle();
  assert.equal(effectsOf(both.effects("client"), "child-sa-rekeyed").length, 1);
  both.assertAgreed(1);
});

test("an IKE SA without additional key exchanges is rekeyed without, though the configuration has them", async () => {
  const options = { ikeProposals: [parseIkeProposal(`${HYBRID}-ke1_none`)] };
  const plain = { ikeProposals: [parseIkeProposal("aes256gcm16-prfsha384-x25519")] };
  for (const end of ENDS) {
    const both = await ChildScene.up({
      client: end === "client" ? options : plain,
      gateway: end === "client" ? plain : options,
    });
    const before = both.simulation.network.sent.length;
    await rekey(both, end);
    await both.settle();
    assert.ok(!exchangesSince(both, before).includes(IKE_FOLLOWUP_KE));
    assert.equal(effectsOf(both.effects(end), "ike-sa-rekeyed").length, 1);
  }
});

test("messages that are lost and doubled are sent and answered again: one IKE SA and one Child SA come of it", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const both = await scene({ esp: CHILD, seed });
    let count = seed;
    // Every third message is lost, every fourth comes twice.
    both.simulation.network.interference = (datagram) => ++count % 3 === 0 ? undefined : datagram;
    const end = ENDS[seed % 2];
    await both.order(end, { kind: "rekey", inboundSpi: both.childSa(end).inboundSpi });
    await both.settle(40_000);
    await rekey(both, end);
    await both.settle(60_000);
    both.simulation.network.interference = (datagram) => datagram;
    await both.settle(20_000);
    both.assertAgreed(1);
    assert.equal(effectsOf(both.effects("client"), "ike-sa-down").length, 0);
    for (const one of ENDS) assert.equal(effectsOf(both.effects(one), "ike-sa-rekeyed").length, 1);
    assert.deepEqual(keysOf(both.effects("client")), keysOf(both.effects("gateway")));
  }
});

test("both ends rekey the IKE SA at once: one new IKE SA is left, and the exchanges of the other one are not gone on with", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const both = await scene({ seed });
    const before = both.simulation.network.sent.length;
    await rekey(both, "client");
    await rekey(both, "gateway");
    await both.settle(60_000);
    const exchanges = exchangesSince(both, before);
    assert.deepEqual(exchanges.filter((type) => type === CREATE_CHILD_SA).length, 2);
    assert.deepEqual(exchanges.filter((type) => type === IKE_FOLLOWUP_KE).length, 1);
    for (const one of ENDS) {
      assert.equal(effectsOf(both.effects(one), "ike-sa-rekeyed").length, 1);
      assert.deepEqual(effectsOf(both.effects(one), "ike-sa-rekey-failed"), []);
    }
    assert.deepEqual(keysOf(both.effects("client")), keysOf(both.effects("gateway")));
    assert.deepEqual([both.simulation.gateway.establishedCount, both.simulation.gateway.retiredCount], [1, 0]);
    both.assertAgreed(1);
  }
});

test("both ends rekey the Child SA at once: one new one is left", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const both = await scene({ esp: CHILD, seed });
    const before = both.simulation.network.sent.length;
    for (const end of ENDS) await both.order(end, { kind: "rekey", inboundSpi: both.childSa(end).inboundSpi });
    await both.settle(60_000);
    assert.equal(exchangesSince(both, before).filter((type) => type === IKE_FOLLOWUP_KE).length, 1);
    both.assertAgreed(1);
    for (const one of ENDS) assert.equal(effectsOf(both.effects(one), "child-sa-rekeyed").length, 1);
  }
});

test("rekeyings that cross on a network that loses messages leave one IKE SA, and both ends with the same Child SAs, whichever was first", async () => {
  for (let seed = 1; seed <= 16; seed++) {
    const both = await scene({ esp: CHILD, seed });
    let count = seed;
    both.simulation.network.interference = (datagram) => (count = (count * 75 + 74) % 65_537) % 5 < 2 ? undefined : datagram;
    await both.order("client", { kind: "rekey", inboundSpi: both.childSa("client").inboundSpi });
    await rekey(both, seed % 2 ? "gateway" : "client");
    await both.settle(300 * seed);
    await rekey(both, seed % 2 ? "client" : "gateway");
    await both.order("gateway", { kind: "rekey", inboundSpi: both.childSa("gateway").inboundSpi });
    await both.settle(60_000);
    both.simulation.network.interference = (datagram) => datagram;
    await both.settle(120_000);
    assert.equal(effectsOf(both.effects("client"), "ike-sa-down").length, 0);
    // Where both ends have found one gone, both may have made another in its place (RFC 4718, section 5.11.6).
    const { length } = both.childSas("client");
    assert.ok(length === 1 || length === 2);
    both.assertAgreed(length);
    assert.deepEqual(keysOf(both.effects("client")), keysOf(both.effects("gateway")));
    assert.deepEqual([both.simulation.gateway.establishedCount, both.simulation.gateway.retiredCount], [1, 0]);
  }
});

test("an end that has forgotten what is gone on with says STATE_NOT_FOUND, and the rekeying is begun anew", async () => {
  for (const end of ENDS) {
    const both = await scene({ esp: CHILD });
    const { network } = both.simulation;
    network.interference = (datagram) => peekHeader(datagram.octets)!.exchangeType === IKE_FOLLOWUP_KE ? undefined : datagram;
    await both.order(end, { kind: "rekey", inboundSpi: both.childSa(end).inboundSpi });
    await both.settle(21_000);
    network.interference = (datagram) => datagram;
    await both.settle(30_000);
    both.assertAgreed(1);
    assert.equal(effectsOf(both.effects(end), "child-sa-rekeyed").length, 1);
    assert.deepEqual(effectsOf(both.effects(end), "child-sa-rekey-failed"), []);
    network.interference = (datagram) => peekHeader(datagram.octets)!.exchangeType === IKE_FOLLOWUP_KE ? undefined : datagram;
    await rekey(both, end);
    await both.settle(21_000);
    network.interference = (datagram) => datagram;
    await both.settle(30_000);
    const failed = effectsOf(both.effects(end), "ike-sa-rekey-failed").map(({ notifyType }) => notifyType);
    assert.deepEqual(failed, [NotifyType.STATE_NOT_FOUND]);
    await rekey(both, end);
    await both.settle();
    for (const one of ENDS) assert.equal(effectsOf(both.effects(one), "ike-sa-rekeyed").length, 1);
  }
});
