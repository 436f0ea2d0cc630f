import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import type { StoreFailurePolicy } from "../../src/store/guarded_store.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { copyOf } from "../simulation/coming_back.ts";
import { lacksRedis, RedisServer } from "../store/redis_server.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const ticketKeys = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1000));
const skip = lacksRedis();

async function withGateways(storeFailure: StoreFailurePolicy, body: (ends: Ends) => Promise<void>): Promise<void> {
  const server = await RedisServer.start();
  const stores = await Promise.all([1, 2].map(() => openRedisStore({ url: server.url })));
  const changes: string[] = [];
  const gateways = await Promise.all(stores.map((store) =>
    Gateway.listen({
      configuration: responderConfiguration({
        identity: parseIdentity("gateway.example"),
        presharedKeyOf: () => SECRET,
        ticketKeys,
      }),
      addresses: ["127.0.0.1"],
      port: 0,
      natPort: 0,
      store,
      storeFailure,
      storeTimeoutMs: 200,
      onStoreChange: ({ type }) => changes.push(type),
    })
  ));
  const client = await Client.open({ address: "127.0.0.1" });
  const connectTo = (gateway: Gateway, ticket?: Ticket) =>
    client.connect({
      configuration: initiatorConfiguration({
        identity: parseIdentity("client@example.org"),
        peerIdentity: parseIdentity("gateway.example"),
        presharedKey: SECRET,
        retransmission: { initialMs: 200, factor: 1.5, maximumMs: 1_000, attempts: 8, jitter: 0 },
      }),
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
      ...(ticket && { ticket: copyOf(ticket) }),
    });
  try {
    await body({ server, gateways, changes, connectTo });
  } finally {
    await client.close();
    for (const gateway of gateways) await gateway.close();
    for (const store of stores) await store.close();
    await server.remove();
  }
}

type Ticket = Parameters<typeof copyOf>[0];

interface Ends {
  readonly server: RedisServer;
  readonly gateways: readonly Gateway[];
  readonly changes: readonly string[];
  readonly connectTo: (gateway: Gateway, ticket?: Ticket) => ReturnType<Client["connect"]>;
}

async function ticketFrom(ends: Ends): Promise<Ticket> {
  const session = await ends.connectTo(ends.gateways[0]);
  const ticket = session.abandon();
  assert.ok(ticket);
  return copyOf(ticket);
}

test("[R-4.3.1-2] of two gateways that share a server, one accepts a ticket and the other refuses it", { skip }, async () => {
  await withGateways("refuse", async (ends) => {
    const [first, second] = ends.gateways;
    const ticket = await ticketFrom(ends);
    assert.equal((await ends.connectTo(second, ticket)).resumed, true);
    assert.equal((await ends.connectTo(first, ticket)).resumed, false);
    assert.equal((await ends.connectTo(second, ticket)).resumed, false);
  });
});

test(
  "[R-4.3.1-2] while the server is stopped, a gateway that refuses takes clients by full exchanges, and resumes when it is back",
  {
    skip,
  },
  async () => {
    await withGateways("refuse", async (ends) => {
      const [first] = ends.gateways;
      const ticket = await ticketFrom(ends);
      await ends.server.stop();
      const during = await ends.connectTo(first, ticket);
      assert.equal(during.resumed, false);
      assert.deepEqual(ends.changes, ["store-down"]);
      const { store_failures_total, store_unasked_requests_total, tickets_refused_total, wave_faults_total } = first.counters;
      assert.ok(store_failures_total >= 1 && store_unasked_requests_total >= 1 && tickets_refused_total >= 1);
      assert.equal(wave_faults_total, 0);
      await ends.server.startAgain();
      const used = await resumedAtLast(ends, first, copyOf(during.abandon()!));
      assert.equal((await ends.connectTo(first, used)).resumed, false, "it is used now");
    });
  },
);

test("[R-4.3.1-2] while the server is stopped, a gateway that accepts takes each ticket once, and the server learns of it", {
  skip,
}, async () => {
  await withGateways("accept", async (ends) => {
    const [first, second] = ends.gateways;
    const ticket = await ticketFrom(ends);
    await ends.server.stop();
    assert.equal((await ends.connectTo(first, ticket)).resumed, true);
    assert.equal((await ends.connectTo(first, ticket)).resumed, false, "a second time at the same gateway");
    await ends.server.startAgain();
    // Each look at a ticket asks the server; the first that it answers pays what is owed.
    while (!ends.changes.includes("store-up")) {
      assert.equal((await ends.connectTo(first, ticket)).resumed, false);
      await pause(100);
    }
    assert.equal((await ends.connectTo(second, ticket)).resumed, false, "at the other gateway, by the server's word");
    assert.equal(first.counters.store_double_claims_total, 0);
  });
});

/** A client that makes a full exchange ends its earlier IKE SA, and with it that one's ticket: it presents the latest. Which one resumed. */
async function resumedAtLast(ends: Ends, gateway: Gateway, ticket: Ticket): Promise<Ticket> {
  for (;;) {
    const session = await ends.connectTo(gateway, ticket);
    if (session.resumed) return ticket;
    ticket = copyOf(session.abandon()!);
    await pause(100);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
