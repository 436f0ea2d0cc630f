import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { MemoryTicketStates } from "../../../src/store/memory_ticket_states.ts";
import { TICKET_BY_REFERENCE_LENGTH } from "../../../src/ticket/ticket_by_reference.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { assertSameKeys, comeBack, comesBackWith, copyOf, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { CountingTicketStates } from "../../simulation/counting_stores.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const CROWD = 40;

testEveryProvider(
  "[R-6.1-2] [R-A.2-1] a client comes back with a ticket by reference, again and again, and cannot tell the kind",
  async (provider) => {
    const { simulation, states, client } = await ready(provider);
    assert.equal(client.ticket.ticket.length, TICKET_BY_REFERENCE_LENGTH);
    let latest = client;
    for (let round = 0; round < 3; round++) {
      latest = await comeBack(simulation, client, copyOf(latest.ticket));
      assert.deepEqual(resumptions(latest), [true]);
      assertSameKeys(latest.childSa, gatewayChildSa(simulation));
      // The state of the ticket that was used is gone, that of the next one is there.
      assert.equal(states.size, 1);
    }
  },
);

testEveryProvider("[R-6.1-2] the state is in the store alone: nothing of it is in the ticket", async (provider) => {
  const { client, states } = await ready(provider);
  const { ticket, skD, initiatorId } = client.ticket;
  for (const secret of [skD.subarray(0, 4), initiatorId.identification.subarray(0, 4)]) {
    assert.equal(Buffer.from(ticket).includes(Buffer.from(secret)), false);
  }
  assert.equal(states.get([referenceIn(ticket)]).length, 1);
  assert.equal(Buffer.from(states.get([referenceIn(ticket)])[0]!).includes(Buffer.from(skD)), true);
});

testEveryProvider(
  "[R-6.1-2] [R-9.2-1] whatever octet of a ticket by reference is altered or missing, it is refused before the store is asked",
  async (provider) => {
    const { simulation, store, client } = await counted(provider);
    const { ticket } = client.ticket;
    store.reset();
    for (let index = 0; index < ticket.length; index++) {
      const altered = ticket.slice();
      altered[index] ^= 1 << (index & 7);
      await refused(simulation, altered);
      await refused(simulation, ticket.slice(0, index));
    }
    await refused(simulation, Uint8Array.of(...ticket, 0));
    for (const version of [0, 1, 3, 255]) await refused(simulation, Uint8Array.of(version, ...ticket.slice(1)));
    await refused(simulation, ticket.slice().fill(0, 4, 12));
    await refused(simulation, new Uint8Array(TICKET_BY_REFERENCE_LENGTH));
    for (const text of ["' OR 1=1; --", "http://[::1]/", "../../../../etc", "\r\nFLUSHALL\r\n"]) {
      const forged = ticket.slice();
      forged.set(new TextEncoder().encode(text.padEnd(16)).subarray(0, 16), 12);
      await refused(simulation, forged, "not-authentic");
    }
    simulation.restartGateway({ ticketKeys: TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS) });
    await refused(simulation, ticket, "not-authentic");
    assert.deepEqual(store.calls, []);
    // After all that the ticket itself is as good as ever.
    simulation.restartGateway();
    await comesBackWith(simulation, client, copyOf(client.ticket));
  },
);

testEveryProvider(
  "[R-6.1-2] a used, an expired and a deleted ticket by reference get the same answer as a forged one",
  async (provider) => {
    const { simulation, store, client } = await counted(provider);
    const other = await simulation.clientWithTicket();
    const forged = client.ticket.ticket.slice();
    forged[40] ^= 1;
    const answers = [await refused(simulation, forged, "not-authentic")];
    await comesBackWith(simulation, client, copyOf(client.ticket));
    answers.push(await refused(simulation, client.ticket.ticket, "no-state"));
    await store.delete([referenceIn(other.ticket.ticket)]);
    answers.push(await refused(simulation, other.ticket.ticket, "no-state"));
    store.reset();
    simulation.wallClockOffsetSeconds = 3_600;
    answers.push(await refused(simulation, other.ticket.ticket, "expired"));
    assert.deepEqual(store.calls, []);
    assert.equal(new Set(answers).size, 1);
  },
);

