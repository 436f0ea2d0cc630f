/**
 * Gateways of several workers in one domain: what a worker of one tells, the worker of the other hears that it concerns.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../../src/client/session.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";
import { openRedisStore } from "../../../src/store/redis_store.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { lacksRedis, RedisServer } from "../../store/redis_server.ts";
import { type GatewayOfWorkers, gatewayOfWorkers, killed, workerOf, WORKERS } from "../workers/gateway_of_workers.ts";
import { sameSpis } from "../workers/same_spis.ts";
import { sharedDomain } from "./shared_store.ts";

const ADDRESSES = ["127.0.0.1", "127.0.0.2"];
/** A ticket of one gateway is presented to the other, which is called the same. */
const OF_DOMAIN = { peerIdentity: parseIdentity("gateway.example") };
/** Who the clients of these tests are. */
const ALICE = parseIdentity("alice@example.org");

async function withTwoGateways(
  storeOf: (place: number) => GatewayStore,
  body: (one: GatewayOfWorkers, other: GatewayOfWorkers) => Promise<void>,
): Promise<void> {
  const ticketKeys = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000));
  const gateways: GatewayOfWorkers[] = [];
  try {
    for (const [place, address] of ADDRESSES.entries()) {
      gateways.push(await gatewayOfWorkers({ addresses: [address], store: storeOf(place), ticketKeys }));
    }
    await body(gateways[0], gateways[1]);
  } finally {
    for (const gateway of gateways) await gateway.close();
  }
}

/** Which worker of a gateway tells that an IKE SA of its own is gone, and why. */
async function downAt(
  { until }: GatewayOfWorkers,
  { spis }: Pick<Session, "spis">,
): Promise<[worker: number, reason?: string]> {
  const { index, reason } = await until((told) => told.type === "ike-sa-down" && sameSpis(told.spis, spis));
  return [index, reason];
}

/** A client goes from each worker of one gateway to each of the other, and back. */
async function comesBackElsewhere(one: GatewayOfWorkers, other: GatewayOfWorkers): Promise<void> {
  for (let from = 0; from < WORKERS; from++) {
    for (let to = 0; to < WORKERS; to++) {
      const first = await one.connect(from, undefined, OF_DOMAIN);
      const old = { spis: first.spis };
      const second = await other.connect(to, first.abandon(), OF_DOMAIN);
      assert.deepEqual([second.resumed, workerOf(second)], [true, to]);
      assert.deepEqual(await downAt(one, old), [from, "replaced-by-resumption"]);
      const third = await one.connect(to, second.ticket, OF_DOMAIN);
      assert.equal(third.resumed, true);
      assert.deepEqual(await downAt(other, second), [to, "replaced-by-resumption"]);
      second.abandon();
      await third.close();
    }
  }
}

test("[R-4.3.4-3] an IKE SA at a worker goes where it is once its client came back at a worker of another gateway of the domain", async () => {
  const shared = sharedDomain();
  await withTwoGateways(shared.connect, async (one, other) => {
    await comesBackElsewhere(one, other);
    for (const { gateway } of [one, other]) {
      const { domain_messages_unsent_total, domain_messages_refused_total, ike_sas_established } = await gateway.counters();
      assert.deepEqual([domain_messages_unsent_total, domain_messages_refused_total, ike_sas_established], [0, 0, 0]);
    }
    // What was used is not taken back as well: only what the last IKE SA of each round had, which its client deleted.
    const revoked = [...one.told, ...other.told].filter(({ type }) => type === "ticket-revoked");
    assert.equal(revoked.length, WORKERS * WORKERS);
  });
});

test("the workers of gateways that share a Redis server hear each other's so", { skip: lacksRedis() }, async () => {
  const server = await RedisServer.start();
  const stores = await Promise.all(ADDRESSES.map(() => openRedisStore({ url: server.url })));
  try {
    await withTwoGateways((place) => stores[place], comesBackElsewhere);
  } finally {
    for (const store of stores) await store.close();
    await server.remove();
  }
});

test("[C-7.9] a client that says INITIAL_CONTACT has left no IKE SA at any worker of any gateway, and of several at once one stays", async () => {
  const shared = sharedDomain();
  await withTwoGateways(shared.connect, async (one, other) => {
    const before = [await one.connect(0), await one.connect(1), await other.connect(0)];
    const told = before.map((session, place) => downAt(place < 2 ? one : other, session));
    const alone = { ...OF_DOMAIN, initialContact: true };
    // Known by its address, this gateway is another one to the client, which says INITIAL_CONTACT to both: of one gateway it says so once.
    const aloneThere = { initialContact: true };
    (await other.connect(1, undefined, alone)).abandon();
    assert.deepEqual(await Promise.all(told), [[0, "initial-contact"], [1, "initial-contact"], [0, "initial-contact"]]);
    for (let round = 0; round < 5; round++) {
      const both = await Promise.all([one.connect(round % WORKERS, undefined, alone), other.connect(0, undefined, aloneThere)]);
      both.forEach((session) => session.abandon());
      await untilOneIsLeft(one, other);
    }
  });
});

async function untilOneIsLeft(...gateways: readonly GatewayOfWorkers[]): Promise<void> {
  const deadline = performance.now() + 30_000;
  const left = async () => {
    const counters = await Promise.all(gateways.map(({ gateway }) => gateway.counters()));
    return counters.reduce((sum, { ike_sas_established }) => sum + ike_sas_established, 0);
  };
  while (await left() !== 1) {
    assert.ok(performance.now() < deadline, "in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("[R-9.8-1] an identity that was revoked at one gateway is refused by every worker of another, and by those started later", async () => {
  const shared = sharedDomain();
  await withTwoGateways(shared.connect, async (one, other) => {
    const tickets = [];
    for (let count = 0; count < WORKERS + 1; count++) tickets.push((await one.connect(0, undefined, OF_DOMAIN)).abandon()!);
    await one.gateway.revoke({ identity: ALICE });
    // Its channel has told it by the time that it has told its own workers.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let worker = 0; worker < WORKERS; worker++) {
      const session = await other.connect(worker, tickets[worker], OF_DOMAIN);
      assert.deepEqual([session.resumed, workerOf(session)], [false, worker]);
      session.abandon();
    }
    await killed(other.gateway, 1);
    const later = await other.connect(1, tickets[WORKERS], OF_DOMAIN);
    assert.deepEqual([later.resumed, workerOf(later)], [false, 1]);
    later.abandon();
  });
});
