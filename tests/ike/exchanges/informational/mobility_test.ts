/**
 * Clients that move with their IKE SA (RFC 4555), over a network that has NATs, loses, and goes silent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";
import { clientOf, MOBILE, movesOf, up } from "./mobility_scene.ts";

const ELSEWHERE = "203.0.113.50";
const FURTHER = "203.0.113.60";

testEveryProvider(
  "a client moves with its IKE SA: the gateway follows, and sends ESP there once it has met it there",
  async (provider) => {
    const { simulation, client } = await up({}, {}, provider.name);
    assert.equal(client.initiator.isMobile, true);
    await simulation.move(client, ELSEWHERE);
    await simulation.run();
    assert.deepEqual(movesOf(simulation.gatewayEffects), [
      { before: `${client.address} 4500`, remote: `${ELSEWHERE} 4500`, udpEncapsulation: false },
    ]);
    const [updated] = effectsOf(client.effects, "addresses-updated");
    assert.deepEqual([updated.local, updated.remote], [endpoint(ELSEWHERE, 4500), endpoint(GATEWAY_ADDRESS, 4500)]);
    assert.equal(updated.udpEncapsulation, false);
    // Both ends go on there.
    await bothAlive(simulation, client);
    const { local, remote } = simulation.network.sent.at(-1)!;
    assert.ok([local.address, remote.address].includes(ELSEWHERE));
    assert.equal(simulation.gateway.establishedCount, 1);
  },
);

test("without a NAT, MOBIKE takes IKE to port 4500 from IKE_AUTH on, and leaves ESP outside of UDP", async () => {
  const { simulation, client } = await up();
  assert.deepEqual(simulation.network.sent.map(({ remote, encapsulated }) => [remote.port, encapsulated]), [
    [500, false],
    [500, false],
    [4500, true],
    [4500, true],
  ]);
  assert.equal(client.childSa.udpEncapsulation, false);
  assert.equal(gatewayChildSa(simulation).udpEncapsulation, false);
});

test("[C-7.6] a client starts on port 4500 where it is told to: everything goes there, and ESP into UDP only behind a NAT", async () => {
  for (const behindNat of [false, true]) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    if (behindNat) placeNat(simulation);
    const client = simulation.addClient({ startOnNatPort: true });
    await simulation.start(client);
    await simulation.run();
    assert.deepEqual(simulation.network.sent.map(({ encapsulated }) => encapsulated), [true, true, true, true]);
    assert.equal(client.childSa.udpEncapsulation, behindNat);
    assert.equal(gatewayChildSa(simulation).udpEncapsulation, behindNat);
    const again = simulation.addClient({ startOnNatPort: true, identity: client.ticket.initiatorId }, client.ticket);
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    assert.equal(simulation.network.sent.every(({ encapsulated }) => encapsulated), true);
    assert.equal(gatewayChildSa(simulation).udpEncapsulation, behindNat);
  }
});

test("a client that moves behind a NAT has its ESP in UDP from then on, and out of it when it leaves", async () => {
  const { simulation, client } = await up();
  placeNat(simulation, ELSEWHERE);
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ udpEncapsulation }) => udpEncapsulation), [true]);
  assert.deepEqual(effectsOf(client.effects, "addresses-updated").map(({ udpEncapsulation }) => udpEncapsulation), [true]);
  await simulation.move(client, FURTHER);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ udpEncapsulation }) => udpEncapsulation), [true, false]);
  await bothAlive(simulation, client);
});

test("with MOBIKE a NAT that gives a client another port is found by its liveness checks, and the gateway is told", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  let port = 20_000;
  placeNat(simulation, undefined, () => port);
  const client = await clientOf(simulation, {});
  // How the gateway saw it in IKE_AUTH is not known: behind a NAT the gateway is told once, which moves nothing.
  await alive(simulation, client);
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 1);
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
  await alive(simulation, client);
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 1);
  port = 30_000;
  await alive(simulation, client);
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 2);
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ remote }) => remote), ["203.0.113.200 34500"]);
  // The request that found it moved nothing by itself (RFC 4555, section 3.8).
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("with MOBIKE a NAT that forgets a client before its first liveness check, or after its IKE SA was rekeyed, is found by the next one", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  let port = 20_000;
  placeNat(simulation, undefined, () => port);
  const client = await clientOf(simulation, {});
  port = 30_000;
  await alive(simulation, client);
  const seen = () => movesOf(simulation.gatewayEffects).map(({ remote }) => remote);
  assert.deepEqual(seen(), ["203.0.113.200 34500"]);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  port = 40_000;
  await alive(simulation, client);
  assert.deepEqual(seen(), ["203.0.113.200 34500", "203.0.113.200 44500"]);
});

test("a client that is not met where it said keeps its ESP where it was, and goes in the end", async () => {
  const { simulation, client } = await up();
  // What is sent there does not come back, once the update is answered.
  let answers = 0;
  simulation.network.interference = (datagram) => datagram.remote.address === ELSEWHERE && ++answers > 1 ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.run(simulation.now.monotonicMs + 300_000);
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
});

test("a client that moves on while it is looked for is looked for anew: where it was proves nothing", async () => {
  const { simulation, client } = await up();
  simulation.network.interference = (datagram) => datagram.remote.address === ELSEWHERE ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.run(simulation.now.monotonicMs + 10);
  await simulation.move(client, FURTHER);
  await simulation.run(simulation.now.monotonicMs + 60_000);
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ before, remote }) => [before, remote]), [
    [`${client.address} 4500`, `${FURTHER} 4500`],
  ]);
  const { local } = effectsOf(client.effects, "addresses-updated").at(-1)!;
  assert.equal(local.address, FURTHER);
  await bothAlive(simulation, client);
});

test("what waits for its answer when a client moves is sent again from there at once", async () => {
  const { simulation, client } = await up();
  simulation.network.interference = () => undefined;
  await simulation.act(client, client.initiator.rekey(simulation.now));
  simulation.network.interference = (datagram) => datagram;
  const before = simulation.network.sent.length;
  await simulation.move(client, ELSEWHERE);
  assert.deepEqual(simulation.network.sent.slice(before).map(({ local }) => local.address), [ELSEWHERE]);
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  // The update, which waited, went on with the IKE SA that took its place.
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 1);
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("MOBIKE outlives a rekeying by either end", async () => {
  const { simulation, client } = await up();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  const { newSpis } = effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").at(-1)!;
  await simulation.actOnGateway(simulation.gateway.rekey(newSpis, simulation.now));
  await simulation.run();
  await simulation.move(client, FURTHER);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ remote }) => remote), [`${ELSEWHERE} 4500`, `${FURTHER} 4500`]);
});

test("a client that resumes agrees on MOBIKE anew", async () => {
  const { simulation, client } = await up();
  const again = simulation.addClient({ ...MOBILE, identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(again.initiator.isMobile, true);
  await simulation.move(again, ELSEWHERE);
  await simulation.run();
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("without MOBIKE on both sides nothing moves", async () => {
  for (const [client, gateway] of [[{ mobike: false }, {}], [MOBILE, { mobike: false }]] as const) {
    const { simulation, client: stays } = await up(client, gateway);
    assert.equal(stays.initiator.isMobile, false);
    const before = simulation.network.sent.length;
    await simulation.move(stays, ELSEWHERE);
    assert.equal(simulation.network.sent.length, before);
  }
});

test("policy has its word on a move: UNACCEPTABLE_ADDRESSES, and both ends' owners are told", async () => {
  const asked: string[] = [];
  const authorizeMove: ResponderOptions["authorizeMove"] = ({ identity, before, remote }) => {
    asked.push(`${new TextDecoder().decode(identity.identification)} ${before.address} ${remote.address}`);
    return false;
  };
  const { simulation, client } = await up({}, { authorizeMove });
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(asked, [`client1.example ${client.address} ${ELSEWHERE}`]);
  for (const effects of [client.effects, simulation.gatewayEffects]) {
    const refused = effectsOf(effects, "address-update-refused").map(({ notifyType }) => notifyType);
    assert.deepEqual(refused, [NotifyType.UNACCEPTABLE_ADDRESSES]);
  }
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
});

test("a policy that throws refuses the move", async () => {
  const authorizeMove = () => {
    throw new Error("policy is broken");
  };
  const { simulation, client } = await up({}, { authorizeMove });
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
  assert.equal(effectsOf(client.effects, "address-update-refused").length, 1);
});

test("a gateway's other addresses are told, and a client whose gateway is silent goes on with the one that answers", async () => {
  const other = "192.0.2.99";
  const { simulation, client } = await up({}, {
    additionalAddresses: [GATEWAY_ADDRESS, other, "2001:db8::99"],
    livenessSeconds: 0,
  });
  // The first address is dead; the other one leads to the same gateway, under its own name.
  simulation.network.interference = (datagram) => {
    if (datagram.remote.address === GATEWAY_ADDRESS || datagram.local.address === GATEWAY_ADDRESS && !answersOther) {
      return undefined;
    }
    if (datagram.remote.address !== other) return { ...datagram, local: { ...datagram.local, address: other } };
    answersOther = true;
    return { ...datagram, remote: { ...datagram.remote, address: GATEWAY_ADDRESS } };
  };
  let answersOther = false;
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run(simulation.now.monotonicMs + 60_000);
  assert.equal(effectsOf(client.effects, "peer-alive").length > 0, true);
  const updated = effectsOf(client.effects, "addresses-updated").at(-1)!;
  assert.equal(updated.remote.address, other);
});

test("NO_NATS_ALLOWED: without a NAT a client comes up on its own port, and behind one it is refused", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const open = simulation.addClient({ ...MOBILE, refuseNats: true });
  await simulation.start(open);
  await simulation.run();
  assert.equal(effectsOf(open.effects, "ike-sa-up").length, 1);
  assert.deepEqual(simulation.network.sent.map(({ encapsulated }) => encapsulated), [false, false, false, false]);
  await simulation.move(open, ELSEWHERE);
  await simulation.run();
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);

  placeNat(simulation, FURTHER);
  await simulation.move(open, FURTHER);
  await simulation.run();
  assert.deepEqual(effectsOf(open.effects, "address-update-refused").map(({ notifyType }) => notifyType), [
    NotifyType.UNEXPECTED_NAT_DETECTED,
  ]);
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
  placeNat(simulation);
  const hidden = simulation.addClient({ ...MOBILE, refuseNats: true });
  await simulation.start(hidden);
  await simulation.run();
  assert.equal(effectsOf(hidden.effects, "ike-sa-up").length, 0);
});

test("a client that is back where it was before its update was answered tells its gateway anew", async () => {
  const { simulation, client } = await up();
  // Of the copies of the update the one from the other address is the only one that gets through.
  simulation.network.interference = (datagram) => datagram.local.address === ELSEWHERE ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.move(client, FURTHER);
  await simulation.move(client, ELSEWHERE);
  simulation.network.interference = (datagram) => datagram;
  await simulation.run();
  assert.equal(effectsOf(client.effects, "addresses-updated").at(-1)!.local.address, ELSEWHERE);
  assert.equal(movesOf(simulation.gatewayEffects).at(-1)!.remote, `${ELSEWHERE} 4500`);
});

async function alive(simulation: Simulation, client: SimulatedClient): Promise<void> {
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run();
}

async function bothAlive(simulation: Simulation, client: SimulatedClient): Promise<void> {
  const count = (effects: readonly Effect[]) => effectsOf(effects, "peer-alive").length;
  const before = [count(client.effects), count(simulation.gatewayEffects)];
  await alive(simulation, client);
  const { spis } = effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)!;
  await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
  await simulation.run();
  assert.ok(count(client.effects) > before[0]);
  assert.ok(count(simulation.gatewayEffects) > before[1]);
}

/** A NAT before clients, or before those with one address. */
function placeNat(simulation: Simulation, address?: string, portOf: () => number = () => 20_000): void {
  const nat = "203.0.113.200";
  const inside = new Map<number, { address: string; port: number }>();
  simulation.network.interference = (datagram) => {
    const { local, remote } = datagram;
    if (remote.address === nat) {
      const to = inside.get(remote.port);
      return to && { ...datagram, remote: to };
    }
    if (local.address === GATEWAY_ADDRESS || address !== undefined && local.address !== address) return datagram;
    const port = portOf() + local.port;
    inside.set(port, local);
    return { ...datagram, local: { address: nat, port } };
  };
}
