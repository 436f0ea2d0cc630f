/** Child SAs that come to their end, by time and by use, and those that a gateway deletes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CURVE25519 } from "../../../../src/crypto/registry.ts";
import { defaultEspProposals } from "../../../../src/ike/ike_sa/proposals.ts";
import { espSpiOctets } from "../../../../src/ike/ike_sa/spi.ts";
import { childSaRules } from "../../../../src/ike/policy/child_sa_rules.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { ChildScene, ENDS } from "./child_scene.ts";
import { childOffer } from "./handmade_child.ts";
import { HANDMADE_SCENES } from "./handmade_scene.ts";
import { newest } from "./rekeyed.ts";

const HOUR_MS = 3_600_000;

for (const end of ENDS) {
  test(`the ${end} rekeys a Child SA by itself before its time is over, over and over, and each time at a moment of its own`, async () => {
    const scene = await ChildScene.up({ [end]: { childSas: { lifetimeSeconds: 3_600 } } });
    const before = scene.simulation.network.nowMs;
    await scene.settle(10 * HOUR_MS);
    scene.assertAgreed(1);
    const happenings = end === "client" ? scene.client.happenings : scene.simulation.gatewayHappenings;
    const moments = happenings.filter(({ effect }) => effect.type === "child-sa-rekeyed").map(({ atMs }) => atMs);
    assert.ok(moments.length >= 11);
    const parts = moments.map((atMs, index) => (atMs - (moments[index - 1] ?? before)) / HOUR_MS);
    for (const part of parts) assert.ok(part > 0.799 && part < 0.901, `${part}`);
    assert.ok(new Set(parts.map((part) => part.toFixed(4))).size > parts.length / 2);
  });

  test(`the ${end} deletes a Child SA whose time is over, where its peer refuses to rekey it; the IKE SA stays`, async () => {
    const strict = defaultEspProposals().map((proposal) => ({ ...proposal, groups: [CURVE25519] }));
    const lives = { childSas: { lifetimeSeconds: 3_600, remake: false } };
    const refuses = { espProposals: strict, childSas: { remake: false } };
    const scene = await ChildScene.up(
      end === "client" ? { client: lives, gateway: refuses } : { client: refuses, gateway: lives },
    );
    await scene.settle(0.95 * HOUR_MS);
    assert.deepEqual(effectsOf(scene.effects(end), "child-sa-rekey-failed").map(({ notifyType }) => notifyType), [
      NotifyType.NO_PROPOSAL_CHOSEN,
    ]);
    scene.assertAgreed(1);
    await scene.settle(0.1 * HOUR_MS);
    scene.assertAgreed(0);
    assert.equal(scene.simulation.gateway.establishedCount, 1);
  });

  test(`the ${end} rekeys a Child SA that has carried most of what it may, in octets or in packets, and ends one that has carried all`, async () => {
    for (const limits of [{ lifetimeOctets: 1_000_000 }, { lifetimePackets: 1_000 }]) {
      const rules = { ...limits, remake: false };
      const scene = await ChildScene.up({ client: { childSas: { remake: false } }, [end]: { childSas: rules } });
      const { inboundSpi } = scene.childSa(end);
      await scene.order(end, { kind: "used", inboundSpi, octets: 700_000, packets: 700 });
      await scene.settle();
      assert.equal(scene.count(end, "child-sa-rekeyed"), 0);
      for (let times = 0; times < 2; times++) {
        await scene.order(end, { kind: "used", inboundSpi, octets: 910_000, packets: 910 });
      }
      await scene.settle();
      assert.equal(scene.count(end, "child-sa-rekeyed"), 1);
      scene.assertAgreed(1);
      const next = scene.childSa(end).inboundSpi;
      await scene.order(end, { kind: "used", inboundSpi: next, octets: 1_000_000, packets: 1_000 });
      await scene.settle();
      scene.assertAgreed(0);
    }
  });
}

test("a client makes another Child SA in the place of one that its gateway deletes, later each time, and none where it is not to", async () => {
  const scene = await ChildScene.up();
  const { localSelectors, remoteSelectors } = scene.childSa("client");
  const waits: number[] = [];
  for (let times = 0; times < 5; times++) {
    const deletedAtMs = scene.simulation.network.nowMs;
    await scene.order("gateway", { kind: "delete", inboundSpi: scene.childSa("gateway").inboundSpi });
    await scene.settle(20_000);
    scene.assertAgreed(1);
    waits.push(scene.client.happenings.findLast(({ effect }) => effect.type === "child-sa-up")!.atMs - deletedAtMs);
  }
  assert.deepEqual(scene.childSa("client").localSelectors, localSelectors);
  assert.deepEqual(scene.childSa("client").remoteSelectors, remoteSelectors);
  for (const [index, wait] of waits.entries()) assert.ok(index === 0 || wait > 1.5 * waits[index - 1], `${waits}`);
  const without = await ChildScene.up({ client: { childSas: { remake: false } } });
  await without.order("gateway", { kind: "delete", inboundSpi: without.childSa("gateway").inboundSpi });
  await without.settle(100_000);
  without.assertAgreed(0);
});

test("what a client deletes itself, and what another has taken the place of, it does not make anew", async () => {
  const scene = await ChildScene.up();
  await scene.order("client", { kind: "rekey", inboundSpi: scene.childSa("client").inboundSpi });
  await scene.settle(10_000);
  await scene.order("gateway", { kind: "rekey", inboundSpi: scene.childSa("gateway").inboundSpi });
  await scene.settle(10_000);
  scene.assertAgreed(1);
  await scene.order("client", { kind: "delete", inboundSpi: scene.childSa("client").inboundSpi });
  await scene.settle(100_000);
  scene.assertAgreed(0);
});

for (const [tested, sceneOf] of Object.entries(HANDMADE_SCENES)) {
  test(`a Child SA whose place another has taken, and that its peer does not delete, the ${tested} deletes a minute later`, async () => {
    const scene = await sceneOf();
    await scene.ask(childOffer(scene.childSa, { rekeys: scene.espSpi }), ExchangeType.CREATE_CHILD_SA);
    assert.deepEqual(await scene.pass(59_000), []);
    const [{ payloads: [deletion] }] = await scene.pass(2_000);
    assert.ok(deletion.type === "D");
    assert.deepEqual(deletion.spis, [espSpiOctets(scene.childSa.inboundSpi)]);
  });
}

test("lifetimes go on where the IKE SA is rekeyed meanwhile, and end with it", async () => {
  const scene = await ChildScene.up({ client: { childSas: { lifetimeSeconds: 3_600 } } });
  const { simulation, client } = scene;
  await scene.settle(HOUR_MS / 2);
  await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
  await scene.settle(HOUR_MS / 2);
  assert.equal(effectsOf(client.effects, "child-sa-rekeyed").length, 1);
  await simulation.act(client, client.initiator.close(simulation.now));
  await scene.settle();
  assert.equal(client.initiator.deadline, undefined);
});

test("rules of Child SAs that make no sense are refused with the reason", () => {
  for (
    const [options, reason] of [
      [{ lifetimeSeconds: 0 }, /childSas: lifetimeSeconds is 0, expected more than 0/],
      [{ lifetimeOctets: -1 }, /childSas: lifetimeOctets is -1, expected more than 0/],
      [{ lifetimePackets: Number.NaN }, /childSas: lifetimePackets is NaN, expected more than 0/],
      [{ renewal: [0.9, 0.8] as const }, /childSas: renewal is 0.9 to 0.8, expected two numbers/],
      [{ limit: 0 }, /childSas: limit is 0, expected a whole number from 1 to 256/],
      [{ limit: 1.5 }, /childSas: limit is 1.5/],
    ] as const
  ) assert.throws(() => childSaRules(options), { name: "RangeError", message: reason });
});
