/** Child SAs that CREATE_CHILD_SA makes, rekeys and deletes, at either end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../../src/configuration/mod.ts";
import { CURVE25519, ECP_256 } from "../../../../src/crypto/registry.ts";
import { defaultEspProposals } from "../../../../src/ike/ike_sa/proposals.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";
import { ChildScene, ENDS } from "./child_scene.ts";

const PFS = defaultEspProposals().map((proposal) => ({ ...proposal, groups: [CURVE25519] }));

testEveryProvider(
  "[C-4.1] either end makes another Child SA beside the first, with keys of its own, and both carry on",
  async (provider) => {
    for (const end of ENDS) {
      const scene = await ChildScene.up({ provider });
      const { localSelectors, remoteSelectors } = scene.childSa(end);
      await scene.order(end, { kind: "create", traffic: { localSelectors, remoteSelectors }, request: 7 });
      await scene.settle();
      scene.assertAgreed(2);
      const [first, second] = scene.childSas("client");
      assert.notDeepEqual(first.inbound.encryptionKey, second.inbound.encryptionKey);
      assert.deepEqual(effectsOf(scene.effects(end), "child-sa-up").map(({ request }) => request), [undefined, 7]);
    }
  },
);

for (const end of ENDS) {
  for (const pfs of [false, true]) {
    const espProposals = pfs ? PFS : defaultEspProposals();
    test(`[C-4.1] [C-5.1] [C-5.4] [C-5.7] the ${end} rekeys a Child SA ${pfs ? "with" : "without"} PFS: the old one stays until its DELETE, which that end sends`, async () => {
      const scene = await ChildScene.up({ client: { espProposals }, gateway: { espProposals } });
      const old = scene.childSa(end);
      const oldKey = old.inbound.encryptionKey.slice();
      const before = scene.simulation.network.sent.length;
      await scene.order(end, { kind: "rekey", inboundSpi: old.inboundSpi });
      await scene.settle();
      scene.assertAgreed(1);
      assert.notEqual(scene.childSa(end).inboundSpi, old.inboundSpi);
      assert.notDeepEqual(scene.childSa(end).inbound.encryptionKey, oldKey);
      assert.deepEqual(old.inbound.encryptionKey, new Uint8Array(oldKey.length));
      for (const one of ENDS) {
        const [rekeyed, ...more] = effectsOf(scene.effects(one), "child-sa-rekeyed");
        assert.deepEqual([rekeyed.byUs, rekeyed.isRedundant, more.length], [one === end, false, 0]);
        const order = scene.effects(one).map(({ type }) => type);
        assert.ok(order.indexOf("child-sa-rekeyed") < order.indexOf("child-sa-down"));
      }
      const headers = scene.simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header);
      assert.deepEqual(
        headers.map(({ exchangeType, isResponse, fromInitiator }) => [exchangeType, isResponse, fromInitiator]),
        [
          [ExchangeType.CREATE_CHILD_SA, false, end === "client"],
          [ExchangeType.CREATE_CHILD_SA, true, end !== "client"],
          [ExchangeType.INFORMATIONAL, false, end === "client"],
          [ExchangeType.INFORMATIONAL, true, end !== "client"],
        ],
      );
    });
  }

  test(`[C-5.6] [C-5.7] the ${end} deletes a Child SA: both halves go at both ends, and their keys`, async () => {
    const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
    const gone = ENDS.map((one) => scene.childSa(one));
    await scene.order(end, { kind: "delete", inboundSpi: scene.childSa(end).inboundSpi });
    await scene.settle();
    scene.assertAgreed(0);
    for (const { inbound, outbound } of gone) {
      for (const { encryptionKey } of [inbound, outbound]) assert.ok(encryptionKey.every((octet) => octet === 0));
    }
    assert.equal(scene.simulation.gateway.establishedCount, 1);
  });
}

test("[C-4.1] a peer that wants another group is asked once more, with that one", async () => {
  const espProposals = defaultEspProposals().map((proposal) => ({ ...proposal, groups: [CURVE25519, ECP_256] }));
  const only = defaultEspProposals().map((proposal) => ({ ...proposal, groups: [ECP_256] }));
  const scene = await ChildScene.up({ client: { espProposals }, gateway: { espProposals: only } });
  const before = scene.simulation.network.sent.length;
  await scene.order("client", { kind: "rekey", inboundSpi: scene.childSa("client").inboundSpi });
  await scene.settle();
  scene.assertAgreed(1);
  assert.equal(scene.simulation.network.sent.length - before, 6);
});

test("[C-4.1] an end that demands PFS makes no Child SA without, and one that does not leaves it to its peer", async () => {
  const strict = await ChildScene.up({ gateway: { espProposals: PFS } });
  await strict.order("client", { kind: "rekey", inboundSpi: strict.childSa("client").inboundSpi });
  await strict.settle();
  assert.deepEqual(effectsOf(strict.client.effects, "child-sa-rekey-failed").map(({ notifyType }) => notifyType), [
    NotifyType.NO_PROPOSAL_CHOSEN,
  ]);
  strict.assertAgreed(1);
  const lenient = await ChildScene.up({ client: { espProposals: PFS } });
  await lenient.order("client", { kind: "rekey", inboundSpi: lenient.childSa("client").inboundSpi });
  await lenient.settle();
  assert.equal(lenient.count("client", "child-sa-rekeyed"), 1);
  lenient.assertAgreed(1);
});

test("[C-4.1] NO_ADDITIONAL_SAS comes only when there are as many Child SAs as there may be; rekeying needs no room", async () => {
  const scene = await ChildScene.up({ gateway: { childSas: { limit: 2 } } });
  const { localSelectors, remoteSelectors } = scene.childSa("client");
  for (let times = 0; times < 2; times++) {
    await scene.order("client", { kind: "create", traffic: { localSelectors, remoteSelectors } });
    await scene.settle();
  }
  assert.deepEqual(effectsOf(scene.client.effects, "child-sa-failed").map(({ notifyType }) => notifyType), [
    NotifyType.NO_ADDITIONAL_SAS,
  ]);
  for (const { inboundSpi } of scene.childSas("client")) await scene.order("client", { kind: "rekey", inboundSpi });
  await scene.settle();
  assert.equal(scene.count("client", "child-sa-rekeyed"), 2);
  scene.assertAgreed(2);
});

test("[C-4.12] an end offers nothing that its own policy does not allow, and takes no more than it offered", async () => {
  const remoteSelectors = parseSelectors("10.0.0.0/8");
  const scene = await ChildScene.up({ client: { remoteSelectors } });
  const { localSelectors } = scene.childSa("client");
  const before = scene.simulation.network.sent.length;
  const traffic = { localSelectors, remoteSelectors: parseSelectors("192.168.0.0/16") };
  await scene.order("client", { kind: "create", traffic, request: 1 });
  assert.equal(scene.simulation.network.sent.length, before);
  assert.deepEqual(effectsOf(scene.client.effects, "child-sa-failed").map(({ notifyType, request }) => [notifyType, request]), [
    [NotifyType.TS_UNACCEPTABLE, 1],
  ]);
  await scene.order("client", { kind: "create", traffic: { localSelectors, remoteSelectors: parseSelectors("0.0.0.0/0") } });
  await scene.settle();
  assert.deepEqual(scene.childSa("client").remoteSelectors, remoteSelectors);
});

test("rekeying goes on over an IKE SA that is rekeyed, and over one that the gateway rekeyed", async () => {
  const scene = await ChildScene.up();
  const { simulation, client } = scene;
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await scene.settle();
  for (const end of ENDS) {
    await scene.order(end, { kind: "rekey", inboundSpi: scene.childSa(end).inboundSpi });
    await scene.settle();
  }
  scene.assertAgreed(1);
  const [{ newSpis }] = effectsOf(client.effects, "ike-sa-rekeyed");
  await simulation.actOnGateway(simulation.gateway.rekey(newSpis, simulation.now));
  await scene.settle();
  await scene.order("gateway", { kind: "rekey", inboundSpi: scene.childSa("gateway").inboundSpi });
  await scene.settle();
  scene.assertAgreed(1);
  assert.equal(scene.count("client", "child-sa-rekeyed"), 3);
});
