/** What rekeyed IKE SAs have to show, for tests. @module */
import assert from "node:assert/strict";
import type { SpiPair } from "../../../../src/ike/ike_sa/spi.ts";
import { ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { serialKey } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

export async function up(): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  return { simulation, client: await simulation.clientWithTicket() };
}

/** The SPIs that name a client's IKE SA now. */
export function newest(client: SimulatedClient): SpiPair {
  return effectsOf(client.effects, "ike-sa-rekeyed").at(-1)?.newSpis ?? effectsOf(client.effects, "ike-sa-up").at(-1)!.spis;
}

export function assertRekeyedKeysAgree(simulation: Simulation, client: SimulatedClient): void {
  const spis = newest(client);
  const [ours, theirs] = [client.effects, simulation.gatewayEffects].map((effects) =>
    effectsOf(effects, "ike-sa-keys").findLast((told) => told.spis.initiatorSpi === spis.initiatorSpi)
  );
  assert.ok(ours && theirs);
  assert.deepEqual(ours.keys, theirs.keys);
  assert.deepEqual(ours.spis, theirs.spis);
  assert.ok(ikeSuiteOf(ours.suite.proposal));
  assert.equal(ours.suite.proposal.spi.length, 0);
  assert.equal(ours.keys.skD.some((octet) => octet !== 0), true);
}

/** Each end asks, the other answers; `messageId`: that of both requests. */
export async function assertAliveBothWays(simulation: Simulation, client: SimulatedClient, messageId?: number): Promise<void> {
  const spis = newest(client);
  const before = simulation.network.sent.length;
  const [ours, theirs] = [client.effects, simulation.gatewayEffects].map((effects) => effectsOf(effects, "peer-alive").length);
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "peer-alive").slice(ours), [{ type: "peer-alive", spis }]);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "peer-alive").slice(theirs), [{ type: "peer-alive", spis }]);
  for (const { octets } of simulation.network.sent.slice(before)) {
    assert.equal(serialKey(octets), spis.responderSpi);
    if (messageId !== undefined) assert.equal(decoded(octets).header.messageId, messageId);
  }
}
