/**
 * Who may use a Redis store, and whose store it is: TLS with an authority of one's own, users with few rights, another program's keys.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { parseRedisAddress } from "../../src/store/redis_address.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { CERTIFICATE, KEY } from "./redis_certificate.ts";
import { freePort, lacksRedis, redisCommand, RedisServer } from "./redis_server.ts";

const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const claimOf = (ticketId: string) => ({ ticketId, expiresAtEpochSeconds: EXPIRES });
const skip = lacksRedis();

/** A server that takes TLS alone from clients which prove themselves, or from any; `parameters` name the files. */
async function withTlsServer(
  authenticates: boolean,
  body: (port: number, parameters: { readonly ca: string; readonly own: string }) => Promise<void>,
): Promise<void> {
  const folder = new TemporaryFolder("ike-resume-redis-tls-");
  const [certificate, key] = ["certificate", "key"].map((name) => join(folder.path, name));
  writeFileSync(certificate, CERTIFICATE);
  writeFileSync(key, KEY, { mode: 0o600 });
  const port = await freePort();
  const server = await RedisServer.start(undefined, () => [
    ...["--tls-port", `${port}`, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate],
    ...["--tls-auth-clients", authenticates ? "yes" : "no"],
  ]);
  try {
    await body(port, { ca: `ca=${certificate}`, own: `cert=${certificate}&key=${key}` });
  } finally {
    await server.remove();
    folder.remove();
  }
}

test(
  "a server whose certificate an authority of the user's has signed is believed, by rediss:// and ca",
  { skip },
  async () => {
    await withTlsServer(false, async (port, { ca }) => {
      const store = await openRedisStore({ url: `rediss://127.0.0.1:${port}?${ca}` });
      assert.deepEqual(await store.claims.claim([claimOf("a"), claimOf("a")]), [true, false]);
      await store.close();
      const stranger = await openRedisStore({ url: `rediss://127.0.0.1:${port}`, connectTimeoutMs: 300 });
      await assert.rejects(async () => await stranger.claims.claim([claimOf("b")]), { name: "StoreError" });
      await stranger.close();
    });
  },
);

test("a server that wants clients to prove themselves gets the certificate that cert and key name", { skip }, async () => {
  await withTlsServer(true, async (port, { ca, own }) => {
    const store = await openRedisStore({ url: `rediss://127.0.0.1:${port}?${ca}&${own}` });
    assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
    await store.close();
    const nobody = await openRedisStore({ url: `rediss://127.0.0.1:${port}?${ca}`, connectTimeoutMs: 300 });
    await assert.rejects(async () => await nobody.claims.claim([claimOf("b")]), { name: "StoreError" });
    await nobody.close();
  });
});

/** As docs/stores.md says it. */
const RIGHTS =
  "~ike-resume:* &ike-resume:* -@all +set +mget +get +del +expireat +ping +wait +hset +hgetall +hdel +publish +subscribe";

test(
  "a user with the rights that are documented, and no others, serves for everything; one without a right is refused at the start",
  { skip },
  async () => {
    const server = await RedisServer.start();
    const setUser = (name: string, rights: string) =>
      redisCommand(server.port, "ACL", "SETUSER", name, "on", ">se:cr@t", ...rights.split(" "));
    const url = (name: string) => `redis://${name}:${encodeURIComponent("se:cr@t")}@127.0.0.1:${server.port}`;
    try {
      assert.equal(await setUser("gateway", RIGHTS), "+OK\r\n");
      const store = await openRedisStore({ url: url("gateway") });
      assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
      assert.deepEqual(await store.claims.isClaimed([claimOf("a")]), [true]);
      const state = new TextEncoder().encode("a state");
      assert.deepEqual(await store.ticketStates.put([{ reference: "r", state, expiresAtEpochSeconds: EXPIRES }]), [true]);
      assert.deepEqual(await store.ticketStates.get(["r"]), [state]);
      assert.deepEqual(await store.ticketStates.delete(["r"]), [true]);
      await store.revocations.add([claimOf("a")]);
      assert.deepEqual(await store.revocations.has([claimOf("a")]), [true]);
      await store.close();

      assert.equal(await setUser("reader", RIGHTS.replace("+set ", "")), "+OK\r\n");
      await assert.rejects(openRedisStore({ url: url("reader") }), { kind: "credentials", message: /NOPERM/ });
      await assert.rejects(openRedisStore({ url: url("stranger") }), (error: Error) => {
        assert.match(error.message, /WRONGPASS/);
        assert.doesNotMatch(error.message, /se:cr@t|se%3A/);
        return true;
      });
    } finally {
      await server.remove();
    }
  },
);

