import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirstExchange } from "../../../src/ike/states/first_exchange.ts";
import { provenPath } from "../../../src/ike/states/peer_path.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { gatewayChildSa } from "../../simulation/coming_back.ts";
import { natBeforeGateway } from "../../simulation/nat_before_gateway.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";

const COPIER = endpoint("198.51.100.66", 4500);

/** The latest datagram that went to the gateway, as somebody on the way sends it on from elsewhere. */
function copied(simulation: Simulation, remote = COPIER): Datagram {
  const { octets } = simulation.network.sent.findLast(({ remote }) => remote.address === GATEWAY_ADDRESS)!;
  return { octets, local: endpoint(GATEWAY_ADDRESS, 4500), remote, encapsulated: true };
}

/** Where the gateway's own liveness check goes. */
async function livenessGoesTo(simulation: Simulation): Promise<string[]> {
  const { spis } = effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)!;
  const earlier = simulation.network.sent.length;
  await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
  await simulation.run(simulation.network.nowMs + 60_000);
  const requests = simulation.network.sent.slice(earlier).filter(({ local }) => local.address === GATEWAY_ADDRESS);
  return requests.map(({ remote }) => `${remote.address} ${remote.port}`);
}

for (const remote of [COPIER, endpoint("198.51.0.1", 4500)]) {
  test(`[R-4.3.2-6] without a NAT a copy of a fresh request, sent on from ${remote.address}, moves nothing`, async () => {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const client = await simulation.clientWithTicket();
    assert.equal(client.address, "198.51.0.1");
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    // Before the original: it is what is new to the gateway.
    await simulation.actOnGateway(simulation.gateway.receive(copied(simulation, remote), simulation.now));
    await simulation.run();
    assert.deepEqual(await livenessGoesTo(simulation), [`${client.address} 500`]);
    assert.equal(simulation.gateway.establishedCount, 1);
    assert.equal(effectsOf(simulation.gatewayEffects, "peer-moved").length, 0);
    assert.equal(effectsOf(client.effects, "peer-alive").length, 1, "and the client got the answer to its own request");
  });
}

test("[R-4.3.2-6] where the gateway itself is behind a NAT, a client that is not is met at its own address, at whatever port", () => {
  const cameBy = { local: endpoint(GATEWAY_ADDRESS, 500), remote: endpoint("198.51.0.1", 500), encapsulated: false };
  const nat = { natDetected: true, selfBehindNat: true, peerBehindNat: false };
  const first = { nat, cameBy } as unknown as FirstExchange;
  const from = (address: string): Datagram => ({
    octets: new Uint8Array(0),
    local: endpoint(GATEWAY_ADDRESS, 4500),
    remote: endpoint(address, 4500),
    encapsulated: true,
  });
  assert.deepEqual(provenPath(first, from(COPIER.address)), cameBy);
  assert.deepEqual(provenPath(first, from(COPIER.address), true), cameBy);
  assert.deepEqual(provenPath(first, { ...from("198.51.0.1"), local: endpoint("192.0.2.99", 4500) }), cameBy);
  assert.deepEqual(provenPath(first, from("198.51.0.1")).remote, endpoint("198.51.0.1", 4500));
});

for (const resumes of [false, true]) {
  const what = resumes ? "a resumption" : "a full exchange";
  test(`[R-4.3.2-6] without a NAT a copy of the IKE_AUTH request of ${what} leads nobody away`, async () => {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const ticket = resumes ? (await simulation.clientWithTicket()).ticket : undefined;
    const client = simulation.addClient(ticket ? { identity: ticket.initiatorId } : {}, ticket);
    await simulation.start(client);
    await untilIkeAuthIsSent(simulation, client);
    await simulation.actOnGateway(simulation.gateway.receive(copied(simulation), simulation.now));
    await simulation.run();
    assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)!.remote.address, client.address);
    assert.equal(gatewayChildSa(simulation).udpEncapsulation, false, "nor is its ESP encapsulated");
    assert.deepEqual(await livenessGoesTo(simulation), [`${client.address} 500`]);
  });
}

test("[R-4.3.2-6] a client behind a NAT is followed by its next new request alone, and the owner of ESP is told", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const nat = placeNat(simulation);
  const client = await simulation.clientWithTicket();
  const { spis, remote: before } = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0];
  assert.equal(before.address, "203.0.113.200");
  nat.address = "203.0.113.201";
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  const request = copied(simulation, { address: nat.address, port: before.port });
  await simulation.run();
  const moved = {
    type: "peer-moved",
    spis,
    before,
    remote: { ...before, address: nat.address },
    udpEncapsulation: true,
  } as const;
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "peer-moved"), [
    { ...moved, local: endpoint(GATEWAY_ADDRESS, 4500) },
  ]);
  assert.deepEqual(await livenessGoesTo(simulation), [`${nat.address} ${before.port}`]);
  // The same request again, from elsewhere: answered there, and that is all. So is one whose last octet was changed.
  await simulation.actOnGateway(simulation.gateway.receive({ ...request, remote: COPIER }, simulation.now));
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  const forged = copied(simulation);
  const octets = forged.octets.slice();
  octets[octets.length - 1] ^= 1;
  await simulation.actOnGateway(simulation.gateway.receive({ ...forged, octets }, simulation.now));
  await simulation.run();
  assert.deepEqual(await livenessGoesTo(simulation), [`${nat.address} ${before.port}`]);
  assert.equal(effectsOf(simulation.gatewayEffects, "peer-moved").length, 1);
});

test("[R-4.3.2-6] a NAT before the gateway alone moves no client", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const outside = "198.18.0.1";
  simulation.network.interference = natBeforeGateway(outside);
  const client = simulation.addClient({}, undefined, undefined, outside);
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.childSa.udpEncapsulation, true);
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  const { octets } = simulation.network.sent.at(-1)!;
  const copy = { octets, local: endpoint(GATEWAY_ADDRESS, 4500), remote: COPIER, encapsulated: true };
  await simulation.actOnGateway(simulation.gateway.receive(copy, simulation.now));
  await simulation.run();
  assert.deepEqual(await livenessGoesTo(simulation), [`${client.address} 4500`]);
});

async function untilIkeAuthIsSent(simulation: Simulation, client: SimulatedClient): Promise<void> {
  const earlier = simulation.network.sent.length;
  const isSent = () =>
    simulation.network.sent.slice(earlier).some(({ octets, local }) => local.address === client.address && octets[18] === 35);
  while (!isSent()) await simulation.run(simulation.network.nowMs + 1);
}

/** A NAT whose address outside can change. Inside, one client. */
function placeNat(simulation: Simulation): { address: string } {
  const nat = { address: "203.0.113.200" };
  const inside = new Map<number, Datagram["local"]>();
  simulation.network.interference = (datagram) => {
    if (datagram.local.address === GATEWAY_ADDRESS) {
      const remote = inside.get(datagram.remote.port);
      return remote && datagram.remote.address === nat.address ? { ...datagram, remote } : undefined;
    }
    const port = 20_000 + datagram.local.port;
    inside.set(port, datagram.local);
    return { ...datagram, local: { address: nat.address, port } };
  };
  return nat;
}
