import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { MemoryRevocations } from "../../../src/store/memory_revocations.ts";
import { MemoryTicketStates } from "../../../src/store/memory_ticket_states.ts";
import { BloomInvalidTicketList } from "../../../src/ticket/invalid_ticket_list.ts";
import type { TicketKind } from "../../../src/ticket/issued_ticket.ts";
import type { RevocationStore } from "../../../src/ticket/revocation_store.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { comeBack, comesBackWith, copyOf, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const LIFETIME = 3_600;

/** What a revoked ticket is refused for: by reference its state is gone, and the store does not tell why. */
const REASONS: { readonly [Kind in TicketKind]: string } = { value: "revoked", reference: "no-state" };

for (const ticketKind of ["value", "reference"] as const) {
  testEveryProvider(
    `[R-9.8-1] [R-6.2-1] [R-6.1-2] the client deletes its IKE SA, and its ticket by ${ticketKind} is refused`,
    async (provider) => {
      const scene = await ready(provider, ticketKind);
      const { simulation, client } = scene;
      const { ticket } = copyOf(client.ticket);
      await simulation.act(client, client.initiator.close(simulation.now));
      await simulation.run();
      assert.equal(simulation.gateway.establishedCount, 0);
      assert.equal(revokedCount(simulation), 1);
      assert.equal(scene.states.size, 0);
      await refused(simulation, ticket, REASONS[ticketKind]);
    },
  );

  testEveryProvider(
    `[R-9.8-1] [R-6.2-1] [R-6.1-2] the gateway deletes an IKE SA, and its ticket by ${ticketKind} is refused, heard or not`,
    async (provider) => {
      const scene = await ready(provider, ticketKind);
      const { simulation, client } = scene;
      const { ticket } = copyOf(client.ticket);
      const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
      simulation.network.interference = () => undefined;
      await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
      assert.equal(scene.states.size, 0);
      await refused(simulation, ticket, REASONS[ticketKind]);
      // The DELETE is given up at last: nothing is left to be revoked.
      await simulation.run(600_000);
      assert.equal(simulation.gateway.establishedCount, 0);
      assert.equal(revokedCount(simulation), 1);
    },
  );

  testEveryProvider(
    `[R-9.8-1] an administrator revokes a ticket by ${ticketKind} by its name, and that one alone`,
    async (provider) => {
      const { simulation, client } = await ready(provider, ticketKind);
      const other = await simulation.clientWithTicket();
      await simulation.actOnGateway(simulation.gateway.revokeTicket(ticketIdsOf(simulation)[0], simulation.now));
      await refused(simulation, client.ticket.ticket, REASONS[ticketKind]);
      await comesBackWith(simulation, other, copyOf(other.ticket));
      const again = await comeBack(simulation, client, copyOf(client.ticket));
      assert.deepEqual(resumptions(again), [false]);
    },
  );

  testEveryProvider(
    `[R-9.8-1] a ticket by ${ticketKind} that is revoked by its name stays so, however much shorter lifetimes are by now`,
    async (provider) => {
      let now = START_EPOCH_SECONDS;
      const list = new MemoryRevocations(() => now);
      const { simulation, client } = await ready(provider, ticketKind, list, 24 * LIFETIME);
      simulation.restartGateway({ ticketLifetimeSeconds: LIFETIME });
      await simulation.actOnGateway(simulation.gateway.revokeTicket(ticketIdsOf(simulation)[0], simulation.now));
      simulation.network.nowMs += 1_000 * 12 * LIFETIME;
      now += 12 * LIFETIME;
      // What has expired is forgotten as others are revoked.
      for (let other = 0; other < 1_000; other++) list.add([{ ticketId: `${other}`, expiresAtEpochSeconds: now }]);
      await refused(simulation, client.ticket.ticket, REASONS[ticketKind]);
    },
  );

  testEveryProvider(
    `[R-9.8-1] [R-6.2-1] whoever logs out by identity loses every ticket by ${ticketKind}, until the next login`,
    async (provider) => {
      const { simulation, client } = await ready(provider, ticketKind);
      const other = await simulation.clientWithTicket();
      // A second ticket of the same client, from an IKE SA that the gateway knows nothing of any more.
      const lost = await simulation.clientWithTicket({ identity: client.ticket.initiatorId });
      simulation.restartGateway();
      simulation.network.nowMs += 5_000;
      await simulation.actOnGateway(simulation.gateway.revokeIdentity(client.ticket.initiatorId, simulation.now));
      for (const { ticket } of [client.ticket, lost.ticket]) await refused(simulation, ticket, "revoked");
      await comesBackWith(simulation, other, copyOf(other.ticket));
      simulation.network.nowMs += 5_000;
      const login = await simulation.clientWithTicket({ identity: client.ticket.initiatorId });
      await comesBackWith(simulation, login, copyOf(login.ticket));
    },
  );

  testEveryProvider(
    `[R-9.8-1] a ticket by ${ticketKind} that is revoked between its two exchanges is used no more`,
    async (provider) => {
      for (const how of ["name", "identity", "deletion"] as const) {
        const { simulation, client } = await ready(provider, ticketKind);
        const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
        const handmade = new HandmadeClient(simulation);
        const ticket = copyOf(client.ticket);
        const exchange = await handmade.resume(ticket);
        const { gateway, now } = simulation;
        await simulation.actOnGateway(
          how === "name"
            ? gateway.revokeTicket(ticketIdsOf(simulation)[0], now)
            : how === "deletion"
            ? gateway.close(spis, now)
            : gateway.revokeIdentity(ticket.initiatorId, now),
        );
        const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
        assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
      }
    },
  );

  test(`[R-9.8-1] [R-6.2-1] a client that does not let its IKE SA be deleted gets no further ticket by ${ticketKind} with it`, async () => {
    const { simulation, client, states } = await ready(await loadProvider("ts"), ticketKind);
    const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
    simulation.network.interference = () => undefined;
    await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
    simulation.network.interference = (datagram) => datagram;
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(simulation.gatewayEffects, "ticket-issued").length, 1);
    assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
    assert.equal(states.size, 0);
  });

  test(`[R-4.3.2-3] [R-6.1-2] a client that is found dead may come back with its ticket by ${ticketKind}: that is what it is for`, async () => {
    const { simulation, client } = await ready(await loadProvider("ts"), ticketKind);
    const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
    simulation.network.interference = () => undefined;
    await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
    await simulation.run(600_000);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
    simulation.network.interference = (datagram) => datagram;
    assert.equal(revokedCount(simulation), 0);
    await comesBackWith(simulation, client, copyOf(client.ticket));
  });

  test(`[R-6.2-1] a resumption replaces the old IKE SA, and nothing of its ticket by ${ticketKind} is left to revoke`, async () => {
    const { simulation, client, states } = await ready(await loadProvider("ts"), ticketKind);
    await comesBackWith(simulation, client, copyOf(client.ticket));
    assert.equal(simulation.gateway.establishedCount, 1);
    assert.equal(revokedCount(simulation), 0);
    assert.equal(states.size, ticketKind === "reference" ? 1 : 0);
  });

  test(`[R-6.2-1] [R-9.8-1] an IKE SA that gets another ticket by ${ticketKind} loses the one before`, async () => {
    const { simulation, client } = await ready(await loadProvider("ts"), ticketKind);
    const earlier = copyOf(client.ticket);
    simulation.network.nowMs += 2_000;
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    assert.equal(effectsOf(simulation.gatewayEffects, "ticket-issued").length, 2);
    assert.equal(revokedCount(simulation), 1);
    await refused(simulation, earlier.ticket, REASONS[ticketKind]);
    await comesBackWith(simulation, client, copyOf(client.ticket));
  });

  test(`[R-6.2-1] [R-9.8-1] an IKE SA is rekeyed, and the ticket by ${ticketKind} of the one before is refused`, async () => {
    for (const who of ["client", "gateway"] as const) {
      const { simulation, client, states } = await ready(await loadProvider("ts"), ticketKind);
      const earlier = copyOf(client.ticket);
      const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
      if (who === "client") await simulation.act(client, client.initiator.rekey(simulation.now));
      else await simulation.actOnGateway(simulation.gateway.rekey(spis, simulation.now));
      await simulation.run();
      assert.equal(revokedCount(simulation), 1);
      await refused(simulation, earlier.ticket, REASONS[ticketKind]);
      const held = effectsOf(client.effects, "ticket-received").length;
      assert.equal(states.size, ticketKind === "reference" ? held - 1 : 0);
    }
  });
}