testEveryProvider("[R-6.1-3] both kinds open at any time, whichever is issued now", async (provider) => {
  const simulation = new Simulation({ provider });
  const byValue = await simulation.clientWithTicket();
  simulation.restartGateway({ ticketKind: "reference" });
  const byReference = await simulation.clientWithTicket();
  const next = await comeBack(simulation, byValue, copyOf(byValue.ticket));
  assert.deepEqual(resumptions(next), [true]);
  assert.equal(next.ticket.ticket.length, TICKET_BY_REFERENCE_LENGTH);
  simulation.restartGateway({ ticketKind: "value" });
  const last = await comeBack(simulation, byReference, copyOf(byReference.ticket));
  assert.deepEqual(resumptions(last), [true]);
  assert.equal(last.ticket.ticket.length > TICKET_BY_REFERENCE_LENGTH, true);
  await refused(simulation, byReference.ticket.ticket, "no-state");
  await refused(simulation, byValue.ticket.ticket, "used");
});

testEveryProvider(
  "[R-6.1-2] [R-9.3-1] [R-9.3-2] a wave of resumptions waits for the store once in each exchange",
  async (provider) => {
    const { simulation, store } = await counted(provider);
    const clients = Array.from({ length: CROWD }, () => simulation.addClient());
    await simulation.start(...clients);
    await simulation.run();
    const handmade = new HandmadeClient(simulation);
    const tickets = clients.map(({ ticket }) => copyOf(ticket));
    store.reset();
    const first = tickets.map(({ ticket }) => handmade.resumeRequest(ticket, simulation.random.octets(32)));
    await runWave(
      first.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now)),
      simulation.services,
    );
    assert.deepEqual(store.calls, [{ operation: "get", size: CROWD }]);
    assert.equal(store.roundTrips, 1);

    const requests = [];
    for (const ticket of tickets) {
      const exchange = await handmade.resume(ticket);
      const ask = {
        add: [{
          type: "N",
          protocolId: 0,
          spi: new Uint8Array(0),
          notifyType: NotifyType.TICKET_REQUEST,
          data: new Uint8Array(0),
        }],
      } as const;
      requests.push(await handmade.authRequest(exchange, ticket, ask));
    }
    store.reset();
    const steps = requests.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));
    const results = await runWave(steps, simulation.services);
    assert.equal(results.flatMap((effects) => effectsOf(effects, "ike-sa-up")).length, CROWD);
    assert.equal(results.flatMap((effects) => effectsOf(effects, "ticket-issued")).length, CROWD);
    assert.deepEqual(store.calls, [{ operation: "delete", size: CROWD }, { operation: "put", size: CROWD }]);
    assert.equal(store.roundTrips, 1);
  },
);

testEveryProvider(
  "[R-4.3.1-2] of two half-open resumptions with one ticket by reference one wins, also in one wave",
  async (provider) => {
    const { simulation, states, client } = await ready(provider);
    const handmade = new HandmadeClient(simulation);
    const ticket = copyOf(client.ticket);
    const requests = [];
    for (let index = 0; index < 2; index++) {
      const exchange = await handmade.resume(copyOf(ticket));
      requests.push(await handmade.authRequest(exchange, ticket));
    }
    const steps = requests.map((octets) => simulation.gateway.receive(handmade.datagram(octets), simulation.now));
    const results = await runWave(steps, simulation.services);
    assert.deepEqual(results.map((effects) => effectsOf(effects, "ike-sa-up").length), [1, 0]);
    // Neither the loser nor the winner, who asked for no other ticket, left a state behind.
    assert.equal(states.size, 0);
  },
);

