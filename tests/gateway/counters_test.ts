import assert from "node:assert/strict";
import { test } from "node:test";
import { countEffect, zeroCounters } from "../../src/gateway/counters.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { HandmadeClient } from "../simulation/handmade_client.ts";
import { Simulation } from "../simulation/simulation.ts";

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
