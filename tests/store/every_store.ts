/**
 * Runs one test over every store, each new and empty, and each reachable by several connections where it can be.
 *
 * @module
 */
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { MemoryKeyValueService } from "../../examples/custom-store/key_value_service.ts";
import { keyValueStore } from "../../examples/custom-store/key_value_store.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import type { EpochSeconds, GatewayStore } from "../../src/store/gateway_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { directStore } from "../../src/store/shared/direct_store.ts";
import { sharedMemoryStore } from "../../src/store/shared/shared_memory_store.ts";
import { openRedisStore } from "../../src/store/redis_store.ts";
import { openSqliteStore } from "../../src/store/sqlite_store.ts";
import { REDIS, RedisServer, serversUnderTest } from "./redis_server.ts";

export interface StoreUnderTest {
  /** `redis`: of Valkey too. */
  readonly kind: "memory" | "shared memory" | "sqlite" | "redis" | "example";
  /** Another connection to the same store. Memory has one only: the same again. Of what threads share it is a worker's, or the main thread's in turn. */
  connect(): Promise<GatewayStore>;
  /** Its clock, which a test may set. A Redis server has its own. */
  readonly setClock: (epochSeconds: number) => void;
}

type Body = (store: StoreUnderTest, context: TestContext) => Promise<void>;

const servers = new Map<string, Promise<RedisServer>>();
let prefixes = 0;
after(async () => {
  for (const server of servers.values()) await (await server).remove();
});

function serverOf(program: string): Promise<RedisServer> {
  let server = servers.get(program);
  if (server === undefined) servers.set(program, server = RedisServer.start("a-password", undefined, program));
  return server;
}

export function testEveryStore(title: string, body: Body): void {
  test(`${title} (memory)`, (context) => {
    const clock = settableClock();
    const store = memoryStore(clock.now);
    return body({ kind: "memory", connect: () => Promise.resolve(store), setClock: clock.set }, context);
  });
  test(`${title} (shared memory)`, (context) => {
    const clock = settableClock();
    const connections = sharedConnections(clock.now);
    return body({ kind: "shared memory", connect: () => Promise.resolve(connections()), setClock: clock.set }, context);
  });
  test(`${title} (the example's)`, (context) => {
    const clock = settableClock();
    const service = new MemoryKeyValueService(clock.now);
    return body({ kind: "example", connect: () => Promise.resolve(keyValueStore(service)), setClock: clock.set }, context);
  });
  test(`${title} (sqlite)`, async (context) => {
    const folder = new TemporaryFolder("ike-resume-store-");
    const clock = settableClock();
    await withConnections(
      "sqlite",
      clock.set,
      () => openSqliteStore({ path: join(folder.path, "store.db"), now: clock.now }),
      body,
      context,
    );
    folder.remove();
  });
  for (const { name, program, skip } of serversUnderTest()) {
    // No requirement hangs on a server that few machines have.
    const proven = program === REDIS ? title : title.replace(/^(\[[^\]]+\] )+/, "");
    test(`${proven} (${name})`, { skip }, async (context) => {
      const { url } = await serverOf(program);
      const prefix = `test-${++prefixes}:`;
      await withConnections("redis", () => {}, () => openRedisStore({ url: `${url}?prefix=${prefix}` }), body, context);
    });
  }
}

/** What workers share: a worker's side first, then the main thread's, another worker's, and so on. */
export function sharedConnections(now: EpochSeconds, limit?: number): () => GatewayStore {
  const store = sharedMemoryStore(now, limit);
  let workers = 0;
  let count = 0;
  return () => count++ % 2 === 0 ? directStore(store.memory, workers++, store) : store;
}

async function withConnections(
  kind: StoreUnderTest["kind"],
  setClock: (epochSeconds: number) => void,
  open: () => Promise<GatewayStore>,
  body: Body,
  context: TestContext,
): Promise<void> {
  const connections: GatewayStore[] = [];
  try {
    await body(
      {
        kind,
        setClock,
        async connect() {
          const store = await open();
          connections.push(store);
          return store;
        },
      },
      context,
    );
  } finally {
    for (const store of connections) await store.close();
  }
}

function settableClock(): { readonly now: EpochSeconds; readonly set: (epochSeconds: number) => void } {
  let stated: number | undefined;
  return { now: () => stated ?? Date.now() / 1000, set: (epochSeconds) => stated = epochSeconds };
}
