/** IKE SAs that either end rekeys by itself before their lifetime is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { ChildScene } from "../exchanges/create_child_sa/child_scene.ts";

const HOUR_MS = 3_600_000;

test("a gateway rekeys an IKE SA in the last fifth of its lifetime, over and over, each time at a moment of its own, and no client goes", async () => {
  const scene = await ChildScene.up({ gateway: { ikeSaLifetimeSeconds: 3_600 } });
  const { simulation } = scene;
  const before = simulation.network.nowMs;
  await scene.settle(10 * HOUR_MS);
  const moments = simulation.gatewayHappenings.filter(({ effect }) => effect.type === "ike-sa-rekeyed").map(({ atMs }) => atMs);
  assert.ok(moments.length >= 11, `${moments}`);
  const parts = moments.map((atMs, index) => (atMs - (moments[index - 1] ?? before)) / HOUR_MS);
  // A tenth of the lifetime is jitter of its end.
  for (const part of parts) assert.ok(part > 0.9 * 0.8 - 0.001 && part < 0.901, `${part}`);
  assert.ok(new Set(parts.map((part) => part.toFixed(3))).size > 3);
  assert.equal(simulation.gateway.establishedCount, 1);
  assert.equal(scene.count("gateway", "ike-sa-down"), 0);
  scene.assertAgreed(1);
});

test("both ends rekey the IKE SA by themselves, at the same moments or not: there is always one", async () => {
  const scene = await ChildScene.up({
    client: { ikeSaLifetimeSeconds: 3_600, childSas: { lifetimeSeconds: 3_600 } },
    gateway: { ikeSaLifetimeSeconds: 3_600, childSas: { lifetimeSeconds: 3_600 } },
  });
  await scene.settle(20 * HOUR_MS);
  assert.ok(scene.count("gateway", "ike-sa-rekeyed") >= 20);
  assert.ok(scene.count("gateway", "child-sa-rekeyed") >= 20);
  assert.equal(scene.simulation.gateway.establishedCount, 1);
  assert.equal(scene.count("gateway", "ike-sa-down"), 0);
  scene.assertAgreed(1);
});

test("a gateway that is refused tries again until the end, which comes all the same", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { livenessSeconds: 0, ikeSaLifetimeSeconds: 1_000, lifetimeJitter: 0 },
  });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.up();
  let refused = 0;
  for (let atMs = 1_000; atMs < 999_000; atMs += 500) {
    const before = simulation.network.sent.length;
    await simulation.run(atMs);
    for (const { octets } of simulation.network.sent.slice(before)) {
      const { header } = decoded(octets);
      if (header.isResponse || header.exchangeType !== ExchangeType.CREATE_CHILD_SA) continue;
      const change = { exchangeType: header.exchangeType, isResponse: true };
      await handmade.deliver(
        await handmade.seal(exchange, [notify(NotifyType.TEMPORARY_FAILURE)], header.messageId, change),
      );
      refused++;
    }
  }
  assert.ok(refused >= 4 && refused < 50, `${refused}`);
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-down").length, 0);
  await simulation.run(1_000_100);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["lifetime-over"]);
});

test("a gateway that is not to rekey IKE SAs by itself never does: they end", async () => {
  const scene = await ChildScene.up({ gateway: { ikeSaLifetimeSeconds: 3_600, rekeyIkeSas: false } });
  await scene.settle(2 * HOUR_MS);
  assert.equal(scene.count("gateway", "ike-sa-rekeyed"), 0);
  assert.deepEqual(effectsOf(scene.effects("gateway"), "ike-sa-down").map(({ reason }) => reason), ["lifetime-over"]);
});
