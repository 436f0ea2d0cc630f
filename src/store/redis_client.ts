/**
 * The part of the package for Redis that is used: a client of one server, and one of a cluster.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { hasCode } from "./owners_file.ts";
import { StoreError } from "./store_error.ts";
import type { Credentials, Host, RedisAddress } from "./redis_address.ts";

/** The wait before reconnecting: doubled from first to last, and up to half more, so that a fleet does not knock in step. */
const FIRST_RECONNECT_MS = 50;
const LAST_RECONNECT_MS = 1_000;

/** Commands that wait for a server that does not answer. Beyond them calls fail at once. */
const MOST_WAITING_COMMANDS = 50_000;

export interface SetOptions {
  readonly condition?: "NX" | "XX";
  /** The answer is what was there before, or `null`. */
  readonly GET?: true;
  readonly expiration?: { readonly type: "EXAT"; readonly value: number };
}

/** A connection, or several to one cluster. Octets come as `Uint8Array`. */
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
  /** How many replicas have what was written, on each server that this client has; waits for `count` of them that long. */
  wait(count: number, timeoutMs: number): Promise<number>;
  hSet(key: string, field: string, value: string): Promise<unknown>;
  hGetAll(key: string): Promise<Readonly<Record<string, unknown>>>;
  hDel(key: string, fields: string[]): Promise<unknown>;
  publish(channel: string, message: Uint8Array): Promise<unknown>;
  /** Called with each message, also after the client has reconnected by itself. */
  subscribe(channel: string, listener: (message: Uint8Array) => void): Promise<unknown>;
  /** Words of a command of the server's own, to any server. */
  command(words: readonly string[]): Promise<unknown>;
}

export interface RedisClientOptions {
  readonly address: Pick<RedisAddress, "tls" | "database" | "credentials">;
  readonly connectTimeoutMs: number;
  /** Called when a connection is lost, or an attempt to restore it has failed. Must not throw. */
  readonly onError: (error: unknown) => void;
  /** Called whenever it is connected. Must not throw. */
  readonly onReady: () => void;
  /** `false`: a connection that is lost is not restored. */
  readonly reconnects?: boolean;
}

/** What the package's clients of servers and clusters have in common. */
interface Commands {
  set(key: string, value: string | Uint8Array, options: SetOptions): Promise<unknown>;
  get(key: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
  expireAt(key: string, epochSeconds: number, mode: "GT"): Promise<unknown>;
  hSet(key: string, field: string, value: string): Promise<unknown>;
  hGetAll(key: string): Promise<unknown>;
  hDel(key: string, fields: string[]): Promise<unknown>;
  publish(channel: string, message: Uint8Array): Promise<unknown>;
  subscribe(channel: string, listener: (message: Uint8Array) => void, bufferMode: true): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
}

/** The package is loaded only where it is used. */
type Package = typeof import("@redis/client");

/** @throws {StoreError} it is not installed: on Node it is an optional peer */
export async function loadRedisPackage(): Promise<Package> {
  try {
    return await import("@redis/client");
  } catch (error) {
    if (!hasCode(error, "ERR_MODULE_NOT_FOUND")) throw error;
    throw new StoreError("configuration", "a Redis store needs the npm package @redis/client: npm install @redis/client");
  }
}

/** Without a connection a call fails at once, and the gateway's setting says what happens then. Nothing is sent twice. */
function commonOptions({ RESP_TYPES }: Package, options: RedisClientOptions, { username, password }: Credentials) {
  const { address: { tls }, connectTimeoutMs, reconnects = true } = options;
  return {
    RESP: 2 as const,
    ...(username && { username }),
    ...(password && { password }),
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    commandsQueueMaxLength: MOST_WAITING_COMMANDS,
    disableOfflineQueue: true,
    disableClientInfo: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: reconnects ? reconnectPause : false as const,
      ...(tls && { tls: true as const, ...tls }),
    },
  };
}

export function reconnectPause(attempt: number): number {
  const pause = Math.min(FIRST_RECONNECT_MS * 2 ** attempt, LAST_RECONNECT_MS);
  return pause * (1 + Math.random() / 2);
}

/** A client of one server. */
export function serverClient(library: Package, { host, port }: Host, options: RedisClientOptions): RedisClient {
  const { address: { credentials, database } } = options;
  const common = commonOptions(library, options, credentials);
  const client = library.createClient({ ...common, database, socket: { ...common.socket, host, port } });
  client.on("error", options.onError);
  client.on("ready", options.onReady);
  if (options.reconnects === false) client.on("end", () => options.onError(new Error("the connection has ended")));
  return {
    ...clientOver(client as unknown as Commands),
    isReady: () => client.isReady,
    ping: () => client.ping(),
    mGet: (keys) => client.mGet(keys),
    wait: (count, timeoutMs) => client.wait(count, timeoutMs),
    command: (words) => client.sendCommand([...words]),
  };
}

/** A client of all servers of a cluster. Keys go to their servers one by one; a redirected command was not executed before. */
export function clusterClient(library: Package, hosts: readonly Host[], options: RedisClientOptions): RedisClient {
  const common = commonOptions(library, options, options.address.credentials);
  const cluster = library.createCluster({
    RESP: 2,
    rootNodes: hosts.map(({ host, port }) => ({ socket: { host, port } })),
    defaults: common,
    commandOptions: common.commandOptions,
  });
  cluster.on("error", options.onError);
  cluster.on("node-error", options.onError);
  cluster.on("node-ready", options.onReady);
  const nodes = () => Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)));
  const onEach = async <T>(call: (node: Awaited<ReturnType<typeof nodes>>[number]) => Promise<T>) =>
    await Promise.all((await nodes()).map((node) => call(node)));
  return {
    ...clientOver(cluster as unknown as Commands),
    isReady: () => cluster.isReady,
    ping: () => onEach((node) => node.ping()),
    mGet: (keys) => Promise.all(keys.map((key) => cluster.get(key))),
    wait: async (count, timeoutMs) => Math.min(...await onEach((node) => node.wait(count, timeoutMs))),
    command: (words) => cluster.sendCommand(undefined, true, [...words]),
  };
}

function clientOver(
  library: Commands,
): Omit<RedisClient, "isReady" | "ping" | "mGet" | "wait" | "command"> {
  return {
    connect: () => library.connect(),
    destroy: () => library.destroy(),
    set: (key, value, options) => library.set(key, typeof value === "string" ? value : bufferOf(value), options),
    del: async (key) => Number(await library.del(key)),
    expireAt: (key, epochSeconds, mode) => library.expireAt(key, epochSeconds, mode),
    hSet: (key, field, value) => library.hSet(key, field, value),
    hGetAll: async (key) => await library.hGetAll(key) as Readonly<Record<string, unknown>>,
    hDel: (key, fields) => library.hDel(key, fields),
    publish: (channel, message) => library.publish(channel, bufferOf(message)),
    subscribe: (channel, listener) => library.subscribe(channel, listener, true),
  };
}

/** The package takes no other octets. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return Buffer.from(buffer, byteOffset, byteLength);
}
