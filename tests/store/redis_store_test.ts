import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import type { StoreChange } from "../../src/store/guarded_store.ts";
import { GuardedStore } from "../../src/store/guarded_store.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { lacksRedis, RedisServer } from "./redis_server.ts";

const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const claimOf = (ticketId: string) => ({ ticketId, expiresAtEpochSeconds: EXPIRES });
const skip = lacksRedis();

test("a URL that makes no sense is refused, and what it says is not repeated", async () => {
  for (const url of ["http://secret@host", "redis://", "redis://host:secret", "redis://:secret@host/name", "secret"]) {
    await assert.rejects(openRedisStore({ url }), (error: Error & { kind?: string }) => {
      assert.equal(error.name, "StoreError");
      assert.equal(error.kind, "configuration");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
  await assert.rejects(openRedisStore({ url: "redis://host?prefx=a" }), {
    kind: "configuration",
    message: /unknown parameter prefx/,
  });
});

test("[R-6.1-4] a wrong password and a missing one are refused at the start, and not repeated", { skip }, async () => {
  const server = await RedisServer.start("right-password");
  try {
    for (const credentials of [":wrong-password@", ""]) {
      const url = server.url.replace(":right-password@", credentials);
      await assert.rejects(openRedisStore({ url }), (error: Error & { kind?: string }) => {
        assert.equal(error.kind, "credentials");
        assert.doesNotMatch(error.message, /password@|wrong-password/);
        return true;
      });
    }
    const store = await openRedisStore({ url: server.url });
    assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
    assert.equal(store.name, `redis://127.0.0.1:${server.port}`);
    await store.close();
  } finally {
    await server.remove();
  }
});

test("[R-6.1-2] what a wave asks is one round trip, whatever it asks and of however many tickets", { skip }, async () => {
  const server = await RedisServer.start();
  const proxy = await TurnCounter.before(server.port);
  const store = await openRedisStore({ url: `redis://127.0.0.1:${proxy.port}` });
  try {
    const batch = Array.from({ length: 64 }, (_, index) => claimOf(`ticket-${index}`));
    const names = batch.map(({ ticketId }) => ticketId);
    const states = names.map((reference) => ({ reference, state: new Uint8Array(200), expiresAtEpochSeconds: EXPIRES }));
    const waves: readonly (() => unknown)[] = [
      () => store.claims.claim(batch),
      () => store.claims.isClaimed(batch),
      () => store.ticketStates.put(states),
      () => store.ticketStates.get(names),
      () => store.ticketStates.delete(names),
      () => store.revocations.add(batch),
      () => store.revocations.has(batch),
    ];
    for (const wave of waves) {
      const before = proxy.turns;
      await wave();
      assert.equal(proxy.turns - before, 1, String(wave));
    }
  } finally {
    await store.close();
    await proxy.close();
    await server.remove();
  }
});

test(
  "[R-4.3.1-2] a server that is killed and started again: nothing acknowledged is lost, under both settings",
  { skip },
  async () => {
    const server = await RedisServer.start();
    const stores = await Promise.all((["refuse", "accept"] as const).map(async (whenDown) => {
      const changes: StoreChange["type"][] = [];
      const redis = await openRedisStore({ url: `${server.url}?prefix=${whenDown}:` });
      const store = new GuardedStore(redis, { whenDown, onChange: ({ type }) => changes.push(type) });
      return { store, changes, accepts: whenDown === "accept" };
    }));
    try {
      for (const { store } of stores) {
        assert.deepEqual(await store.claims.claim([claimOf("before")]), [true]);
        await store.ticketStates.put([{ reference: "deleted", state: Uint8Array.of(1), expiresAtEpochSeconds: EXPIRES }]);
      }
      await server.stop();
      for (const { store, changes, accepts } of stores) {
        assert.deepEqual(await store.claims.isClaimed([claimOf("during")]), [accepts ? false : "unknown"]);
        assert.deepEqual(
          await store.claims.claim([claimOf("during"), claimOf("during")]),
          accepts ? [true, false] : [undefined, undefined],
        );
        assert.deepEqual(await store.claims.isClaimed([claimOf("during")]), [accepts ? true : "unknown"]);
        assert.deepEqual(
          await store.ticketStates.put([{ reference: "r", state: Uint8Array.of(1), expiresAtEpochSeconds: EXPIRES }]),
          [false],
        );
        assert.deepEqual(await store.ticketStates.get(["deleted"]), ["unknown"]);
        assert.deepEqual(await store.ticketStates.delete(["deleted"]), [undefined]);
        await store.revocations.add([claimOf("revoked")]);
        assert.deepEqual(await store.revocations.has([claimOf("revoked"), claimOf("other")]), [
          true,
          accepts ? false : "unknown",
        ]);
        assert.deepEqual(changes, ["store-down"]);
        assert.equal(store.isDown, true);
        assert.ok(store.counters.store_failures_total >= 1);
        assert.equal(store.counters.store_unasked_requests_total, 10);
        assert.equal(store.owedWrites, accepts ? 3 : 2);
      }
      await server.startAgain();
      for (const { store, changes, accepts } of stores) {
        while (store.isDown) {
          await pause(50);
          await store.claims.isClaimed([claimOf("ask")]);
        }
        await store.settle();
        assert.deepEqual(changes, ["store-down", "store-up"]);
        assert.equal(store.owedWrites, 0);
        // What was owed is asked of the server by a connection that owes nothing.
        const other = await openRedisStore({ url: `${server.url}?prefix=${accepts ? "accept" : "refuse"}:` });
        assert.deepEqual(await other.claims.isClaimed([claimOf("before"), claimOf("during"), claimOf("ask")]), [
          true,
          accepts,
          false,
        ]);
        assert.deepEqual(await other.revocations.has([claimOf("revoked"), claimOf("other")]), [true, false]);
        assert.deepEqual(await other.ticketStates.get(["deleted"]), [undefined]);
        await other.close();
        assert.equal(store.counters.store_double_claims_total, 0);
      }
    } finally {
      for (const { store } of stores) await store.close();
      await server.remove();
    }
  },
);

test("a ticket that two gateways accepted while the server was down is counted when it is back", { skip }, async () => {
  const server = await RedisServer.start();
  const gateways = await Promise.all(
    [1, 2].map(async () => new GuardedStore(await openRedisStore({ url: server.url }), { whenDown: "accept" })),
  );
  try {
    await server.stop();
    for (const { claims } of gateways) assert.deepEqual(await claims.claim([claimOf("a"), claimOf("a")]), [true, false]);
    await server.startAgain();
    for (const gateway of gateways) {
      while (gateway.isDown || gateway.owedWrites > 0) {
        await pause(50);
        await gateway.claims.isClaimed([claimOf("ask")]);
        await gateway.settle();
      }
    }
    assert.deepEqual(gateways.map(({ counters }) => counters.store_double_claims_total), [0, 1]);
  } finally {
    for (const gateway of gateways) await gateway.close();
    await server.remove();
  }
});

test("a server that stands still holds a wave up no longer than it may, and later waves not at all", { skip }, async () => {
  const server = await RedisServer.start();
  const store = new GuardedStore(await openRedisStore({ url: server.url }), { timeoutMs: 100 });
  try {
    server.pause();
    assert.deepEqual(await store.claims.isClaimed([claimOf("a")]), ["unknown"]);
    assert.equal(store.isDown, true);
    const answer = store.claims.isClaimed([claimOf("a")]);
    assert.ok(Array.isArray(answer), "answered at once, without asking");
    server.goOn();
    while (store.isDown) {
      await pause(50);
      await store.claims.isClaimed([claimOf("a")]);
    }
    assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
  } finally {
    await store.close();
    await server.remove();
  }
});

test("a server that is not there at the start is waited for in the background", { skip }, async () => {
  const server = await RedisServer.start();
  await server.stop();
  const reasons: string[] = [];
  const store = await openRedisStore({
    url: server.url,
    connectTimeoutMs: 200,
    onConnectionError: ({ kind }) => reasons.push(kind),
  });
  try {
    await assert.rejects(async () => await store.claims.claim([claimOf("a")]), { name: "StoreError", kind: "unavailable" });
    assert.ok(reasons.includes("unavailable"));
    await server.startAgain();
    for (;;) {
      const claimed = await Promise.resolve(store.claims.claim([claimOf("a")])).catch(() => undefined);
      if (claimed?.[0]) break;
      await pause(50);
    }
    assert.deepEqual(await store.claims.isClaimed([claimOf("a")]), [true]);
  } finally {
    await store.close();
    await server.remove();
  }
});

/** Stands between a client and a server, and counts how often the talk turns from questions to answers. */
class TurnCounter {
  turns = 0;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  static async before(serverPort: number): Promise<TurnCounter> {
    const counter = new TurnCounter(serverPort);
    await once(counter.#server.listen(0, "127.0.0.1"), "listening");
    return counter;
  }

  private constructor(serverPort: number) {
    this.#server = createServer((client) => this.#join(client, connect(serverPort, "127.0.0.1")));
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, server: Socket): void {
    this.#sockets.push(client, server);
    let isAsking = false;
    let held: Uint8Array[] = [];
    client.on("data", (data: Uint8Array) => {
      isAsking = true;
      held.push(data);
      // Long enough for all that the client wrote in one turn to be here, before the server may answer any of it.
      setTimeout(() => {
        for (const piece of held) server.write(piece);
        held = [];
      }, 50);
    });
    server.on("data", (data: Uint8Array) => {
      if (isAsking) this.turns++;
      isAsking = false;
      client.write(data);
    });
    client.on("close", () => server.destroy());
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