test(
  "what another program or another version keeps under the prefix is refused at the start, and when it comes later, and is left alone",
  {
    skip,
  },
  async () => {
    const server = await RedisServer.start();
    try {
      await redisCommand(server.port, "SET", "theirs:shape", "ike-resume store 7");
      await redisCommand(server.port, "HSET", "list:shape", "a", "b");
      for (const prefix of ["theirs:", "list:"]) {
        await assert.rejects(openRedisStore({ url: `${server.url}?prefix=${prefix}` }), (error: Error & { kind?: string }) => {
          assert.equal(error.kind, "version");
          assert.match(error.message, new RegExp(`${prefix}shape is .*, expected "ike-resume store 1".*name another prefix`));
          return true;
        });
      }
      assert.equal(await redisCommand(server.port, "GET", "theirs:shape"), "$18\r\nike-resume store 7\r\n");

      const store = await openRedisStore({ url: server.url });
      assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
      await redisCommand(server.port, "SET", "ike-resume:shape", "another");
      await server.stop();
      await server.startAgain();
      const deadline = performance.now() + 10_000;
      let kind: unknown;
      while (kind !== "version" && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        kind = await Promise.resolve(store.claims.claim([claimOf("b")])).then(() => "accepted", (error) => error.kind);
      }
      assert.equal(kind, "version");
      await store.close();
    } finally {
      await server.remove();
    }
  },
);

test("addresses of servers, Sentinels and clusters are read as they are written, and what makes no sense is refused without a word of it", () => {
  const { name, hosts, credentials, database, keyPrefix, tls } = parseRedisAddress(
    "rediss://u%40x:p%3A@db.example:7000/3?prefix=a:",
  );
  assert.deepEqual([name, hosts, credentials, database, keyPrefix, tls], [
    "rediss://db.example:7000/3",
    [{ host: "db.example", port: 7000 }],
    { username: "u@x", password: "p:" },
    3,
    "a:",
    {},
  ]);
  const sentinel = parseRedisAddress("redis+sentinel://:p@one,[2001:db8::1]:26380/tickets/2?sentinel-password=q&replicas=1");
  assert.deepEqual(sentinel, {
    name: "redis+sentinel://one,[2001:db8::1]:26380/tickets/2",
    kind: "sentinel",
    hosts: [{ host: "one", port: 26379 }, { host: "2001:db8::1", port: 26380 }],
    credentials: { password: "p" },
    primaryName: "tickets",
    database: 2,
    sentinelCredentials: { password: "q" },
    keyPrefix: "ike-resume:",
    replicas: 1,
  });
  const cluster = parseRedisAddress("redis+cluster://one:1,two:2");
  assert.deepEqual([cluster.kind, cluster.hosts.length, cluster.database], ["cluster", 2, 0]);
  const wrong = [
    ...[
      "redis://one,two",
      "redis://",
      "redis://one:0",
      "redis://one:70000",
      "redis://one/x",
      "redis+sentinel://one",
      "http://one",
    ],
    ...[
      "redis+cluster://one/3",
      "redis+sentinel://one/",
      "redis://%zz@one",
      "redis://secret-word@one?replicas=many",
      "redis://one?x=1",
    ],
    ...["redis://one?ca=/etc/hostname", "rediss://one?cert=/etc/hostname", "rediss://one?ca=/there/is/none"],
  ];
  for (const url of wrong) {
    assert.throws(() => parseRedisAddress(url), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, "configuration", url);
      assert.doesNotMatch(error.message, /secret-word/);
      return true;
    });
  }
});
