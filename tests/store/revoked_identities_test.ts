/**
 * Identities whose tickets were all taken back, where gateways of a domain have them in common.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openRedisStore } from "../../src/store/redis_store.ts";
import type { RevokedIdentity, RevokedIdentityStore } from "../../src/store/store_channel.ts";
import { testEveryStore } from "./every_store.ts";
import { lacksRedis, redisCommand, RedisServer } from "./redis_server.ts";

const NOW = Math.floor(Date.now() / 1_000);
const [FIRST, LATER] = [NOW - 60, NOW];
const HOUR = 3_600;
const FIELDS = "ike-resume:revoked-identities";

function revoked(untilEpochSeconds: number, lastExpiryEpochSeconds: number, key = "2:616c696365"): RevokedIdentity {
  return { key, untilEpochSeconds, lastExpiryEpochSeconds };
}

function inOrder(all: readonly RevokedIdentity[]): readonly RevokedIdentity[] {
  return [...all].sort((one, other) => one.key < other.key ? -1 : 1);
}

testEveryStore(
  "[R-9.8-1] what is told late of an identity, or by a gateway of shorter tickets, takes nothing back of what was told before",
  async ({ connect, setClock }) => {
    setClock(NOW);
    const [one, other] = [(await connect()).revokedIdentities, (await connect()).revokedIdentities];
    // A store without them is for one gateway alone.
    if (one === undefined || other === undefined) return;
    await one.add(revoked(LATER, NOW + HOUR));
    await other.add(revoked(FIRST, NOW + 2 * HOUR));
    await one.add(revoked(FIRST, NOW + HOUR, "2:626f62"));
    await other.add(revoked(LATER, NOW + HOUR / 2, "2:626f62"));
    for (const store of [one, other]) {
      assert.deepEqual(inOrder(await store.all()), [
        revoked(LATER, NOW + 2 * HOUR),
        revoked(LATER, NOW + HOUR, "2:626f62"),
      ]);
    }
  },
);

test(
  "[R-9.8-1] on Redis, what gateways of before have written counts as well, and what is over goes",
  { skip: lacksRedis() },
  async () => {
    const server = await RedisServer.start();
    const { revokedIdentities, close } = await opened(server.url);
    const told = (field: string, value: string) => redisCommand(server.port, "HSET", FIELDS, field, value);
    try {
      await told("2:6576", `${LATER} ${NOW + HOUR}`);
      await told("2:6f7665", `${LATER - 9 * HOUR} ${NOW - 8 * HOUR}`);
      await told("2:6e6f", "no numbers");
      for (const until of [LATER - 2, LATER - 1]) await revokedIdentities.add(revoked(until, NOW + HOUR, "2:6576"));
      assert.deepEqual(await revokedIdentities.all(), [revoked(LATER, NOW + HOUR, "2:6576")]);
      // The first and the last, which nobody can read.
      assert.equal(await redisCommand(server.port, "HLEN", FIELDS), ":2\r\n");
    } finally {
      await close();
      await server.remove();
    }
  },
);

async function opened(url: string): Promise<{ revokedIdentities: RevokedIdentityStore; close: () => Promise<void> }> {
  const store = await openRedisStore({ url });
  assert.ok(store.revokedIdentities);
  return { revokedIdentities: store.revokedIdentities, close: () => store.close() };
}
