/**
 * What a gateway refuses of a client that presents a good ticket, and proves that it knows the keys.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Responder, responderConfiguration } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { comesBackWith, copyOf, upAndTicket } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { openTicketState } from "../../../simulation/opened_ticket.ts";
import { effectsOf, fqdn, PRESHARED_KEY, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

/** What the gateway says to an IKE_AUTH request that is right but for `change`. */
async function answerTo(
  simulation: Simulation,
  client: SimulatedClient,
  change: (right: readonly Payload[]) => readonly Payload[],
): Promise<{ types: number[]; up: number }> {
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation, "203.0.113.99");
  const exchange = await handmade.resume(ticket);
  const right = await handmade.authPayloads(exchange, ticket.initiatorId);
  const { replies: [reply], effects } = await handmade.deliver(await handmade.seal(exchange, change(right)));
  return { types: notifyTypes(await handmade.open(exchange, reply)), up: effectsOf(effects, "ike-sa-up").length };
}

const withMethod = (method: number) => (right: readonly Payload[]) =>
  right.map((payload) => payload.type === "AUTH" ? { ...payload, method } : payload);

test("[R-4.3.3-5] [R-4.3.3-1] AUTH that is right, by another method than shared key, is refused, and the ticket stays good", async () => {
  const { simulation, client } = await upAndTicket();
  const { NULL_AUTHENTICATION } = AuthenticationMethod;
  for (const method of [0, 1, 3, 9, 10, 11, 12, NULL_AUTHENTICATION, 14, 201, 255]) {
    const { types, up } = await answerTo(simulation, client, withMethod(method));
    assert.deepEqual([types, up], [[NotifyType.AUTHENTICATION_FAILED], 0], `method ${method}`);
  }
  await comesBackWith(simulation, client, copyOf(client.ticket));
});

test("[R-4.3.3-5] the same of a gateway that checks AUTH in Libreswan's form", async () => {
  const { simulation, client } = await upAndTicket({ resumptionAuthenticationOf: () => "message-only" });
  for (const method of [1, 14]) {
    const { types, up } = await answerTo(simulation, client, withMethod(method));
    assert.deepEqual([types, up], [[NotifyType.AUTHENTICATION_FAILED], 0], `method ${method}`);
  }
});

test("[R-4.3.3-5] [R-4.3.3-3] another IDr than the ticket's, in type or octets, is refused; the ticket's is taken", async () => {
  const { simulation, client } = await upAndTicket();
  const { responderId } = client.ticket;
  const withIdr = (identity: ClientTicket["responderId"]) => (right: readonly Payload[]) => [
    right[0],
    { type: "IDr", ...identity } as const,
    ...right.slice(1),
  ];
  const prefix = { ...responderId, identification: responderId.identification.slice(0, -1) };
  for (const other of [fqdn("another.gateway"), { ...responderId, idType: 11 }, prefix]) {
    const { types, up } = await answerTo(simulation, client, withIdr(other));
    assert.deepEqual([types, up], [[NotifyType.AUTHENTICATION_FAILED], 0]);
  }
  // Of a gateway that has another name by now the ticket's name still counts.
  simulation.restartGateway({ identity: fqdn("another.gateway") });
  assert.equal((await answerTo(simulation, client, withIdr(fqdn("another.gateway")))).up, 0);
  assert.equal((await answerTo(simulation, client, withIdr(responderId))).up, 1);
});

test("[R-5-5] a request under an SPI of the old IKE SA is refused, and the new SPIr is neither of the old ones", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  const { ticket } = client.ticket;
  const { initiatorSpi, responderSpi } = await openTicketState(simulation, { ticket });
  const handmade = new HandmadeClient(simulation, "203.0.113.99");
  const nonce = simulation.random.octets(32);
  for (const spi of [initiatorSpi, responderSpi]) {
    const { replies: [reply], effects } = await handmade.deliver(handmade.resumeRequest(ticket, nonce, [], spi));
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["spi-reused"]);
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
  // Also where the random source gives both of them again.
  const old: Uint8Array[] = [];
  const random = (length: number) => length === 8 && old.length > 0 ? old.shift()! : simulation.random.octets(length);
  const { ticketKeys } = simulation;
  const configuration = { identity: fqdn("gateway.example"), presharedKeyOf: () => PRESHARED_KEY, ticketKeys };
  simulation.gateway = new Responder(responderConfiguration(configuration), random);
  for (const spi of [initiatorSpi, responderSpi]) {
    const octets = new Uint8Array(8);
    new DataView(octets.buffer).setBigUint64(0, spi);
    old.push(octets);
  }
  const { replies: [reply] } = await handmade.deliver(handmade.resumeRequest(ticket, nonce));
  assert.equal(old.length, 0, "both were drawn");
  assert.ok(![initiatorSpi, responderSpi].includes(reply.header.responderSpi), "and passed over");
  await comesBackWith(simulation, client, copyOf(client.ticket));
});
