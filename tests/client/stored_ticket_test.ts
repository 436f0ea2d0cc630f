/**
 * What becomes of stored tickets: effect by effect, then with a gateway on UDP.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, connect, type SessionOptions } from "../../src/client/client.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { StoredTicket } from "../../src/client/stored_ticket.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { DownReason, Effect } from "../../src/ike/states/effect.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import type { ClientTicketStore } from "../../src/ticket/client_ticket_store.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { assertSameTicket, exampleTicket, KEY, NOW } from "../store/client_ticket_example.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const TICKET_KEYS = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
const IMPATIENT = { initialMs: 20, factor: 1, maximumMs: 20, attempts: 2, jitter: 0 };
const SPIS = { initiatorSpi: 1n, responderSpi: 2n };
const UP: Effect = {
  type: "ike-sa-up",
  spis: SPIS,
  resumed: true,
  initiatorId: KEY.identity,
  responderId: exampleTicket().responderId,
  local: { address: "192.0.2.2", port: 500 },
  remote: { address: "192.0.2.1", port: 500 },
};
const RECEIVED: Effect = { type: "ticket-received", ticket: exampleTicket(2) };

function down(reason: DownReason): Effect {
  return { type: "ike-sa-down", spis: SPIS, reason };
}

function failed(reason: "nack" | "no-answer" | "refused"): Effect {
  return { type: "resumption-failed", reason };
}

/** Which ticket is in the store after these effects, if one was there before them. */
async function leftAfter(...effects: Effect[]): Promise<"none" | "old" | "new"> {
  const store = new MemoryClientTickets();
  await store.save(KEY, exampleTicket(1));
  const errors: unknown[] = [];
  const stored = new StoredTicket(store, { gateways: [KEY.gateway], identity: KEY.identity }, (error) => errors.push(error));
  assertSameTicket(await stored.present(NOW, () => true), exampleTicket(1));
  assert.equal(await store.load(KEY, NOW), undefined);
  for (const effect of effects) stored.take(effect);
  await stored.settled;
  assert.deepEqual(errors, []);
  const ticket = await store.load(KEY, NOW);
  return ticket === undefined ? "none" : ticket.skD[0] === 1 ? "old" : "new";
}

test("[R-4.3.1-2] a ticket that an IKE SA was established with is gone, and the next one takes its place", async () => {
  assert.equal(await leftAfter(UP), "none");
  assert.equal(await leftAfter(UP, RECEIVED), "new");
});

test("[R-4.3.2-3] a refused ticket is gone, and is never presented again by anyone who has the store", async () => {
  assert.equal(await leftAfter(failed("nack")), "none");
  assert.equal(await leftAfter(failed("refused")), "none");
});

test("[R-4.3.1-2] an interrupted resumption leaves the ticket usable", async () => {
  assert.equal(await leftAfter(failed("no-answer"), down("no-answer")), "old");
  assert.equal(await leftAfter(down("deleted-by-us")), "old", "an attempt that was given up before it was answered");
});

test("[R-6.2-1] when either end deletes the IKE SA its ticket is gone; when the gateway falls silent it stays", async () => {
  for (const reason of ["deleted-by-us", "deleted-by-peer"] as const) {
    assert.equal(await leftAfter(UP, RECEIVED, down(reason)), "none");
  }
  assert.equal(await leftAfter(UP, RECEIVED, down("no-answer")), "new");
});

test("[R-6.2-1] when the IKE SA is rekeyed its ticket is gone, and the one for the new IKE SA is kept", async () => {
  assert.equal(await leftAfter(UP, RECEIVED, { type: "ticket-invalidated", spis: SPIS }), "none");
  assert.equal(await leftAfter(UP, RECEIVED, { type: "ticket-invalidated", spis: SPIS }, RECEIVED), "new");
});

test("what the store is given is a copy of the ticket as it was received", async () => {
  const store = new MemoryClientTickets();
  const stored = new StoredTicket(
    store,
    { gateways: [KEY.gateway], identity: KEY.identity },
    (error) => assert.fail(String(error)),
  );
  const ticket = exampleTicket(2);
  stored.take({ type: "ticket-received", ticket });
  ticket.skD.fill(0);
  await stored.settled;
  assertSameTicket(await store.load(KEY, NOW), exampleTicket(2));
});

