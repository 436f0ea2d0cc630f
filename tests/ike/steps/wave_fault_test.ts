import assert from "node:assert/strict";
import { test } from "node:test";
import { PRF_HMAC_SHA2_256 } from "../../../src/crypto/registry.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { prf, type Step } from "../../../src/ike/steps/step.ts";
import { isolated, runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const STORE_FAILED = new Error("the store does not answer");

test("a store that fails takes the resumptions of a wave along, and nobody else, and they come back when it does", async () => {
  const { simulation, client } = await upAndTicket();
  const handmade = new HandmadeClient(simulation);
  const resume = handmade.resumeRequest(copyOf(client.ticket).ticket, simulation.random.octets(32));
  const datagrams = [resume, await handmade.initRequest()].map((octets) => handmade.datagram(octets));
  const failing = () => Promise.reject(STORE_FAILED);
  const services = { ...simulation.services, claims: { claim: failing, isClaimed: failing } };
  const steps = () => datagrams.map((datagram) => simulation.gateway.receive(datagram, simulation.now));

  const faults: unknown[] = [];
  const [ofResume, ofInit] = await runWave(steps().map((step) => withFaults(step, faults)), services);
  assert.deepEqual(ofResume, []);
  assert.deepEqual(faults, [STORE_FAILED]);
  assert.equal(effectsOf(ofInit, "send").length, 1);
  await assert.rejects(runWave(steps(), services), STORE_FAILED);

  const [afterwards] = await runWave(steps(), simulation.services);
  assert.equal(effectsOf(afterwards, "send").length, 1);
  assert.deepEqual(effectsOf(afterwards, "ticket-refused"), []);
});

test("a request that a provider cannot serve ends its own step, and none of those that share its call", async () => {
  const { services } = new Simulation({ provider: await loadProvider("ts") });
  const key = new Uint8Array(32);
  function* asks(data: Uint8Array[]): Step<string> {
    return `${(yield* prf({ prf: PRF_HMAC_SHA2_256, key, data })).length}`;
  }
  const wrong = ["no octets"] as unknown as Uint8Array[];
  const steps = [[key], wrong, [], wrong, [key]].map((data) => isolated(asks(data), () => "ended"));
  assert.deepEqual(await runWave(steps, services), ["32", "ended", "32", "ended", "32"]);
});

function withFaults(step: Step<Effect[]>, faults: unknown[]): Step<Effect[]> {
  return isolated(step, (fault) => {
    faults.push(fault);
    return [];
  });
}
