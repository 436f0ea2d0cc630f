import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../src/ike/effect.ts";
import type { Step } from "../../src/ike/step.ts";
import { isolated, runWave } from "../../src/ike/wave.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { copyOf, upAndTicket } from "../simulation/coming_back.ts";
import { HANDMADE_IDENTITY, HandmadeClient } from "../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../simulation/simulation.ts";

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

test("a step that throws, as when the lookup of a shared key does, ends alone", async () => {
  const lookupFailed = new Error("the directory does not answer");
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: {
      presharedKeyOf: () => {
        throw lookupFailed;
      },
    },
  });
  const handmade = new HandmadeClient(simulation);
  const auth = handmade.datagram(await handmade.authRequest(await handmade.init(), { initiatorId: HANDMADE_IDENTITY }));
  const init = handmade.datagram(await handmade.initRequest());
  const faults: unknown[] = [];
  const steps = [auth, init].map((datagram) => withFaults(simulation.gateway.receive(datagram, simulation.now), faults));
  const [ofAuth, ofInit] = await runWave(steps, simulation.services);
  assert.deepEqual(ofAuth, []);
  assert.equal(effectsOf(ofInit, "send").length, 1);
  assert.deepEqual(faults, [lookupFailed]);
});

function withFaults(step: Step<Effect[]>, faults: unknown[]): Step<Effect[]> {
  return isolated(step, (fault) => {
    faults.push(fault);
    return [];
  });
}
