import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { ProtocolId } from "../../../../src/wire/constants.ts";
import type { DeletePayload } from "../../../../src/wire/payload.ts";
import { upAndTicket } from "../../../simulation/coming_back.ts";
import { HANDMADE_ESP_SPI } from "../../../simulation/handmade_client.ts";
import { clientUp, DELETE_IKE_SA, deleteEsp, handmadeUp, informationalRequest } from "../../../simulation/handmade_up.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

testEveryProvider(
  "[C-5.8] a client deletes its IKE SA: the answer is empty, and both ends are down with their keys wiped",
  async (provider) => {
    const simulation = new Simulation({ provider, gateway: { exposeKeys: true } });
    const client = await simulation.clientWithTicket({ exposeKeys: true });
    const before = simulation.network.sent.length;
    await simulation.act(client, client.initiator.close(simulation.now));
    await simulation.run();
    assert.equal(simulation.network.sent.length - before, 2);
    assert.deepEqual(downReasons(client.effects), ["deleted-by-us"]);
    assert.deepEqual(downReasons(simulation.gatewayEffects), ["deleted-by-peer"]);
    assert.equal(simulation.gateway.establishedCount, 0);
    assert.equal(simulation.gateway.halfOpenCount, 0);
    assertWiped(client.effects);
    assertWiped(simulation.gatewayEffects);
  },
);

testEveryProvider("[C-5.8] a gateway deletes an IKE SA: both ends are down with their keys wiped", async (provider) => {
  const simulation = new Simulation({ provider, gateway: { exposeKeys: true } });
  const client = await simulation.clientWithTicket({ exposeKeys: true });
  const { spis } = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0];
  await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
  assert.equal(simulation.gateway.establishedCount, 1);
  await simulation.run();
  assert.deepEqual(downReasons(client.effects), ["deleted-by-peer"]);
  assert.deepEqual(downReasons(simulation.gatewayEffects), ["deleted-by-us"]);
  assert.equal(simulation.gateway.establishedCount, 0);
  assertWiped(client.effects);
  assertWiped(simulation.gatewayEffects);
});

test("[C-5.8] the answer to the deletion of an IKE SA has nothing inside", async () => {
  const { handmade, exchange } = await handmadeUp();
  const { replies: [reply], effects } = await handmade.deliver(await handmade.seal(exchange, [DELETE_IKE_SA], 2));
  assert.deepEqual(await handmade.open(exchange, reply), []);
  assert.deepEqual(downReasons(effects), ["deleted-by-peer"]);
});

test("[C-5.8] deletes that cross end both ends, once each", async () => {
  const { simulation, client } = await upAndTicket();
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
  await simulation.run();
  assert.deepEqual(downReasons(client.effects).length, 1);
  assert.deepEqual(downReasons(simulation.gatewayEffects).length, 1);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("a delete that is asked for while a liveness check is under way follows it, at either end", async () => {
  const { simulation, client } = await upAndTicket();
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "peer-alive").length, 1);
  assert.deepEqual(downReasons(client.effects), ["deleted-by-us"]);
  assert.deepEqual(downReasons(simulation.gatewayEffects), ["deleted-by-peer"]);

  const other = await upAndTicket();
  const { spis } = effectsOf(other.client.effects, "ike-sa-up")[0];
  const { gateway } = other.simulation;
  await other.simulation.actOnGateway(gateway.checkLiveness(spis, other.simulation.now));
  await other.simulation.actOnGateway(gateway.close(spis, other.simulation.now));
  await other.simulation.run();
  assert.deepEqual(downReasons(other.simulation.gatewayEffects), ["deleted-by-us"]);
  assert.deepEqual(downReasons(other.client.effects), ["deleted-by-peer"]);
});

