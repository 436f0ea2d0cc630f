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
import { HandmadeClient } from "../simulation/handmade_client.ts";
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

test("a wave that comes to nothing as a whole is told of once, and whoever waits for it goes on", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const fault = new Error("a mistake of this program");
  const broken = (receive: () => never) => Object.create(simulation.gateway, { receiveTogether: { value: receive } });
  const wave: WaitingDatagram[] = [
    { datagram: new HandmadeClient(simulation).datagram(new Uint8Array(28)), urgency: Urgency.STRANGER, arrivedAtMs: 0 },
  ];
  const lanes = [
    () => {
      throw fault;
    },
    () => ({ left: [], answers: Promise.reject(fault) }) as never,
  ];
  for (const lane of lanes) {
    const told: unknown[] = [];
    const server = {
      responder: broken(lane),
      services: simulation.services,
      hasLane: true,
      onFault: (one: unknown) => told.push(one),
    };
    assert.deepEqual(await servedWave(wave, simulation.now, server), []);
    assert.deepEqual(told, [fault]);
  }
});