test("a store that fails is told of each time, and the change after it is made all the same", async () => {
  const memory = new MemoryClientTickets();
  const errors: unknown[] = [];
  const store: ClientTicketStore = {
    load: (key, now) => memory.load(key, now),
    take: (key, now) => memory.take(key, now),
    putBack: (key, ticket) => memory.putBack(key, ticket),
    save: (key, ticket) => memory.save(key, ticket),
    remove: () => Promise.reject(new Error("disk full")),
    removeAllOf: (identity) => memory.removeAllOf(identity),
  };
  await store.save(KEY, exampleTicket(1));
  const stored = new StoredTicket(store, { gateways: [KEY.gateway], identity: KEY.identity }, (error) => errors.push(error));
  await stored.present(NOW, () => true);
  stored.take(UP);
  stored.take(RECEIVED);
  await stored.settled;
  assert.equal(errors.length, 1);
  assertSameTicket(await memory.load(KEY, NOW), exampleTicket(2));
});

interface Scene {
  readonly options: SessionOptions & { readonly tickets: MemoryClientTickets };
  readonly effects: Effect[];
  readonly gateway: Gateway;
  /** The ticket in the store. */
  stored(): ReturnType<ClientTicketStore["load"]>;
  /** The gateway, started again on its ports without its IKE SAs. */
  restart(change?: Partial<ResponderOptions>): Promise<void>;
}

/** A gateway, and what a client needs to come to it with a store. */
async function withGateway(body: (scene: Scene) => Promise<void>, change: Partial<InitiatorConfiguration> = {}): Promise<void> {
  let ports = { port: 0, natPort: 0 };
  const listen = (change: Partial<ResponderOptions> = {}) =>
    Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys: TICKET_KEYS,
        ...change,
      }),
      addresses: ["127.0.0.1"],
      ...ports,
    });
  let gateway = await listen();
  ports = { port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port };
  const effects: Effect[] = [];
  const identity = parseIdentity("client@example.org");
  const tickets = new MemoryClientTickets();
  try {
    await body({
      options: {
        configuration: initiatorConfiguration({
          identity,
          presharedKey: SECRET,
          refusalPatienceMs: 10,
          ...change,
        }),
        gateway: { address: "127.0.0.1", ...ports },
        tickets,
        onEffect: (effect) => effects.push(effect),
      },
      effects,
      get gateway() {
        return gateway;
      },
      stored: () => tickets.load({ gateway: `127.0.0.1:${ports.port}`, identity }, systemClock().epochSeconds),
      async restart(change) {
        await gateway.close();
        gateway = await listen(change);
      },
    });
  } finally {
    await gateway.close();
  }
}

test("[R-4.2-3] with a store a client that knows nothing else resumes, keeps the next ticket, and on close has none", async () => {
  await withGateway(async ({ options, stored }) => {
    const first = await connect(options);
    assert.equal(first.resumed, false);
    assertSameTicket(await stored(), first.ticket!);
    first.abandon();
    const before = await stored();
    assert.ok(before, "leaving without a word leaves the ticket");

    const second = await connect(options);
    assert.equal(second.resumed, true);
    const next = await stored();
    assert.notDeepEqual(next?.ticket, before.ticket);
    await second.close();
    assert.equal(await stored(), undefined);
    const third = await connect(options);
    assert.equal(third.resumed, false);
    await third.close();
  });
});

test("[R-4.3.2-9] gateways with one identity take each other's tickets; where none is required, an address has tickets of its own", async () => {
  for (const peerIdentity of [parseIdentity("gateway.example"), undefined]) {
    await withGateway(async ({ options, gateway }) => {
      const other = await Gateway.listen({
        configuration: responderConfiguration({
          identity: parseIdentity("gateway.example"),
          presharedKeyOf: () => SECRET,
          ticketKeys: TICKET_KEYS,
        }),
        addresses: ["127.0.0.1"],
        port: 0,
        natPort: 0,
      });
      (await connect(options)).abandon();
      const there = { ...other.local[0], natPort: other.encapsulatedLocal[0].port };
      assert.notEqual(there.port, gateway.local[0].port);
      const session = await connect({ ...options, gateway: there });
      assert.equal(session.resumed, peerIdentity !== undefined);
      await session.close();
      await other.close();
    }, { ...(peerIdentity && { peerIdentity }) });
  }
});

