/** Requests to resume that wait for policy: how many there may be before a cookie comes first, and what becomes of their copies and secrets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponderOptions } from "../../../../src/ike/policy/responder_configuration.ts";
import { resumed } from "../../../../src/ike/steps/awaited.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { decoded, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";

/** A gateway whose policy answers no resumption yet, and a client with a ticket of it. */
async function scene(options: Partial<ResponderOptions> = {}) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = await simulation.clientWithTicket();
  let asked = 0;
  const never = () => {
    asked++;
    return new Promise<never>(() => {});
  };
  simulation.restartGateway({ presharedKeyOf: () => PRESHARED_KEY, authorizeResumption: never, ...options });
  const handmade = new HandmadeClient(simulation);
  const aside: Step<Effect[]>[] = [];
  const opened: Uint8Array[] = [];
  const { provider } = simulation.services;
  const watched: typeof provider = Object.create(provider, {
    openTickets: {
      value: (batch: Parameters<typeof provider.openTickets>[0]) => {
        const states = provider.openTickets(batch);
        for (const state of states) if (state) opened.push(state);
        return states;
      },
    },
  });
  const deliver = async (request: Uint8Array) => {
    const step = simulation.gateway.receive(handmade.datagram(request), simulation.now);
    const [effects] = await runWave([step], { ...simulation.services, provider: watched }, (one) => {
      aside.push(one);
      return [];
    });
    return effects;
  };
  const request = (seed: number) => handmade.resumeRequest(ticket.ticket, new Uint8Array(32).fill(seed));
  return { simulation, deliver, request, aside, opened, asked: () => asked };
}

test("requests to resume that wait for policy count like half-open ones: from resumptionCookieThreshold on a cookie comes first", async () => {
  const { simulation, deliver, request, aside } = await scene({ resumptionCookieThreshold: 2 });
  for (const seed of [1, 2]) assert.deepEqual(await deliver(request(seed)), []);
  const [{ datagram }] = effectsOf(await deliver(request(3)), "send");
  assert.deepEqual(notifyTypes(decoded(datagram.octets).payloads), [NotifyType.COOKIE]);
  // Once one is answered there is room for another.
  await runWave([resumed(aside[0], { kind: "answered", value: false })], simulation.services);
  assert.deepEqual(await deliver(request(4)), []);
  assert.equal(aside.length, 3);
});

test("a copy of a request to resume that waits for policy asks it no more", async () => {
  const { deliver, request, asked, aside } = await scene();
  const octets = request(1);
  await deliver(octets);
  for (let copy = 0; copy < 3; copy++) {
    assert.deepEqual(effectsOf(await deliver(octets), "dropped").map(({ reason }) => reason), ["in-progress"]);
  }
  assert.equal(asked(), 1);
  assert.equal(aside.length, 1);
});

test("nothing is left of a ticket's secrets when its gateway ends while policy is waited for", async () => {
  const { deliver, request, aside, opened } = await scene();
  await deliver(request(1));
  assert.ok(opened.length === 1 && opened[0].some((octet) => octet !== 0));
  aside[0].return([]);
  assert.ok(opened[0].every((octet) => octet === 0));
});