test("liveness is checked both ways, as often as asked, and changes nothing else", async () => {
  const { simulation, client } = await upAndTicket();
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  for (let round = 0; round < 3; round++) {
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
    await simulation.run();
  }
  assert.equal(effectsOf(client.effects, "peer-alive").length, 3);
  assert.equal(effectsOf(simulation.gatewayEffects, "peer-alive").length, 3);
  assert.equal(client.initiator.deadline, undefined);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("a peer that answers nothing is dead after the last retransmission, each with the same octets", async () => {
  const { simulation, client } = await upAndTicket({ livenessSeconds: 0 });
  const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
  await simulation.run(simulation.network.nowMs + 31_000);
  simulation.network.interference = () => undefined;
  for (const end of ["client", "gateway"]) {
    const before = simulation.network.sent.length;
    if (end === "client") await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    else await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
    for (let step = 0; step < 20; step++) await simulation.run(simulation.network.nowMs + 5_000);
    const requests = simulation.network.sent.slice(before).map(({ octets }) => octets);
    assert.equal(requests.length, 7);
    for (const octets of requests) assert.deepEqual(octets, requests[0]);
  }
  assert.deepEqual(downReasons(client.effects), ["no-answer"]);
  assert.deepEqual(downReasons(simulation.gatewayEffects), ["no-answer"]);
  assert.equal(simulation.gateway.establishedCount, 0);
  assert.equal(simulation.gateway.deadline, undefined);
});

test("[C-5.6] [C-5.7] the deletion of a Child SA names the sender's inbound SPI and gets the other half of the pair", async () => {
  const { handmade, exchange, up } = await handmadeUp();
  const { childSa } = effectsOf(up, "child-sa-up")[0];
  const request = await handmade.seal(exchange, [deleteEsp(HANDMADE_ESP_SPI)], 2);
  const { replies: [reply], effects } = await handmade.deliver(request);
  const [deletion] = (await handmade.open(exchange, reply)).filter((payload) => payload.type === "D");
  assert.equal(deletion.protocolId, ProtocolId.ESP);
  assert.deepEqual(deletion.spis.map(spiOf), [childSa.inboundSpi]);
  const [down] = effectsOf(effects, "child-sa-down");
  assert.deepEqual(down.childSa, childSa);
  assert.equal(childSa.inbound.encryptionKey.every((octet) => octet === 0), true);
  assert.equal(childSa.outbound.encryptionKey.every((octet) => octet === 0), true);
  // The IKE SA stays.
  const { replies: [alive] } = await handmade.deliver(await handmade.seal(exchange, [], 3));
  assert.deepEqual(await handmade.open(exchange, alive), []);
});

test("[C-5.7] the SPI of the other direction, an unknown one, or one of another size deletes nothing", async () => {
  const { simulation, handmade, exchange, up } = await handmadeUp();
  const { childSa } = effectsOf(up, "child-sa-up")[0];
  const ours = new Uint8Array(4);
  new DataView(ours.buffer).setUint32(0, childSa.inboundSpi);
  const deletions: DeletePayload[] = [
    deleteEsp(ours),
    deleteEsp(Uint8Array.of(9, 9, 9, 9)),
    deleteEsp(Uint8Array.of(0, 16)),
    deleteEsp(Uint8Array.of(16)),
    deleteEsp(Uint8Array.of(0, 0, 16, 0, 0)),
    { ...deleteEsp(HANDMADE_ESP_SPI), protocolId: ProtocolId.AH },
    { ...deleteEsp(HANDMADE_ESP_SPI), protocolId: 77 },
  ];
  for (const [index, deletion] of deletions.entries()) {
    const { replies: [reply], effects } = await handmade.deliver(await handmade.seal(exchange, [deletion], 2 + index));
    assert.deepEqual(await handmade.open(exchange, reply), []);
    assert.deepEqual(effects.map(({ type }) => type), ["send"]);
  }
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("a client whose gateway deletes the Child SA tells it, and answers with its own half", async () => {
  const { gateway, answered, up } = await clientUp();
  const { childSa } = effectsOf(up, "child-sa-up")[0];
  const effects = await gateway.deliver(
    await gateway.seal(answered, [deleteEsp(Uint8Array.of(0, 0, 32, 0))], informationalRequest(0)),
  );
  const [deletion] = (await gateway.open(answered, gateway.received)).filter((payload) => payload.type === "D");
  assert.deepEqual(deletion.spis.map(spiOf), [childSa.inboundSpi]);
  assert.deepEqual(effects.map(({ type }) => type), ["send", "child-sa-down"]);
});

function spiOf(octets: Uint8Array): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(0);
}

function downReasons(effects: readonly Effect[]): string[] {
  return effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
}

function assertWiped(effects: readonly Effect[]): void {
  const [{ keys }] = effectsOf(effects, "ike-sa-keys");
  const [{ childSa }] = effectsOf(effects, "child-sa-up");
  const ofChildSa = [childSa.inbound, childSa.outbound].flatMap((
    { encryptionKey, integrityKey },
  ) => [encryptionKey, integrityKey]);
  for (const secret of [...Object.values(keys), ...ofChildSa]) assert.equal(secret.every((octet: number) => octet === 0), true);
}
