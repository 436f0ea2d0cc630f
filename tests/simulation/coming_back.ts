/**
 * Clients that were up and come back with their ticket.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ChildSa, ChildSaKeys } from "../../src/ike/child_sa/child_sa.ts";
import type { InitiatorOptions } from "../../src/ike/policy/initiator_configuration.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { effectsOf, type SimulatedClient, Simulation } from "./simulation.ts";

/** A gateway, and a client that is up with a ticket. */
export async function upAndTicket(
  gateway: Partial<ResponderOptions> = {},
  lane?: boolean,
): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway, lane });
  return { simulation, client: await simulation.clientWithTicket() };
}

/** The same client from another address, with its ticket, until it is up again by either way. */
export async function comeBack(
  simulation: Simulation,
  client: SimulatedClient,
  ticket: ClientTicket = client.ticket,
  options: Partial<InitiatorOptions> = {},
): Promise<SimulatedClient> {
  const again = simulation.addClient({ identity: client.ticket.initiatorId, ...options }, ticket);
  await simulation.start(again);
  await simulation.run();
  assert.equal(again.initiator.waitsFor, "requests");
  return again;
}

/** The same, and it has to be by resumption. */
export async function comesBackWith(simulation: Simulation, client: SimulatedClient, ticket: ClientTicket): Promise<void> {
  const again = await comeBack(simulation, client, ticket);
  assert.deepEqual(resumptions(again), [true]);
}

/** Of every IKE SA of a client that came up: whether by resumption. */
export function resumptions(client: SimulatedClient): boolean[] {
  return effectsOf(client.effects, "ike-sa-up").map(({ resumed }) => resumed);
}

/** A ticket loses its SK_d when it is used: a test that uses it twice needs a copy. */
export function copyOf(ticket: ClientTicket): ClientTicket {
  return { ...ticket, skD: ticket.skD.slice() };
}

/** The gateway's latest Child SA. */
export function gatewayChildSa(simulation: Simulation): ChildSa {
  const up = effectsOf(simulation.gatewayEffects, "child-sa-up").at(-1);
  assert.ok(up);
  return up.childSa;
}

/** The keys as an open object: a comparison of concealed ones would find any two alike. */
export function octetsOf({ encryptionKey, integrityKey }: ChildSaKeys): ChildSaKeys {
  return { encryptionKey, integrityKey };
}

/** What one end sends the other can read, and the SPIs are each other's. */
export function assertSameKeys(client: ChildSa, gateway: ChildSa): void {
  assert.deepEqual(octetsOf(client.inbound), octetsOf(gateway.outbound));
  assert.deepEqual(octetsOf(client.outbound), octetsOf(gateway.inbound));
  assert.equal(client.inboundSpi, gateway.outboundSpi);
  assert.equal(client.outboundSpi, gateway.inboundSpi);
  assert.equal(client.inbound.encryptionKey.some((octet) => octet !== 0), true);
}