test("[R-6.2-1] on log out the ticket of this session is gone, and so are those of the identity elsewhere", async () => {
  await withGateway(async ({ options, stored }) => {
    const elsewhere = { gateway: "192.0.2.9:500", identity: options.configuration.identity };
    const soon = { ...exampleTicket(), expiresAtEpochSeconds: systemClock().epochSeconds + 60 };
    await options.tickets.save(elsewhere, soon);
    const session = await connect(options);
    assert.ok(await stored());
    await session.logOut();
    assert.equal(await session.closed, "deleted-by-us");
    assert.equal(await stored(), undefined);
    assert.equal(await options.tickets.load(elsewhere, systemClock().epochSeconds), undefined);
  });
});

test("[R-6.2-1] when the gateway deletes the IKE SA the client's stored ticket goes with it", async () => {
  await withGateway(async ({ options, stored, gateway }) => {
    const session = await connect(options);
    assert.ok(await stored());
    await gateway.deleteSa(session.spis);
    assert.equal(await session.closed, "deleted-by-peer");
    assert.equal(await stored(), undefined);
  });
});

test("[R-6.2-1] log out after the session was abandoned takes the ticket as well", async () => {
  await withGateway(async ({ options, stored }) => {
    const session = await connect(options);
    session.abandon();
    assert.ok(await stored());
    await session.logOut();
    assert.equal(await stored(), undefined);
  });
});

test("[R-4.3.2-3] a ticket that one client saw refused is presented by no other that shares the store", async () => {
  await withGateway(async ({ options, effects, stored, restart }) => {
    (await connect(options)).abandon();
    assert.ok(await stored());
    const keys = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
    await restart({ ticketKeys: keys, issueTickets: false });
    const refused = await connect(options);
    assert.equal(refused.resumed, false);
    assert.equal(effects.filter(({ type }) => type === "resumption-failed").length, 1);
    refused.abandon();
    assert.equal(await stored(), undefined);
    const other = await Client.open({ address: "127.0.0.1" });
    const session = await other.connect(options);
    assert.equal(effects.filter(({ type }) => type === "resumption-failed").length, 1, "nothing was presented");
    await session.close();
    await other.close();
  });
});

test("[R-4.3.1-2] a gateway that does not answer leaves the ticket in the store, for when it is back", async () => {
  await withGateway(async ({ options, stored, restart, gateway }) => {
    (await connect(options)).abandon();
    const before = await stored();
    await gateway.close();
    // Where an answer is to come, patience: on a busy machine the first one may take longer than this.
    const impatient = { ...options, configuration: { ...options.configuration, retransmission: IMPATIENT } };
    await assert.rejects(connect(impatient), (error) => error instanceof ConnectionError && error.reason === "no-answer");
    assertSameTicket(await stored(), before!);
    await restart();
    const session = await connect(options);
    assert.equal(session.resumed, true);
    await session.close();
  });
});

test("a store that cannot be read fails the connection before anything is sent; one that cannot be written does not", async () => {
  await withGateway(async ({ options, effects }) => {
    const broken: ClientTicketStore = {
      load: () => Promise.reject(new Error("unreadable")),
      take: () => Promise.reject(new Error("unreadable")),
      putBack: () => Promise.reject(new Error("unwritable")),
      save: () => Promise.reject(new Error("unwritable")),
      remove: () => Promise.reject(new Error("unwritable")),
      removeAllOf: () => Promise.reject(new Error("unwritable")),
    };
    await assert.rejects(connect({ ...options, tickets: broken }), /unreadable/);
    assert.deepEqual(effects, []);
    const errors: unknown[] = [];
    const tickets = { ...broken, take: () => Promise.resolve(undefined) };
    const session = await connect({ ...options, tickets, onTicketStoreError: (error) => errors.push(error) });
    assert.equal(errors.length, 1, "the new ticket could not be kept");
    await session.close();
  });
});

test("[R-9.7-1] neither printing a session with a store, its ticket, nor their JSON shows SK_d", async () => {
  await withGateway(async ({ options, stored }) => {
    const session = await connect(options);
    const kept = await stored();
    const values = [session, session.ticket, kept, options.tickets];
    const shown = inspect(values, { depth: 20, showHidden: true, maxArrayLength: null, getters: false }) +
      JSON.stringify(values);
    const { skD } = session.ticket!;
    for (const secret of [[...skD].join(", "), [...skD].join(","), JSON.stringify({ ...skD }).slice(1, -1)]) {
      assert.ok(!shown.includes(secret));
    }
    await session.close();
  });
});
