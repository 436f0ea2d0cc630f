/**
 * A client that asks for tickets, or uses them, over and over: what it costs, and whom.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import { MemoryRevocations } from "../../../src/store/memory_revocations.ts";
import { BloomInvalidTicketList } from "../../../src/ticket/invalid_ticket_list.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { comeBack, comesBackWith, copyOf, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient, type HandmadeExchange } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { openTicketState } from "../../simulation/opened_ticket.ts";
import { effectsOf, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";

async function simulated(gateway: Partial<ResponderOptions>, services = {}): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway, services });
}

/** Asks for so many tickets by INFORMATIONAL, and counts the answers by their notify. */
async function askFor(count: number, handmade: HandmadeClient, exchange: HandmadeExchange, firstId: number) {
  const answers = new Map<number, number>();
  for (let id = firstId; id < firstId + count; id++) {
    const { replies: [reply] } = await handmade.deliver(await handmade.seal(exchange, [notify(NotifyType.TICKET_REQUEST)], id));
    for (const type of notifyTypes(await handmade.open(exchange, reply))) answers.set(type, (answers.get(type) ?? 0) + 1);
  }
  return { granted: answers.get(NotifyType.TICKET_LT_OPAQUE) ?? 0, refused: answers.get(NotifyType.TICKET_NACK) ?? 0 };
}

test("an IKE SA is given so many tickets in ten minutes, then TICKET_NACK, then as many again", async () => {
  const simulation = await simulated({ ticketsPerIkeSa: 5 });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.up();
  assert.deepEqual(await askFor(8, handmade, exchange, 2), { granted: 5, refused: 3 });
  simulation.network.nowMs += 600_000;
  assert.deepEqual(await askFor(8, handmade, exchange, 10), { granted: 5, refused: 3 });
  const other = new HandmadeClient(simulation, "203.0.113.8");
  assert.deepEqual(await askFor(5, other, await other.up(), 2), { granted: 5, refused: 0 });
});

test("where tickets live for less than ten minutes, so many are given in the lifetime of one", async () => {
  const simulation = await simulated({ ticketsPerIkeSa: 2, ticketLifetimeSeconds: 10 });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.up();
  assert.deepEqual(await askFor(3, handmade, exchange, 2), { granted: 2, refused: 1 });
  simulation.network.nowMs += 10_000;
  assert.deepEqual(await askFor(3, handmade, exchange, 5), { granted: 2, refused: 1 });
});

test("all IKE SAs of an identity together are given so many, and rekeying or coming anew gives no more", async () => {
  const simulation = await simulated({ ticketsPerIdentity: 6, ticketsPerIkeSa: 4 });
  const client = await simulation.clientWithTicket();
  for (let round = 0; round < 4; round++) {
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
  }
  // One in IKE_AUTH, and three by rekeying: the fifth would be over the IKE SA's share.
  assert.equal(effectsOf(client.effects, "ticket-received").length, 4);
  assert.equal(effectsOf(client.effects, "ticket-not-granted").at(-1)?.answer, "nack");
  let granted = 4;
  for (let round = 0; round < 4; round++) {
    const again = simulation.addClient({ identity: effectsOf(client.effects, "ike-sa-up")[0].initiatorId });
    await simulation.start(again);
    await simulation.run();
    granted += effectsOf(again.effects, "ticket-received").length;
  }
  assert.equal(granted, 6);
  assert.equal(effectsOf((await simulation.clientWithTicket()).effects, "ticket-received").length, 1, "another identity");
});

test("[R-6.2-1] however many tickets an IKE SA was given, one entry says that all but the last are worth nothing", async () => {
  const revocations = new MemoryRevocations(() => START_EPOCH_SECONDS);
  const simulation = await simulated({ ticketsPerIkeSa: 100 }, { revocations });
  const client = await simulation.clientWithTicket();
  const tickets = [copyOf(client.ticket)];
  for (let round = 0; round < 20; round++) {
    if (round % 2 === 0) await simulation.act(client, client.initiator.requestTicket(simulation.now));
    else await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    tickets.push(copyOf(client.ticket));
  }
  assert.equal(revocations.size, 1);
  const states = [];
  for (const ticket of tickets) states.push((await openTicketState(simulation, ticket)).issue!);
  assert.deepEqual(states.map(({ serial }) => serial), tickets.map((_, index) => index));
  assert.equal(new Set(states.map(({ series }) => series)).size, 1);
  for (const ticket of tickets.slice(0, -1)) {
    const handmade = new HandmadeClient(simulation, "203.0.113.9");
    const { replies: [reply], effects } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, new Uint8Array(32)));
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["revoked"]);
  }
  await comesBackWith(simulation, client, tickets.at(-1)!);
  assert.equal(revocations.size, 1);
});

for (const list of ["exact", "bloom"] as const) {
  test(`[R-9.8-1] a loop of requests for tickets fills the list of nobody (${list})`, async () => {
    const now = () => START_EPOCH_SECONDS;
    const revocations = list === "exact"
      ? new MemoryRevocations(now, 50)
      : new BloomInvalidTicketList({ expected: 50, falsePositiveRate: 0.001, lifetimeSeconds: 3_600 }, now);
    const simulation = await simulated({}, { revocations });
    const innocent = await simulation.clientWithTicket();
    const greedy = new HandmadeClient(simulation);
    const { granted } = await askFor(500, greedy, await greedy.up(), 2);
    assert.equal(granted, 16);
    const deleted = copyOf(innocent.ticket);
    await simulation.act(innocent, innocent.initiator.close(simulation.now));
    await simulation.run();
    assert.deepEqual(resumptions(await comeBack(simulation, innocent, deleted)), [false]);
    const other = await simulation.clientWithTicket();
    await comesBackWith(simulation, other, copyOf(other.ticket));
    if (list === "bloom") assert.ok((revocations as BloomInvalidTicketList).falsePositiveRate < 0.001);
    else assert.ok((revocations as MemoryRevocations).size <= 2);
  });
}

test("[R-4.3.1-2] who comes back over and over loses the tickets of his own, and nobody else's is refused", async () => {
  const claims = new MemoryTicketClaims(() => START_EPOCH_SECONDS, 20);
  const simulation = await simulated({}, { claims });
  const innocent = await simulation.clientWithTicket();
  let greedy = await simulation.clientWithTicket();
  const used = [];
  for (let round = 0; round < 30; round++) {
    used.push(copyOf(greedy.ticket));
    greedy = await comeBack(simulation, greedy, copyOf(greedy.ticket));
  }
  assert.ok(claims.size <= 20);
  await comesBackWith(simulation, innocent, copyOf(innocent.ticket));
  for (const ticket of used) assert.deepEqual(resumptions(await comeBack(simulation, greedy, ticket)), [false]);
  // A second later it is one like all others.
  simulation.network.nowMs += 1_000;
  const later = simulation.addClient({ identity: greedy.ticket.initiatorId });
  await simulation.start(later);
  await simulation.run();
  await comesBackWith(simulation, later, copyOf(later.ticket));
});
