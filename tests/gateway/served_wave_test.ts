import assert from "node:assert/strict";
import { test } from "node:test";
import { servedWave } from "../../src/gateway/served_wave.ts";
import type { WaitingDatagram } from "../../src/gateway/waiting_datagrams.ts";
import { Urgency } from "../../src/ike/responder/urgency.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { runWave } from "../../src/ike/steps/wave.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { effectsOf, Simulation } from "../simulation/simulation.ts";

test("a request on a new IKE SA is answered in the wave whose answer makes that IKE SA, in whatever order the two came", async () => {
  for (const isReversed of [false, true]) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = await simulation.clientWithTicket();
    const { gateway, services, now } = simulation;
    const { spis } = effectsOf(client.effects, "ike-sa-up").at(-1)!;
    const run = async (step: Step<Effect[]>) => (await runWave([step], services))[0];
    const sent = (effects: readonly Effect[]) => effectsOf(effects, "send").map(({ datagram }) => datagram);
    const toClient = (datagram: Datagram): Datagram => ({ ...datagram, local: datagram.remote, remote: datagram.local });
    const [offer] = sent(await run(gateway.rekey(spis, now)));
    const answer = await run(client.initiator.receive(toClient(offer), now));
    // The ticket of its new IKE SA.
    const request = await run(client.initiator.requestTicket(now));
    const told = sent([...answer, ...request]).map(toClient);
    assert.equal(told.length, 2);
    const wave = told.map((datagram): WaitingDatagram => ({
      datagram,
      urgency: gateway.urgencyOf(datagram.octets),
      arrivedAtMs: performance.now(),
    }));
    assert.deepEqual(wave.map(({ urgency }) => urgency), [Urgency.PROVEN, Urgency.STRAY]);
    if (isReversed) wave.reverse();
    const server = {
      responder: gateway,
      services,
      hasLane: simulation.hasLane,
      onFault: (fault: unknown) => assert.fail(String(fault)),
    };
    const effects = (await servedWave(wave, now, server)).flat();
    assert.deepEqual(effectsOf(effects, "dropped"), []);
    assert.equal(effectsOf(effects, "ticket-issued").length, 1);
  }
});
