/**
 * A connection to a Redis or Valkey server. One that leads nowhere is replaced at once by a new one to the same address, where
 * another server may be by now.
 *
 * @module
 */
import { Buffer } from "node:buffer";
// The global timers are numbers in one runtime and objects in another; these can be unreferenced in all.
import { clearInterval, setInterval } from "node:timers";

/** The wait before reconnecting: doubled from first to last, and up to half more, so that a fleet does not knock in step. */
const FIRST_RECONNECT_MS = 50;
const LAST_RECONNECT_MS = 2_000;

/** Commands that wait for a server that does not answer. Beyond them calls fail at once. */
const MOST_WAITING_COMMANDS = 50_000;

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

export interface RedisConnectionOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** Called when a connection is lost, or an attempt to restore it has failed. Must not throw. */
  readonly onError: (error: unknown) => void;
}

/** The part of the package's client that is used. */
export interface RedisClient {
  /** Whether it is connected. */
  isReady(): boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  ping(): Promise<unknown>;
  set(key: string, value: string | Uint8Array, options: SetOptions): Promise<unknown>;
  mGet(keys: string[]): Promise<readonly unknown[]>;
  del(key: string): Promise<number>;
  expireAt(key: string, epochSeconds: number, mode: "GT"): Promise<unknown>;
}

interface SetOptions {
  readonly condition?: "NX";
  readonly expiration: { readonly type: "EXAT"; readonly value: number };
}

/** The package is loaded only where it is used. */
async function clientFactory(
  { url, connectTimeoutMs, onError }: RedisConnectionOptions,
): Promise<() => RedisClient> {
  const { createClient, RESP_TYPES } = await import("@redis/client");
  return () => {
    const client = createClient({
      url,
      RESP: 2,
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
      commandsQueueMaxLength: MOST_WAITING_COMMANDS,
      // Without a connection a call fails at once, and the gateway's setting says what happens then. Nothing is sent twice.
      disableOfflineQueue: true,
      socket: {
        connectTimeout: connectTimeoutMs,
        reconnectStrategy: (attempt: number) => {
          const pause = Math.min(FIRST_RECONNECT_MS * 2 ** attempt, LAST_RECONNECT_MS);
          return pause * (1 + Math.random() / 2);
        },
      },
    });
    client.on("error", onError);
    return {
      isReady: () => client.isReady,
      connect: () => client.connect(),
      destroy: () => client.destroy(),
      ping: () => client.ping(),
      set: (key, value, options) => client.set(key, typeof value === "string" ? value : bufferOf(value), options),
      mGet: (keys) => client.mGet(keys),
      del: (key) => client.del(key),
      expireAt: (key, epochSeconds, mode) => client.expireAt(key, epochSeconds, mode),
    };
  };
}

export class RedisConnection {
  readonly #create: () => RedisClient;
  readonly #ping: ReturnType<typeof setInterval>;
  #client: RedisClient;
  #renewedAtMs = -Infinity;
  #isClosed = false;
  /** Resolves with the first answer of the server, and rejects when there can be none. */
  readonly opened: Promise<unknown>;

  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    return new RedisConnection(await clientFactory(options));
  }

  private constructor(create: () => RedisClient) {
    this.#create = create;
    this.#client = create();
    this.opened = this.#client.connect().then(() => this.#client.ping());
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
      if (error instanceof Error && NOT_THE_ONE.test(error.message)) this.#renew(client);
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
    this.#client.connect().catch(() => {});
    destroy(old);
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}
