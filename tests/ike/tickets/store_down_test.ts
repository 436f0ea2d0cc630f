import assert from "node:assert/strict";
import { test } from "node:test";
import { countEffect, zeroCounters } from "../../../src/gateway/counters.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { GuardedStore } from "../../../src/store/guarded_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

for (const ticketKind of ["value", "reference"] as const) {
  test(`tickets by ${ticketKind} that are refused because the store is down are told apart from used ones`, async () => {
    let isBroken = false;
    const memory = memoryStore(() => 0);
    const through = <T>(call: () => T): T => {
      if (isBroken) throw new Error("no answer");
      return call();
    };
    const { claims, ticketStates } = memory;
    const store = new GuardedStore({
      ...memory,
      claims: {
        claim: (batch) => through(() => claims.claim(batch)),
        isClaimed: (batch) => through(() => claims.isClaimed(batch)),
      },
      ticketStates: {
        put: (batch) => through(() => ticketStates.put(batch)),
        get: (batch) => through(() => ticketStates.get(batch)),
        delete: (batch) => through(() => ticketStates.delete(batch)),
      },
    }, { monotonicMs: () => 0 });
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { ticketKind }, services: store });
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    const client = new HandmadeClient(simulation);
    const exchange = await client.resume(copyOf(ticket));
    const auth = await client.authRequest(exchange, ticket);
    isBroken = true;

    // The store fails between the two exchanges: the client has proven itself, and may not come in.
    const late = await client.deliver(auth);
    assert.deepEqual(effectsOf(late.effects, "ike-sa-down").map(({ reason }) => reason), ["store-down"]);
    assert.deepEqual(effectsOf(late.effects, "authentication-failed"), []);
    const presented = await client.deliver(client.resumeRequest(ticket.ticket, simulation.random.octets(32)));
    assert.deepEqual(notifyTypes(presented.replies[0].payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(presented.effects, "ticket-refused").map(({ reason }) => reason), ["store-down"]);
    assert.deepEqual(counted([...late.effects, ...presented.effects]), { down: 2, refused: 1 });
  });
}

function counted(effects: readonly Effect[]) {
  const counters = zeroCounters();
  for (const effect of effects) countEffect(counters, effect);
  return { down: counters.tickets_refused_store_down_total, refused: counters.tickets_refused_total };
}