test("[R-4.1-5] a store that keeps no state has the request for a ticket refused, and nothing else", async () => {
  const { simulation, store } = await counted(await loadProvider("ts"));
  store.failing.add("put");
  const client = simulation.addClient();
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "requests");
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
  // A ticket that was issued before is used all the same.
  store.failing.clear();
  const earlier = await simulation.clientWithTicket();
  store.failing.add("put");
  const again = await comeBack(simulation, earlier, copyOf(earlier.ticket));
  assert.deepEqual(resumptions(again), [true]);
  assert.deepEqual(effectsOf(again.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
});

test("[R-4.3.2-3] a store that cannot be asked has the ticket refused, which is told apart for counters alone", async () => {
  const { simulation, store, client } = await counted(await loadProvider("ts"));
  store.failing.add("get");
  const answer = await refused(simulation, client.ticket.ticket, "store-down");
  const forged = client.ticket.ticket.slice();
  forged[40] ^= 1;
  assert.equal(await refused(simulation, forged, "not-authentic"), answer);
  store.failing.clear();
  await comesBackWith(simulation, client, copyOf(client.ticket));
});

test("[R-4.3.1-2] a resumption whose AUTH is wrong, or that comes to nothing, leaves the stored state as it is", async () => {
  const { simulation, client } = await ready(await loadProvider("ts"));
  const handmade = new HandmadeClient(simulation);
  const ticket = copyOf(client.ticket);
  const exchange = await handmade.resume(copyOf(ticket));
  const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket, { realMessage: new Uint8Array(4) }));
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  await handmade.resume(copyOf(ticket));
  await simulation.run(60_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  await comesBackWith(simulation, client, ticket);
});

test("[R-9.2-1] a state that was wiped or cut short in the store gives nobody keys", async () => {
  const { simulation, states, client } = await ready(await loadProvider("ts"));
  const reference = referenceIn(client.ticket.ticket);
  const state = states.get([reference])[0]!;
  const expiresAtEpochSeconds = START_EPOCH_SECONDS + 3_600;
  for (const broken of [new Uint8Array(state.length), state.subarray(0, -1), withoutKey(state, client.ticket.skD)]) {
    states.put([{ reference, state: broken, expiresAtEpochSeconds }]);
    await refused(simulation, client.ticket.ticket, "unknown-content");
  }
});

async function ready(
  provider: CryptoProvider,
): Promise<{ simulation: Simulation; states: MemoryTicketStates; client: SimulatedClient }> {
  const states = new MemoryTicketStates(() => START_EPOCH_SECONDS);
  const simulation = new Simulation({ provider, gateway: { ticketKind: "reference" }, services: { ticketStates: states } });
  return { simulation, states, client: await simulation.clientWithTicket() };
}

async function counted(
  provider: CryptoProvider,
): Promise<{ simulation: Simulation; store: CountingTicketStates; client: SimulatedClient }> {
  const store = new CountingTicketStates(() => START_EPOCH_SECONDS);
  const simulation = new Simulation({ provider, gateway: { ticketKind: "reference" }, services: { ticketStates: store } });
  return { simulation, store, client: await simulation.clientWithTicket() };
}

/** Presents a ticket that has to be refused, and returns the answer but for SPIi, which is the request's. */
async function refused(simulation: Simulation, ticket: Uint8Array, reason?: string): Promise<string> {
  const handmade = new HandmadeClient(simulation, `203.0.113.${simulation.random.octets(1)[0]}`);
  const initiatorSpi = new DataView(simulation.random.octets(8).slice().buffer).getBigUint64(0);
  const { replies: [reply], effects } = await handmade.deliver(
    handmade.resumeRequest(ticket, new Uint8Array(32), [], initiatorSpi),
  );
  assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
  if (reason !== undefined) assert.deepEqual(effectsOf(effects, "ticket-refused").map((effect) => effect.reason), [reason]);
  return reply.octets.slice(8).toString();
}

function referenceIn(ticket: Uint8Array): string {
  return Buffer.from(ticket.subarray(12, 28)).toString("hex");
}

function withoutKey(state: Uint8Array, skD: Uint8Array): Uint8Array {
  const wiped = state.slice();
  wiped.fill(0, Buffer.from(state).indexOf(Buffer.from(skD)), Buffer.from(state).indexOf(Buffer.from(skD)) + skD.length);
  return wiped;
}
