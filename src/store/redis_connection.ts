/**
 * A connection to a Redis or Valkey server, to the primary that Sentinels name, or to a cluster. One that leads nowhere is replaced at once
 * by a new one to the same address, where another server may be by now.
 *
 * @module
 */
// The global timers are numbers in one runtime and objects in another; these can be unreferenced in all.
import { clearInterval, setInterval, setTimeout } from "node:timers";
import type { RedisAddress } from "./redis_address.ts";
import { clusterClient, loadRedisPackage, type RedisClient, type RedisClientOptions, serverClient } from "./redis_client.ts";
import { SentinelClient } from "./redis_sentinel.ts";

/** A connection on which a command has no answer for so long is dead, whatever the system thinks of it. */
const SILENCE_MS = 2_000;
/** It is counted in parts: a turn of this process that took long, and read nothing meanwhile, counts as one. */
const SILENCE_PARTS = 4;
/** The time between two commands that only find that out. */
const PING_INTERVAL_MS = 5_000;
/** A server that at once gives the same error again is not asked for new connections more often than this. */
const RENEWAL_PAUSE_MS = 1_000;

/**
 * Errors of a server that answers, but is not the one that is wanted: a replica, one that still loads its data, or one that has
 * lost its primary, its replicas or its cluster.
 */
const NOT_THE_ONE = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MOVED|TRYAGAIN)\b/;
/** A server's own words begin so; whatever else is said of a cluster is said of the way to one of its servers, which may be gone. */
const SERVER_ERROR = /^[A-Z]{3,} /;

export interface RedisConnectionOptions extends Omit<RedisClientOptions, "address" | "reconnects"> {
  readonly address: RedisAddress;
  /** What each new client is asked first, once it is connected. */
  readonly prepare?: (client: RedisClient) => Promise<unknown>;
}

async function clientFactory(options: RedisConnectionOptions): Promise<() => RedisClient> {
  const library = await loadRedisPackage();
  const { address } = options;
  switch (address.kind) {
    case "server":
      return () => serverClient(library, address.hosts[0], options);
    case "sentinel":
      return () => new SentinelClient(library, options);
    case "cluster":
      return () => clusterClient(library, address.hosts, options);
  }
}

export class RedisConnection {
  readonly #create: () => RedisClient;
  readonly #prepare: (client: RedisClient) => Promise<unknown>;
  readonly #isCluster: boolean;
  readonly #ping: ReturnType<typeof setInterval>;
  #client: RedisClient;
  #renewedAtMs = -Infinity;
  #isClosed = false;
  /** Resolves with the first answer of the server, and rejects when there can be none. */
  readonly opened: Promise<unknown>;

  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    return new RedisConnection(await clientFactory(options), options);
  }

  private constructor(create: () => RedisClient, { address, prepare = (client) => client.ping() }: RedisConnectionOptions) {
    this.#create = create;
    this.#prepare = prepare;
    this.#isCluster = address.kind === "cluster";
    this.#client = create();
    this.opened = this.#connect(this.#client);
    this.#ping = setInterval(() => void this.run((client) => client.ping()).catch(() => {}), PING_INTERVAL_MS);
    this.#ping.unref();
  }

  /** Gives commands to the present connection, which is replaced when they get no answer, or that of a wrong server. */
  async run<T>(commands: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    // Commands without a connection fail at once, and say nothing about it.
    let silentParts = 0;
    const silence = setInterval(() => {
      if (++silentParts === SILENCE_PARTS && client.isReady()) this.#renew(client);
    }, SILENCE_MS / SILENCE_PARTS);
    try {
      return await commands(client);
    } catch (error) {
      if (error instanceof Error && this.#isOfWrongServer(error.message)) this.#renew(client);
      throw error;
    } finally {
      clearInterval(silence);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#ping);
    destroy(this.#client);
  }

  /** Replaces a connection: commands that wait on the old one fail. */
  #renew(old: RedisClient): void {
    const now = performance.now();
    if (this.#isClosed || old !== this.#client || now - this.#renewedAtMs < RENEWAL_PAUSE_MS) return;
    this.#renewedAtMs = now;
    this.#client = this.#create();
    // Its failures go to `onError`, and it tries again.
    this.#connect(this.#client).catch(() => {});
    destroy(old);
  }

  async #connect(client: RedisClient): Promise<void> {
    try {
      await client.connect();
      await this.#prepare(client);
    } catch (error) {
      // A client of a cluster that finds none of its servers does not look again by itself.
      if (this.#isCluster) setTimeout(() => this.#renew(client), RENEWAL_PAUSE_MS).unref();
      throw error;
    }
  }

  #isOfWrongServer(message: string): boolean {
    return NOT_THE_ONE.test(message) || this.#isCluster && !SERVER_ERROR.test(message);
  }
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}
