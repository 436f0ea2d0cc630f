import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetSlots, type Slab } from "../../../../src/wire/octet_slots.ts";
import type { Datagram } from "../../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import {
  effectsOf,
  endpoint,
  GATEWAY_ADDRESS,
  PRESHARED_KEY,
  type SimulatedClient,
  Simulation,
} from "../../../simulation/simulation.ts";
import { visible } from "../../lane/two_gateways.ts";

const provider = await loadProvider("ts");

/** What a gateway sends and tells while clients do all that can be done on an IKE SA; with `exposeKeys` none of them ever rests. */
async function lives(exposeKeys: boolean, lane: boolean, seed: number): Promise<{ sent: unknown; told: unknown }> {
  const simulation = new Simulation({ provider, seed, lane, gateway: { exposeKeys, livenessSeconds: 40 } });
  const { network, gateway } = simulation;
  const nat = placeNat(simulation);
  const clients = [await simulation.clientWithTicket(), await simulation.clientWithTicket()];
  for (const { ticket } of [...clients]) {
    const again = simulation.addClient({ identity: ticket.initiatorId }, ticket);
    await simulation.start(again);
    await simulation.run();
    clients.push(again);
  }
  const standing = (at: number) => effectsOf(simulation.gatewayEffects, "ike-sa-up").at(at)!.spis;
  const pass = (ms: number) => simulation.run(network.nowMs + ms);
  // The answer to IKE_AUTH, again: its client has not got it. Then one with a bit changed, which is none.
  for (const alter of [0, 1]) {
    const request = network.sent.findLast(({ octets, remote }) => remote.address === GATEWAY_ADDRESS && octets[18] === 35)!;
    const octets = request.octets.slice();
    octets[octets.length - 1] ^= alter;
    await simulation.actOnGateway(gateway.receive(asReceived({ ...request, octets }, nat.address), simulation.now));
  }
  const [, , third, fourth] = clients;
  // From elsewhere: behind the NAT they are followed.
  nat.address = "203.0.113.99";
  for (const moved of [third, fourth]) await simulation.act(moved, moved.initiator.checkLiveness(simulation.now));
  await pass(1_000);
  await simulation.act(third, third.initiator.requestTicket(simulation.now));
  await pass(1_000);
  await simulation.actOnGateway(gateway.checkLiveness(standing(-1), simulation.now));
  await pass(1_000);
  await simulation.actOnGateway(gateway.peersHeard([standing(-1), standing(-2)], simulation.now));
  // Silent for long: they are asked, and answer.
  await pass(100_000);
  await simulation.act(third, third.initiator.rekey(simulation.now));
  await pass(1_000);
  await simulation.actOnGateway(gateway.rekey(standing(-1), simulation.now));
  await pass(1_000);
  await simulation.actOnGateway(gateway.revokeIdentity(fourth.ticket.initiatorId, simulation.now));
  // With the ticket that the rekeyed IKE SA has given.
  await simulation.act(third, third.initiator.requestTicket(simulation.now));
  await pass(1_000);
  const last = simulation.addClient({ identity: third.ticket.initiatorId }, third.ticket);
  await simulation.start(last);
  await pass(5_000);
  await simulation.actOnGateway(gateway.close(standing(-1), simulation.now));
  await pass(1_000);
  await simulation.act(fourth, fourth.initiator.close(simulation.now));
  await pass(200_000);
  assert.deepEqual(
    ["peer-moved", "peer-alive", "ike-sa-rekeyed", "ticket-revoked", "ike-sa-down"].filter((type) =>
      !simulation.gatewayEffects.some((effect) => effect.type === type)
    ),
    [],
  );
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").map(({ byUs }) => byUs).sort(), [false, true]);
  // Keys of Child SAs are wiped by now.
  const told = simulation.gatewayHappenings.filter(({ effect }) => effect.type !== "ike-sa-keys").map(({ atMs, effect }) => [
    atMs,
    visible(effect),
  ]);
  gateway.dispose();
  return { sent: network.sent.map(visible), told };
}

