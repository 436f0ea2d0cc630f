import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { GuardedStore } from "../../src/store/guarded_store.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { lacksRedis, RedisServer } from "./redis_server.ts";

const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const claimOf = (ticketId: string) => ({ ticketId, expiresAtEpochSeconds: EXPIRES });
const skip = lacksRedis();

/** One address that stands for whichever server is the primary: it can be told of another, and to let connections die without a word. */
class Address {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = new WeakSet<Socket>();
  connections = 0;
  serverPort: number;

  static async before(serverPort: number): Promise<Address> {
    const address = new Address(serverPort);
    await once(address.#listener.listen(0, "127.0.0.1"), "listening");
    return address;
  }

  private constructor(serverPort: number) {
    this.serverPort = serverPort;
    this.#listener = createServer((client) => this.#join(client));
  }

  get url(): string {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `redis://127.0.0.1:${address.port}`;
  }

  /** Of the connections that there are, nothing comes through any more, and nobody is told. */
  silence(): void {
    for (const socket of this.#sockets) this.#isSilent.add(socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
  }

  #join(client: Socket): void {
    this.connections++;
    const server = connect(this.serverPort, "127.0.0.1");
    for (const [from, to] of [[client, server], [server, client]]) {
      this.#sockets.add(from);
      from.on("data", (data) => this.#isSilent.has(from) || to.write(data));
      from.on("error", () => {});
      from.on("close", () => to.destroy());
    }
  }
}

test(
  "a primary that becomes a replica is left for the server that took its place, behind the same address",
  { skip },
  async () => {
    const [old, successor] = [await RedisServer.start(), await RedisServer.start()];
    const address = await Address.before(old.port);
    const told: string[] = [];
    const store = new GuardedStore(await openRedisStore({ url: address.url }), { onChange: ({ type }) => told.push(type) });
    try {
      assert.deepEqual(await store.claims.claim([claimOf("before")]), [true]);
      address.serverPort = successor.port;
      await command(old.port, `REPLICAOF 127.0.0.1 ${successor.port}`);
      assert.deepEqual(await store.claims.claim([claimOf("at once")]), [undefined]);
      await up(store);
      assert.deepEqual(await store.claims.claim([claimOf("after")]), [true]);
      assert.deepEqual(told, ["store-down", "store-up"]);
      assert.equal(address.connections, 2);
      const direct = await openRedisStore({ url: successor.url });
      assert.deepEqual(await direct.claims.isClaimed([claimOf("after")]), [true]);
      await direct.close();
    } finally {
      await store.close();
      address.close();
      for (const server of [old, successor]) await server.remove();
    }
  },
);

test("a connection that goes silent is left for a new one, while the server is well", { skip }, async () => {
  const server = await RedisServer.start();
  const address = await Address.before(server.port);
  const store = new GuardedStore(await openRedisStore({ url: address.url }), { timeoutMs: 200 });
  try {
    assert.deepEqual(await store.claims.claim([claimOf("before")]), [true]);
    address.silence();
    assert.deepEqual(await store.claims.claim([claimOf("in silence")]), [undefined]);
    await up(store);
    assert.deepEqual(await store.claims.isClaimed([claimOf("before"), claimOf("after")]), [true, false]);
    assert.equal(address.connections, 2);
  } finally {
    await store.close();
    address.close();
    await server.remove();
  }
});

test("a server is not taken for silent because this process had no time to read its answer", { skip }, async () => {
  const server = await RedisServer.start();
  const address = await Address.before(server.port);
  const store = await openRedisStore({ url: address.url });
  try {
    const claimed = store.claims.claim([claimOf("asked before a long turn")]);
    const untilMs = performance.now() + 2_500;
    while (performance.now() < untilMs);
    assert.deepEqual(await claimed, [true]);
    assert.equal(address.connections, 1);
  } finally {
    await store.close();
    address.close();
    await server.remove();
  }
});

test("a replica that nothing better stands behind the address of is asked for a new connection once a second, and no more", {
  skip,
}, async () => {
  const server = await RedisServer.start();
  const address = await Address.before(server.port);
  const store = await openRedisStore({ url: address.url });
  try {
    await command(server.port, "REPLICAOF 127.0.0.1 1");
    for (let tries = 0; tries < 20; tries++) {
      await assert.rejects(async () => await store.claims.claim([claimOf("a")]), { name: "StoreError" });
    }
    assert.ok(address.connections <= 3, `${address.connections} connections`);
  } finally {
    await store.close();
    address.close();
    await server.remove();
  }
});

async function up(store: GuardedStore): Promise<void> {
  while (store.isDown) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await store.claims.isClaimed([claimOf("ask")]);
  }
}

async function command(port: number, words: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${words}\r\n`);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^\+OK/);
  socket.destroy();
}