testEveryProvider(
  "[R-9.8-1] [R-9.2-1] a revoked ticket gets the same octets for an answer as a forged one",
  async (provider) => {
    const { simulation, client } = await ready(provider, "value");
    const forged = client.ticket.ticket.slice();
    forged[30] ^= 1;
    const answer = await refused(simulation, forged, "not-authentic");
    await simulation.actOnGateway(simulation.gateway.revokeTicket(ticketIdsOf(simulation)[0], simulation.now));
    assert.equal(await refused(simulation, client.ticket.ticket, "revoked"), answer);
  },
);

test("[R-9.8-1] revocations in a pair of Bloom filters are as good, and outlive the gateway that shares them", async () => {
  const list = new BloomInvalidTicketList(
    { expected: 100, falsePositiveRate: 1e-6, lifetimeSeconds: LIFETIME },
    () => START_EPOCH_SECONDS,
  );
  const { simulation, client } = await ready(await loadProvider("ts"), "value", list);
  const other = await simulation.clientWithTicket();
  const { ticket } = copyOf(client.ticket);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  simulation.restartGateway();
  await refused(simulation, ticket, "revoked");
  await comesBackWith(simulation, other, copyOf(other.ticket));
});

test("[R-9.8-1] a ticket that another gateway revokes between the two exchanges of this one is used no more", async () => {
  for (const later of [false, true]) {
    const list = new MemoryRevocations(() => START_EPOCH_SECONDS);
    const shared: RevocationStore = {
      add: (batch) => list.add(batch),
      has: (batch) => later ? Promise.resolve(list.has(batch)) : list.has(batch),
    };
    const { simulation, client } = await ready(await loadProvider("ts"), "value", shared);
    const handmade = new HandmadeClient(simulation);
    const ticket = copyOf(client.ticket);
    const exchange = await handmade.resume(ticket);
    list.add([{ ticketId: ticketIdsOf(simulation)[0], expiresAtEpochSeconds: START_EPOCH_SECONDS + LIFETIME }]);
    const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
    assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  }
});

