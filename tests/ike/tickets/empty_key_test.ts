import assert from "node:assert/strict";
import { test } from "node:test";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, fqdn, Simulation } from "../../simulation/simulation.ts";

test("an empty shared key lets nobody in, and no client is configured with one", async () => {
  const empty = new Uint8Array(0);
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { presharedKeyOf: () => empty } });
  const handmade = new HandmadeClient(simulation);
  const { effects } = await handmade.auth(await handmade.init({}, empty));
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.throws(() => initiatorConfiguration({ identity: fqdn("client.example"), presharedKey: empty }), {
    name: "RangeError",
    message: /presharedKey is empty/,
  });
});
