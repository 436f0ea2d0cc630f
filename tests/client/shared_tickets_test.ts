/**
 * Several sessions that share a store of tickets, or stand beside each other in one process.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, connect, type SessionOptions } from "../../src/client/client.ts";
import { TicketStoreTimeoutError } from "../../src/client/stored_ticket.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import type { ClientTicketStore } from "../../src/ticket/client_ticket_store.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { clientConfiguration, withGateway } from "./gateway_scene.ts";

const IMPATIENT = { initialMs: 20, factor: 1, maximumMs: 20, attempts: 2, jitter: 0 };
const { identity } = clientConfiguration();

/** The latest ticket of the scene's one gateway, and client. */
function latest(tickets: ClientTicketStore) {
  const peer = Array.from(new TextEncoder().encode("gateway.example"), (octet) => octet.toString(16).padStart(2, "0"));
  return tickets.load({ gateway: `identity 2:${peer.join("")}`, identity }, systemClock().epochSeconds);
}

test("[R-4.3.4-3] the session that another one was resumed from ends in silence, its keys wiped, and the new one's ticket stays", async () => {
  await withGateway(async ({ address, gateway, told }) => {
    const tickets = new MemoryClientTickets();
    const effects: Effect[] = [];
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address, tickets };
    const first = await connect({ ...options, onEffect: (effect) => void effects.push(effect) });
    const { childSa } = first;
    const key = childSa.inbound.encryptionKey;
    const second = await connect(options);
    assert.equal(second.resumed, true);
    assert.equal(await first.closed, "replaced-by-resumption");
    assert.deepEqual(effects.filter(({ type }) => type === "ike-sa-down"), [
      { type: "ike-sa-down", spis: first.spis, reason: "replaced-by-resumption" },
    ]);
    assert.ok(key.every((octet) => octet === 0));
    assert.equal(gateway.establishedCount, 1);
    assert.deepEqual(told.filter((effect) => effect.type === "ike-sa-down" && effect.reason === "deleted-by-peer"), []);
    assert.deepEqual((await latest(tickets))?.ticket, second.ticket!.ticket);
    await second.close();
    assert.equal(await latest(tickets), undefined);
  });
});

test("[R-6.2-5] the end of one session removes its own ticket, not the one that another session put there since", async () => {
  await withGateway(async ({ address }) => {
    const tickets = new MemoryClientTickets();
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address, tickets };
    const first = await connect({ ...options });
    const kept = await tickets.take({ gateway: first.ticket!.gateway!, identity }, systemClock().epochSeconds);
    assert.ok(kept, "the second session finds none, and makes a full exchange");
    const second = await connect(options);
    assert.equal(second.resumed, false);
    await first.close();
    assert.deepEqual((await latest(tickets))?.ticket, second.ticket!.ticket);
    await second.close();
  });
});

test("[R-9.10-3] of many connections that share a store, begun at once, one presents the ticket", async () => {
  await withGateway(async ({ address, told }) => {
    const tickets = new MemoryClientTickets();
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address, tickets };
    (await connect(options)).abandon();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => connect(options)));
    assert.equal(sessions.filter(({ resumed }) => resumed).length, 1);
    assert.deepEqual(told.filter(({ type }) => type === "ticket-refused"), []);
    await Promise.all(sessions.map((session) => session.close()));
  });
});

test("[C-7.9] a second session beside the first does not end it at the gateway", async () => {
  await withGateway(async ({ address, gateway }) => {
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address };
    const sessions = await Promise.all([connect(options), connect(options)]);
    const third = await connect(options);
    assert.equal(gateway.establishedCount, 3);
    for (const session of [...sessions, third]) {
      assert.equal(await session.checkLiveness(), true);
      await session.close();
    }
  });
});

test("[R-4.3.1-2] an attempt that the client's end cuts short leaves the ticket in the store, and tells its caller", async () => {
  await withGateway(async ({ address, kill, start }) => {
    const tickets = new MemoryClientTickets();
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address, tickets };
    (await connect(options)).abandon();
    const before = await latest(tickets);
    assert.ok(before);
    await kill();
    const client = await Client.open({ address: "127.0.0.1" });
    const attempt = client.connect(options);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await latest(tickets), undefined, "it is being presented");
    const [rejected] = await Promise.all([assert.rejects(attempt, /deleted by us/), client.close()]);
    assert.equal(rejected, undefined);
    assert.deepEqual((await latest(tickets))?.ticket, before.ticket);
    await start();
    const session = await connect(options);
    assert.equal(session.resumed, true);
    await session.close();
  });
});