test("[R-9.8-1] a list of revoked tickets that fails when a ticket is to be used lets nobody in", async () => {
  let fails = false;
  const failing: RevocationStore = {
    add: () => {},
    has: (batch) => fails ? Promise.reject(new Error("the store is gone")) : batch.map(() => false),
  };
  const { simulation, client } = await ready(await loadProvider("ts"), "value", failing);
  const handmade = new HandmadeClient(simulation);
  const ticket = copyOf(client.ticket);
  const exchange = await handmade.resume(ticket);
  fails = true;
  const request = await handmade.authRequest(exchange, ticket);
  await assert.rejects(() => handmade.deliver(request), /the store is gone/);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("[R-9.8-1] without a list a ticket by value stays good after its IKE SA was deleted, and that is told", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), services: { revocations: undefined } });
  const client = await simulation.clientWithTicket();
  const ticket = copyOf(client.ticket);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(simulation.gatewayEffects, "ticket-not-revoked").length, 1);
  await comesBackWith(simulation, client, ticket);
});

test("[R-9.8-1] a store that cannot revoke keeps no answer back, and that is told", async () => {
  const broken: RevocationStore = {
    add: () => Promise.reject(new Error("the store is full")),
    has: (batch) => batch.map(() => false),
  };
  const { simulation, client } = await ready(await loadProvider("ts"), "value", broken);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-us"]);
  const [told] = effectsOf(simulation.gatewayEffects, "ticket-not-revoked");
  assert.match(String(told.fault), /the store is full/);
});

test("[R-9.8-1] what is no ticket's name cannot be revoked", async () => {
  const { simulation } = await ready(await loadProvider("ts"), "value");
  for (const name of ["", "client1.example", "z".repeat(40)]) {
    await assert.rejects(() => simulation.actOnGateway(simulation.gateway.revokeTicket(name, simulation.now)), RangeError);
  }
});

async function ready(
  provider: CryptoProvider,
  ticketKind: TicketKind,
  revocations?: RevocationStore,
  ticketLifetimeSeconds = LIFETIME,
): Promise<{ simulation: Simulation; states: MemoryTicketStates; client: SimulatedClient }> {
  const states = new MemoryTicketStates(() => START_EPOCH_SECONDS);
  const list = revocations ?? new MemoryRevocations(() => START_EPOCH_SECONDS);
  const services = { ticketStates: states, revocations: list };
  const simulation = new Simulation({ provider, gateway: { ticketKind, ticketLifetimeSeconds }, services });
  return { simulation, states, client: await simulation.clientWithTicket() };
}

function ticketIdsOf(simulation: Simulation): string[] {
  return effectsOf(simulation.gatewayEffects, "ticket-issued").map(({ ticket }) => ticket.ticketId);
}

function revokedCount(simulation: Simulation): number {
  return effectsOf(simulation.gatewayEffects, "ticket-revoked").length;
}

/** Presents a ticket that has to be refused, and returns the answer but for SPIi, which is the request's. */
async function refused(simulation: Simulation, ticket: Uint8Array, reason: string): Promise<string> {
  const handmade = new HandmadeClient(simulation, "203.0.113.9");
  const initiatorSpi = new DataView(simulation.random.octets(8).slice().buffer).getBigUint64(0);
  const request = handmade.resumeRequest(ticket, new Uint8Array(32), [], initiatorSpi);
  const { replies: [reply], effects } = await handmade.deliver(request);
  assert.deepEqual(effectsOf(effects, "ticket-refused").map((effect) => effect.reason), [reason]);
  assert.equal(reply.header.exchangeType, ExchangeType.IKE_SESSION_RESUME);
  assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
  return reply.octets.slice(8).toString();
}
