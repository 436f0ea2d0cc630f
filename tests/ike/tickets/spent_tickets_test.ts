import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { TicketClaims } from "../../../src/ike/steps/wave.ts";
import { SpentTickets } from "../../../src/ike/tickets/spent_tickets.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { CountingTicketStates } from "../../simulation/counting_stores.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { Simulation } from "../../simulation/simulation.ts";

test("[R-9.3-1] a used ticket that is presented over and over is looked up once in ten seconds", async () => {
  const memory = new MemoryTicketClaims(() => simulation.now.epochSeconds);
  let asked = 0;
  const claims: TicketClaims = {
    claim: (batch) => memory.claim(batch),
    isClaimed: (batch) => {
      asked++;
      return memory.isClaimed(batch);
    },
  };
  const simulation: Simulation = new Simulation({ provider: await loadProvider("ts"), services: { claims } });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  await handmade.deliver(await handmade.authRequest(await handmade.resume(ticket), ticket));
  asked = 0;
  const refused = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const forged = new HandmadeClient(simulation, `198.18.0.${index}`);
      const { replies } = await forged.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
      assert.deepEqual(replies.map(({ payloads }) => payloads), [[notify(NotifyType.TICKET_NACK)]]);
    }
  };
  await refused(50);
  assert.equal(asked, 1);
  simulation.network.nowMs += 10_000;
  await refused(2);
  assert.equal(asked, 2);
});

test("[R-9.3-2] so is a ticket by reference that has no state any more", async () => {
  const ticketStates = new CountingTicketStates(() => simulation.now.epochSeconds);
  const simulation: Simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ticketKind: "reference" },
    services: { ticketStates },
  });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  await handmade.deliver(await handmade.authRequest(await handmade.resume(ticket), ticket));
  ticketStates.reset();
  for (let index = 0; index < 20; index++) {
    const { replies } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
    assert.deepEqual(replies[0].payloads, [notify(NotifyType.TICKET_NACK)]);
  }
  assert.equal(ticketStates.calls.length, 1);
});

test("no more than 4,096 are remembered, the latest, and each for ten seconds", () => {
  const spent = new SpentTickets();
  for (let index = 0; index < 5_000; index++) spent.add(`ticket ${index}`, "used", index / 1_000);
  assert.equal(spent.reasonOf("ticket 903", 5), undefined);
  assert.equal(spent.reasonOf("ticket 904", 5), "used");
  assert.equal(spent.reasonOf("ticket 4999", 5), "used");
  assert.equal(spent.reasonOf("ticket 4999", 10_004), "used");
  assert.equal(spent.reasonOf("ticket 4999", 10_005), undefined);
  spent.add("ticket 4999", "revoked", 10_006);
  assert.equal(spent.reasonOf("ticket 4999", 10_006), "revoked");
});

test("[R-4.3.2-3] that a store could not be asked is not remembered: the ticket is good when it can be again", async () => {
  const memory = new MemoryTicketClaims(() => simulation.now.epochSeconds);
  let isDown = false;
  const claims: TicketClaims = {
    claim: (batch) => memory.claim(batch),
    isClaimed: (batch) => isDown ? batch.map(() => "unknown" as const) : memory.isClaimed(batch),
  };
  const simulation: Simulation = new Simulation({ provider: await loadProvider("ts"), services: { claims } });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  isDown = true;
  await assert.rejects(handmade.resume(ticket), /not accepted/);
  isDown = false;
  await handmade.resume(ticket);
});
