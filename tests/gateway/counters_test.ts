import assert from "node:assert/strict";
import { test } from "node:test";
import { countEffect, zeroCounters } from "../../src/gateway/counters.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { HandmadeClient } from "../simulation/handmade_client.ts";
import { fqdn, PRESHARED_KEY, Simulation } from "../simulation/simulation.ts";

test("what gets no answer is counted by what an operator would look for, and all of it in a sum", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const counters = zeroCounters();
  const deliver = async (octets: Uint8Array) => {
    const { effects } = await handmade.deliver(octets);
    effects.forEach((effect) => countEffect(counters, effect));
  };
  const exchange = await handmade.init();
  const request = await handmade.authRequest(exchange);
  const altered = request.slice();
  altered[altered.length - 1] ^= 1;
  await deliver(altered);
  const strange = request.slice();
  strange[8] ^= 1;
  await deliver(strange);
  await deliver(await handmade.seal(exchange, [{ type: "V", vendorId: new Uint8Array(9_000) }], 1));
  await deliver(request.subarray(0, 20));
  await deliver(await handmade.seal(exchange, [], 5));
  const { oversized_messages_total, malformed_messages_total, unknown_sa_messages_total, unauthentic_messages_total } =
    counters;
  assert.deepEqual(
    { oversized_messages_total, malformed_messages_total, unknown_sa_messages_total, unauthentic_messages_total },
    { oversized_messages_total: 1, malformed_messages_total: 1, unknown_sa_messages_total: 1, unauthentic_messages_total: 1 },
  );
  assert.equal(counters.dropped_messages_total, 5);
});

test("up less down is how many are up, whatever became of those that never were: a wrong key counts once, and not as down", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ikeSaLimit: 3, uniqueIdentities: "replace", livenessSeconds: 0 },
  });
  const handmade = new HandmadeClient(simulation);
  const counters = zeroCounters();
  const isRight = () =>
    assert.equal(counters.ike_sas_up_total - counters.ike_sas_down_total, simulation.gateway.establishedCount);
  const count = (effects: readonly Effect[]) => {
    effects.forEach((effect) => countEffect(counters, effect));
    isRight();
  };
  const deliver = async (octets: Uint8Array) => count((await handmade.deliver(octets)).effects);
  const comes = async (name: string, key = PRESHARED_KEY) =>
    await deliver(await handmade.authRequest(await handmade.init({}, key), { initiatorId: fqdn(name) }));

  await comes("wrong.example", new Uint8Array(32).fill(1));
  await comes("one.example");
  await comes("one.example");
  await comes("two.example");
  await deliver(await handmade.initRequest());
  assert.deepEqual([counters.ike_sas_failed_total, counters.ike_sas_beyond_limit_total], [1, 1]);
  assert.deepEqual([counters.ike_sas_up_total, counters.ike_sas_down_total], [3, 1]);
  // The half-open ones expire, the replaced one's DELETE is given up.
  for (simulation.network.nowMs = 31_000; simulation.network.nowMs < 120_000; simulation.network.nowMs += 1_000) {
    count(await handmade.run(simulation.gateway.timeout(simulation.now)));
  }
  assert.deepEqual([counters.ike_sas_failed_total, counters.ike_sas_down_total], [1, 1]);
  assert.equal(simulation.gateway.halfOpenCount, 0);
});