for (const lane of [false, true]) {
  test(`what a gateway does and tells is the same whether or not IKE SAs rest${lane ? ", after the lane too" : ""}`, async () => {
    for (const seed of [1, 2]) {
      const [resting, awake] = [await lives(false, lane, seed), await lives(true, lane, seed)];
      assert.deepEqual(resting.sent, awake.sent);
      assert.deepEqual(resting.told, awake.told);
    }
  });
}

test("[R-4.3.4-3] nothing is left in memory of IKE SAs that rested, however they end", async () => {
  const slabs = new Set<Slab>();
  const { take } = OctetSlots.prototype;
  OctetSlots.prototype.take = function (slab) {
    slabs.add(slab);
    return take.call(this, slab);
  };
  try {
    const ends: { readonly [name: string]: (simulation: Simulation, client: SimulatedClient) => Promise<void> } = {
      "the client's DELETE": (simulation, client) => simulation.act(client, client.initiator.close(simulation.now)),
      "the gateway's DELETE": (simulation) =>
        simulation.actOnGateway(
          simulation.gateway.close(effectsOf(simulation.gatewayEffects, "ike-sa-up")[0].spis, simulation.now),
        ),
      "a resumption": async (simulation, client) => {
        const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
        await simulation.start(again);
        await simulation.run();
        await simulation.act(again, again.initiator.close(simulation.now));
      },
      "the gateway's own end": (simulation) => Promise.resolve(simulation.gateway.dispose()),
    };
    for (const [name, end] of Object.entries(ends)) {
      slabs.clear();
      const simulation = new Simulation({ provider });
      const client = await simulation.clientWithTicket();
      // Its identity, its record, and its last response.
      assert.deepEqual([...slabs].map(({ used }) => used), [1, 1, 1], name);
      await end(simulation, client);
      await simulation.run();
      assert.ok([...slabs].every(({ used }) => used === 0), name);
      for (const { octets, slotLength } of slabs) {
        for (let start = 0; start < octets.length; start += slotLength) {
          // The first word says which slot is free next.
          assert.ok(octets.subarray(start + 4, start + slotLength).every((octet) => octet === 0), name);
        }
      }
      const { childSa } = effectsOf(simulation.gatewayEffects, "child-sa-up")[0];
      assert.ok(childSa.inbound.encryptionKey.every((octet) => octet === 0), name);
    }
  } finally {
    OctetSlots.prototype.take = take;
  }
});

test("a shared key that changes is seen by the tickets of an IKE SA that rested", async () => {
  let presharedKey = PRESHARED_KEY;
  const simulation = new Simulation({ provider, gateway: { presharedKeyOf: () => presharedKey } });
  const client = await simulation.clientWithTicket();
  presharedKey = new TextEncoder().encode("another shared key");
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
});

/** A NAT whose address outside can change. Each client has its port. */
function placeNat(simulation: Simulation): { address: string } {
  const nat = { address: "203.0.113.200" };
  const inside = new Map<number, Datagram["local"]>();
  simulation.network.interference = (datagram) => {
    if (datagram.local.address === GATEWAY_ADDRESS) {
      const remote = inside.get(datagram.remote.port);
      return remote && datagram.remote.address === nat.address ? { ...datagram, remote } : undefined;
    }
    const port = portOf(datagram);
    inside.set(port, datagram.local);
    return { ...datagram, local: { address: nat.address, port } };
  };
  return nat;
}

function portOf({ local: { address, port } }: Pick<Datagram, "local">): number {
  return 20_000 + port + 10 * Number(address.split(".").at(-1));
}

/** What a client sent, as the gateway gets it. */
function asReceived(sent: Datagram, outside: string): Datagram {
  const { octets, local, remote, encapsulated } = sent;
  return { octets, local: endpoint(GATEWAY_ADDRESS, remote.port), remote: endpoint(outside, portOf({ local })), encapsulated };
}
