/**
 * Redis and Valkey under Sentinels and in a cluster: what is kept over a failover, and that nothing is accepted twice.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardedStore } from "../../src/store/guarded_store.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { ClusterGroup, lacksRedisCli, SentinelGroup } from "./redis_group.ts";
import { lacksRedis, redisCommand, RedisServer, serversUnderTest } from "./redis_server.ts";

const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const claimOf = (ticketId: string) => ({ ticketId, expiresAtEpochSeconds: EXPIRES });
const skip = lacksRedis() || lacksRedisCli();
/** How soon after a new primary claims have to succeed again; the machine that runs the tests may take its time, and so is not held to it. */
const GIVE_UP_MS = 20_000;

function testEveryServer(title: string, body: (program: string) => Promise<void>): void {
  for (const { name, program, skip } of serversUnderTest()) {
    test(`${title} (${name})`, { skip: skip || lacksRedisCli() }, () => body(program));
  }
}

/** Claims the same tickets over and over while `disturb` lasts, and until claims succeed again. Gives how often each was accepted. */
async function stormDuring(stores: readonly GuardedStore[], disturb: () => Promise<unknown>): Promise<Map<string, number>> {
  const accepted = new Map<string, number>();
  let isOver = false;
  let next = 0;
  const storm = async (store: GuardedStore, of: number) => {
    while (!isOver) {
      const batch = Array.from({ length: 16 }, (_, number) => claimOf(`ticket-${next + number}`));
      const claimed = await store.claims.claim(batch);
      batch.forEach(({ ticketId }, index) => {
        if (claimed[index] === true) accepted.set(ticketId, (accepted.get(ticketId) ?? 0) + 1);
      });
      if (of === 0 && claimed.every((one) => one !== undefined)) next += 16;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const storms = stores.map((store, index) => storm(store, index));
  await disturb();
  const deadline = performance.now() + GIVE_UP_MS;
  const isBack = async (store: GuardedStore) => (await store.claims.claim([claimOf(`back-${Math.random()}`)]))[0] === true;
  for (const store of stores) {
    while (!await isBack(store)) {
      assert.ok(performance.now() < deadline, "claims do not succeed again");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  // A busy machine may have answered none of them until now: those that were claimed, and not told, are refused from now on, and others follow.
  while (accepted.size === 0) {
    assert.ok(performance.now() < deadline, "nothing is accepted");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  isOver = true;
  await Promise.all(storms);
  return accepted;
}

testEveryServer(
  "Sentinels: in the midst of claims the primary dies, nothing is accepted twice, what was claimed stays claimed, and claims go on at the new one",
  async (program) => {
    const group = await SentinelGroup.start(2, program);
    const url = `${group.url}?replicas=1`;
    const stores = await Promise.all([1, 2].map(async () => new GuardedStore(await openRedisStore({ url }))));
    try {
      await stores[0].claims.claim([claimOf("before")]);
      await stores[0].revocations.add([claimOf("revoked before")]);
      const accepted = await stormDuring(stores, () => group.failOver());
      assert.ok(accepted.size > 0);
      assert.deepEqual([...accepted].filter(([, count]) => count > 1), []);
      assert.deepEqual(await stores[1].claims.claim([claimOf("before")]), [false]);
      assert.deepEqual(await stores[1].revocations.has([claimOf("revoked before")]), [true]);
      for (const store of stores) assert.equal(store.counters.store_double_claims_total, 0);
    } finally {
      for (const store of stores) await store.close();
      await group.remove();
    }
  },
);

test(
  "Sentinels: a primary that was told to step down is left for the new one, although it goes on answering",
  { skip },
  async () => {
    const group = await SentinelGroup.start(1);
    const store = new GuardedStore(await openRedisStore({ url: `${group.url}?replicas=1` }));
    try {
      const old = await group.primary();
      assert.deepEqual(await store.claims.claim([claimOf("before")]), [true]);
      const accepted = await stormDuring([store], async () => {
        const { port } = new URL(group.url.replace("redis+sentinel", "redis").replace(/,.*\//, "/"));
        assert.equal(await redisCommand(Number(port), "SENTINEL", "FAILOVER", "tickets"), "+OK\r\n");
        await group.successorOf(old);
      });
      assert.ok(accepted.size > 0);
      assert.deepEqual(await store.claims.claim([claimOf("before")]), [false]);
    } finally {
      await store.close();
      await group.remove();
    }
  },
);

test("a claim that too few replicas have is no claim, and the ticket stays used", { skip }, async () => {
  const server = await RedisServer.start();
  const store = await openRedisStore({ url: `${server.url}?replicas=1` });
  const one = await openRedisStore({ url: server.url });
  try {
    await assert.rejects(async () => await store.claims.claim([claimOf("lonely")]), {
      name: "StoreError",
      kind: "unavailable",
      message: /0 replicas had what was written in 300 ms, expected 1/,
    });
    assert.deepEqual(await one.claims.claim([claimOf("lonely")]), [false]);
  } finally {
    await store.close();
    await one.close();
    await server.remove();
  }
});

testEveryServer(
  "who claimed a ticket and was not told claims it again, once replicas have it, and nobody else does",
  async (program) => {
    const group = await SentinelGroup.start(1, program);
    const store = await openRedisStore({ url: `${group.url}?replicas=1` });
    const one = await openRedisStore({ url: group.url });
    // A server waits for what was written over the connection that it is asked on.
    const another = await openRedisStore({ url: `${group.url}?replicas=1` });
    const replica = group.servers[1];
    const ownClaim = { ...claimOf("own"), claimant: 0xfedc_ba98_7654_3210n };
    try {
      assert.deepEqual(await store.claims.claim([ownClaim]), [true]);
      assert.deepEqual(await store.claims.claim([ownClaim]), [true]);
      assert.deepEqual(await store.claims.claim([{ ...ownClaim, claimant: 1n }, claimOf("own")]), [false, false]);
      // A claim of an earlier version has no claimant, and is nobody's own.
      assert.deepEqual(await one.claims.claim([claimOf("of nobody")]), [true]);
      assert.deepEqual(await store.claims.claim([{ ...ownClaim, ticketId: "of nobody" }, claimOf("of nobody")]), [
        false,
        false,
      ]);
      // Sentinels would take a replica that stands still for gone, and it is no more than that.
      replica.pause();
      const late = { ...ownClaim, ticketId: "late" };
      for (const connection of [store, another]) {
        await assert.rejects(async () => await connection.claims.claim([late]), /0 replicas/);
      }
      replica.goOn();
      const deadline = performance.now() + GIVE_UP_MS;
      const claimed = async () => (await store.claims.claim([late]))[0];
      while (await claimed().catch(() => undefined) !== true) assert.ok(performance.now() < deadline, "in time");
    } finally {
      for (const connection of [store, one, another]) await connection.close();
      await group.remove();
    }
  },
);

test("Sentinels that do not know the name, and none at all, leave a store down, and say so", { skip }, async () => {
  const told: string[] = [];
  const server = await RedisServer.start();
  const open = (url: string) =>
    openRedisStore({ url, connectTimeoutMs: 300, onConnectionError: ({ message }) => told.push(message) });
  // A server that is no Sentinel does not know the command.
  const stores = [
    await open(`redis+sentinel://127.0.0.1:${server.port}/tickets`),
    await open("redis+sentinel://127.0.0.1:1/tickets"),
  ];
  try {
    for (const store of stores) {
      await assert.rejects(async () => await store.claims.claim([claimOf("a")]), {
        kind: "unavailable",
        message: /no primary is known/,
      });
    }
    const deadline = performance.now() + GIVE_UP_MS;
    for (const expected of [/SENTINEL/i, /ECONNREFUSED|refused/i]) {
      while (!told.some((line) => expected.test(line))) {
        assert.ok(performance.now() < deadline, told.join("; "));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  } finally {
    for (const store of stores) await store.close();
    await server.remove();
  }
});

testEveryServer(
  "a cluster keeps claims, states and revocations over its servers, and goes on after one of them died: what was claimed stays claimed",
  async (program) => {
    const group = await ClusterGroup.start(program);
    const url = `${group.url}?replicas=0`;
    const stores = await Promise.all([1, 2].map(async () => new GuardedStore(await openRedisStore({ url }))));
    try {
      const names = Array.from({ length: 40 }, (_, number) => `of-many-${number}`);
      assert.deepEqual(await stores[0].claims.claim(names.map(claimOf)), names.map(() => true));
      assert.deepEqual(await stores[1].claims.isClaimed([claimOf("of-many-3"), claimOf("other")]), [true, false]);
      const state = new TextEncoder().encode("a state");
      assert.deepEqual(
        await stores[0].ticketStates.put(names.map((reference) => ({ reference, state, expiresAtEpochSeconds: EXPIRES }))),
        names.map(() => true),
      );
      assert.deepEqual(await stores[1].ticketStates.get(["of-many-1", "none", "of-many-2"]), [state, undefined, state]);
      assert.deepEqual(await stores[1].ticketStates.delete(["of-many-1", "none"]), [true, false]);
      await stores[0].revocations.add(names.map(claimOf));
      const held = await Promise.all(
        group.servers.map(async ({ port }) => Number((await redisCommand(port, "DBSIZE")).slice(1))),
      );
      assert.ok(held.filter((count) => count > 10).length >= 3, `keys are spread: ${held}`);
      // Replication is asynchronous: what was claimed long enough ago has arrived.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const accepted = await stormDuring(stores, () => group.failOver());
      assert.ok(accepted.size > 0);
      assert.deepEqual(await stores[1].claims.claim(names.map(claimOf)), names.map(() => false));
      assert.deepEqual(await stores[1].revocations.has(names.map(claimOf)), names.map(() => true));
    } finally {
      for (const store of stores) await store.close();
      await group.remove();
    }
  },
);
