/**
 * Clients of one identity that prove themselves in one wave: each is asked about before any of them is up.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, fqdn, Simulation } from "../../simulation/simulation.ts";

const ALICE = fqdn("alice.example");

async function scene(gateway: Partial<ResponderOptions>, lane = true): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), lane, gateway: { livenessSeconds: 0, ...gateway } });
}

/** All at once, those that the lane takes first. */
async function together(simulation: Simulation, clients: readonly HandmadeClient[], requests: readonly Uint8Array[]) {
  const { gateway, now, services, hasLane } = simulation;
  const datagrams = requests.map((octets, place) => clients[place].datagram(octets));
  const wave = hasLane ? gateway.receiveTogether(datagrams, now, services, (fault) => assert.fail(String(fault))) : undefined;
  const byLane = (await wave?.answers ?? []).flatMap((effects) => effects ?? []);
  const left = datagrams.filter((_, place) => wave?.left.includes(place) ?? true);
  const bySteps = await runWave(left.map((datagram) => gateway.receive(datagram, now)), services);
  return [...byLane, ...bySteps.flat()] as readonly Effect[];
}

const LIMITS = [["keep", 1], [{ keep: 1 }, 1], [{ keep: 3 }, 3]] as const;

test("as many clients of one identity come up as it keeps, although all prove themselves in one wave", async () => {
  for (const [uniqueIdentities, most] of LIMITS) {
    const simulation = await scene({ uniqueIdentities });
    const clients = Array.from({ length: 5 }, (_, place) => new HandmadeClient(simulation, `203.0.113.${7 + place}`));
    const requests: Uint8Array[] = [];
    for (const client of clients) {
      requests.push(await client.authRequest(await client.init(), { initiatorId: ALICE }));
    }
    const effects = await together(simulation, clients, requests);
    assert.equal(effectsOf(effects, "ike-sa-up").length, most);
    const refused = effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
    assert.deepEqual(refused, Array(5 - most).fill("identity-in-use"));
    assert.equal(simulation.gateway.establishedCount, most);
  }
});

test("as many tickets of one identity come to be used as it keeps, although all are presented in one wave", async () => {
  for (const lane of [true, false]) {
    for (const [uniqueIdentities, most] of LIMITS) {
      const simulation = await scene({}, lane);
      const tickets = [];
      for (let count = 0; count < 5; count++) {
        const { ticket } = await simulation.clientWithTicket({ identity: ALICE, initialContact: false });
        tickets.push(copyOf(ticket));
      }
      simulation.restartGateway({ uniqueIdentities });
      const clients = tickets.map((_, place) => new HandmadeClient(simulation, `203.0.113.${7 + place}`));
      const requests: Uint8Array[] = [];
      for (const [place, ticket] of tickets.entries()) {
        requests.push(await clients[place].authRequest(await clients[place].resume(ticket), ticket));
      }
      const effects = await together(simulation, clients, requests);
      assert.equal(effectsOf(effects, "ike-sa-up").length, most, `lane ${lane}`);
      assert.equal(simulation.gateway.establishedCount, most);
    }
  }
});

test("whoever does not come up after all takes no place of others", async () => {
  for (const lane of [true, false]) {
    const simulation = await scene({}, lane);
    const tickets = [];
    for (let count = 0; count < 2; count++) {
      const { ticket } = await simulation.clientWithTicket({ identity: ALICE, initialContact: false });
      tickets.push(copyOf(ticket));
    }
    simulation.restartGateway({ uniqueIdentities: "keep" });
    const client = new HandmadeClient(simulation);
    const { claims } = simulation.services;
    const isClaimed = claims.isClaimed.bind(claims);
    const ups: number[] = [];
    for (const ticket of tickets) {
      // Of the first one the store says that somebody else has used it.
      const claim = ticket === tickets[0] ? () => [false] : claims.claim.bind(claims);
      Object.assign(simulation, { services: { ...simulation.services, claims: { isClaimed, claim } } });
      const request = await client.authRequest(await client.resume(ticket), ticket);
      ups.push(effectsOf(await together(simulation, [client], [request]), "ike-sa-up").length);
    }
    assert.deepEqual(ups, [0, 1], `lane ${lane}`);
  }
});

test("whoever has its place has it still when it asks again, after a store was down", async () => {
  for (const lane of [true, false]) {
    const simulation = await scene({}, lane);
    const { ticket } = await simulation.clientWithTicket({ identity: ALICE, initialContact: false });
    simulation.restartGateway({ uniqueIdentities: "keep", waitForStore: true });
    const client = new HandmadeClient(simulation);
    const request = await client.authRequest(await client.resume(copyOf(ticket)), copyOf(ticket));
    const { services } = simulation;
    const down = { isClaimed: () => [undefined], claim: () => [undefined] };
    Object.assign(simulation, { services: { ...services, claims: down } });
    assert.deepEqual(await together(simulation, [client], [request]), [{ type: "dropped", reason: "store-down" }]);
    Object.assign(simulation, { services });
    assert.equal(effectsOf(await together(simulation, [client], [request]), "ike-sa-up").length, 1, `lane ${lane}`);
  }
});

test("a client that says INITIAL_CONTACT leaves no place to one that proved itself before it and is not up yet", async () => {
  const simulation = await scene({}, false);
  const { ticket } = await simulation.clientWithTicket({ identity: ALICE, initialContact: false });
  const claimed = Promise.withResolvers<readonly boolean[]>();
  const { claims } = simulation.services;
  const isClaimed = claims.isClaimed.bind(claims);
  Object.assign(simulation, { services: { ...simulation.services, claims: { isClaimed, claim: () => claimed.promise } } });
  simulation.restartGateway({ uniqueIdentities: "keep" });
  const [slow, fast] = [7, 8].map((place) => new HandmadeClient(simulation, `203.0.113.${place}`));
  const byTicket = await slow.authRequest(await slow.resume(copyOf(ticket)), copyOf(ticket));
  const add = [notify(NotifyType.INITIAL_CONTACT)];
  const byKey = await fast.authRequest(await fast.init(), { initiatorId: ALICE }, { add });
  const waits = together(simulation, [slow], [byTicket]);
  assert.equal(effectsOf(await together(simulation, [fast], [byKey]), "ike-sa-up").length, 1);
  claimed.resolve([true]);
  assert.deepEqual(effectsOf(await waits, "ike-sa-down").map(({ reason }) => reason), ["replaced-by-newcomer"]);
  assert.equal(simulation.gateway.establishedCount, 1);
});