test("[R-5-8] a changed shared key ends the tickets that were had by the old one, in a store and by hand", async () => {
  await withGateway(async ({ address, told }) => {
    const tickets = new MemoryClientTickets();
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address, tickets };
    const ticket = (await connect(options)).abandon()!;
    const presharedKey = new TextEncoder().encode("another secret");
    const changed = clientConfiguration({ presharedKey, retransmission: IMPATIENT });
    await assert.rejects(connect({ ...options, configuration: changed }));
    assert.equal(await latest(tickets), undefined, "it is forgotten");
    await assert.rejects(connect({ ...options, tickets: undefined, configuration: changed, ticket }));
    assert.deepEqual(told.filter((effect) => effect.type === "ike-sa-up" && effect.resumed), []);
    const session = await connect({ ...options, ticket });
    assert.equal(session.resumed, true);
    await session.close();
  });
});

test("[R-4.3.2-9] where no identity is required a ticket is presented to the address that it came from, and to no other", async () => {
  await withGateway(async (one) => {
    await withGateway(async (other) => {
      const configuration = clientConfiguration({ peerIdentity: undefined });
      const ticket = (await connect({ configuration, gateway: one.address })).abandon()!;
      const there: Effect[] = [];
      const elsewhere = await connect({
        configuration,
        gateway: other.address,
        ticket,
        onEffect: (effect) => void there.push(effect),
      });
      assert.equal(elsewhere.resumed, false);
      assert.deepEqual(there.filter(({ type }) => type === "resumption-failed"), [], "nothing was presented there");
      const back = await connect({ configuration, gateway: one.address, ticket });
      assert.equal(back.resumed, true);
      await Promise.all([back.close(), elsewhere.close()]);
    });
  });
});

test("a session of its own sockets is over when they are closed: their ports can be had again at once", async () => {
  await withGateway(async ({ address }) => {
    const options = { configuration: clientConfiguration(), gateway: address, address: "127.0.0.1" };
    const probe = await Client.open({ address: "127.0.0.1" });
    await probe.close();
    for (let times = 0; times < 5; times++) {
      const session = await connect({ ...options, port: 45_017, natPort: 45_018 });
      await session.close();
    }
  });
});

test("a store that stalls holds up neither its own session nor another of the client, and is reported", async () => {
  await withGateway(async ({ address }) => {
    const never = () => new Promise<never>(() => {});
    const stalled: ClientTicketStore = {
      load: never,
      take: never,
      putBack: never,
      save: never,
      remove: never,
      removeAllOf: never,
    };
    const client = await Client.open({ address: "127.0.0.1" });
    const errors: unknown[] = [];
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address };
    const slow = client.connect({ ...options, tickets: stalled, onTicketStoreError: (error) => errors.push(error) });
    const other = await client.connect(options);
    assert.equal(await other.checkLiveness(), true);
    const session = await slow;
    assert.equal(session.resumed, false);
    await session.close();
    assert.ok(errors.length >= 1 && errors.every((error) => error instanceof TicketStoreTimeoutError));
    await other.close();
    await client.close();
  });
});

test("hooks and a store that throw, each in every call, harm no session of the client, and are reported", async () => {
  await withGateway(async ({ address }) => {
    const throws = () => {
      throw new Error("not my day");
    };
    const tickets: ClientTicketStore = {
      load: throws,
      take: () => Promise.resolve(undefined),
      putBack: throws,
      save: throws,
      remove: throws,
      removeAllOf: throws,
    };
    const faults: unknown[] = [];
    const client = await Client.open({ address: "127.0.0.1", onFault: (fault) => faults.push(fault) });
    const options: SessionOptions = { configuration: clientConfiguration(), gateway: address };
    const hostile = { ...options, tickets, onTicketStoreError: throws, onEffect: throws };
    const [session, other] = await Promise.all([client.connect(hostile), client.connect(options)]);
    assert.equal(await session.checkLiveness(), true);
    assert.equal(await other.checkLiveness(), true);
    assert.ok(faults.length >= 2);
    await Promise.all([session.close(), other.close()]);
    await client.close();
  });
});
