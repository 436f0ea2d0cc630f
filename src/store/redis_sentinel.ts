/**
 * A client of whichever server Sentinels call the primary. The package's own waits for a primary without bound and sends a command again that
 * may have been executed; this one fails at once, and sends nothing twice.
 *
 * @module
 */
// Can be unreferenced in all runtimes.
import { clearInterval, setInterval, setTimeout } from "node:timers";
import { LATE, within } from "./patience.ts";
import type { Host, RedisAddress } from "./redis_address.ts";
import {
  type loadRedisPackage,
  reconnectPause,
  type RedisClient,
  type RedisClientOptions,
  serverClient,
} from "./redis_client.ts";

/** How often a Sentinel is asked whether the primary is another one: an old one that is cut off may go on answering. */
const CHECK_INTERVAL_MS = 1_000;

export interface SentinelOptions extends RedisClientOptions {
  readonly address: RedisAddress;
}

export class SentinelClient implements RedisClient {
  readonly #library: Awaited<ReturnType<typeof loadRedisPackage>>;
  readonly #options: SentinelOptions;
  readonly #check: ReturnType<typeof setInterval>;
  readonly #subscriptions = new Map<string, (message: Uint8Array) => void>();
  /** The Sentinel that answered last comes first. */
  #sentinels: readonly Host[];
  #primary: { readonly client: RedisClient; readonly host: Host } | undefined;
  #isConnecting = false;
  #isChecking = false;
  #isDestroyed = false;

  constructor(library: Awaited<ReturnType<typeof loadRedisPackage>>, options: SentinelOptions) {
    this.#library = library;
    this.#options = options;
    this.#sentinels = options.address.hosts;
    this.#check = setInterval(() => void this.#lookAgain(), CHECK_INTERVAL_MS);
    this.#check.unref();
  }

  isReady(): boolean {
    return this.#primary?.client.isReady() ?? false;
  }

  /** Resolves when it is connected, which it tries until it is destroyed. */
  async connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    for (let attempt = 0; !this.#isDestroyed && this.#primary === undefined; attempt++) {
      try {
        await this.#connectOnce();
      } catch (error) {
        this.#options.onError(error);
        await new Promise<void>((resolve) => void setTimeout(resolve, reconnectPause(attempt)).unref());
      }
    }
    this.#isConnecting = false;
  }

  destroy(): void {
    this.#isDestroyed = true;
    clearInterval(this.#check);
    this.#leave();
  }

  ping: RedisClient["ping"] = () => this.#asked((client) => client.ping());
  set: RedisClient["set"] = (...words) => this.#asked((client) => client.set(...words));
  mGet: RedisClient["mGet"] = (keys) => this.#asked((client) => client.mGet(keys));
  del: RedisClient["del"] = (key) => this.#asked((client) => client.del(key));
  expireAt: RedisClient["expireAt"] = (...words) => this.#asked((client) => client.expireAt(...words));
  wait: RedisClient["wait"] = (...words) => this.#asked((client) => client.wait(...words));
  hSet: RedisClient["hSet"] = (...words) => this.#asked((client) => client.hSet(...words));
  hGetAll: RedisClient["hGetAll"] = (key) => this.#asked((client) => client.hGetAll(key));
  hDel: RedisClient["hDel"] = (...words) => this.#asked((client) => client.hDel(...words));
  publish: RedisClient["publish"] = (...words) => this.#asked((client) => client.publish(...words));
  command: RedisClient["command"] = (words) => this.#asked((client) => client.command(words));
  subscribe: RedisClient["subscribe"] = (channel, listener) => {
    this.#subscriptions.set(channel, listener);
    return this.#asked((client) => client.subscribe(channel, listener));
  };

  #asked<T>(ask: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#primary ? ask(this.#primary.client) : Promise.reject(new Error("no primary is known"));
  }

  async #connectOnce(): Promise<void> {
    const host = await this.#primaryAddress();
    const client = this.#open(host, this.#options.address, () => {
      if (this.#primary?.client === client) this.#lost();
    });
    try {
      await this.#inTime(client.connect(), host);
      const role = await this.#inTime(client.command(["ROLE"]), host);
      if (textOf(Array.isArray(role) ? role[0] : undefined) !== "master") {
        throw new Error(`READONLY ${host.host}:${host.port} is no primary any more`);
      }
      for (const [channel, listener] of this.#subscriptions) await this.#inTime(client.subscribe(channel, listener), host);
      if (this.#isDestroyed) throw new Error("closed meanwhile");
    } catch (error) {
      destroy(client);
      throw error;
    }
    this.#primary = { client, host };
    this.#options.onReady();
  }

  /** Asks one Sentinel after the other. */
  async #primaryAddress(): Promise<Host> {
    const { primaryName = "" } = this.#options.address;
    let fault: unknown;
    for (const sentinel of this.#sentinels) {
      try {
        const found = await this.#askSentinel(sentinel, primaryName);
        this.#sentinels = [sentinel, ...this.#sentinels.filter((one) => one !== sentinel)];
        return found;
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }

  async #askSentinel(sentinel: Host, primaryName: string): Promise<Host> {
    const { sentinelCredentials: credentials, tls } = this.#options.address;
    const client = this.#open(sentinel, { credentials, database: 0, tls }, () => {});
    try {
      await this.#inTime(client.connect(), sentinel);
      const words = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", primaryName];
      const answer = await this.#inTime(client.command(words), sentinel);
      if (!Array.isArray(answer) || answer.length !== 2) {
        throw new Error(`sentinel ${sentinel.host}:${sentinel.port} knows no primary of the name ${primaryName}`);
      }
      return { host: textOf(answer[0]), port: Number(textOf(answer[1])) };
    } finally {
      destroy(client);
    }
  }

  /** One connection, which is not restored. */
  #open(host: Host, address: RedisClientOptions["address"], onError: () => void): RedisClient {
    const { connectTimeoutMs } = this.#options;
    return serverClient(this.#library, host, { address, connectTimeoutMs, reconnects: false, onError, onReady: () => {} });
  }

  async #inTime<T>(answer: Promise<T>, { host, port }: Host): Promise<T> {
    const got = await within(answer, this.#options.connectTimeoutMs);
    if (got === LATE) {
      answer.catch(() => {});
      throw new Error(`${host}:${port}: no answer in ${this.#options.connectTimeoutMs} ms`);
    }
    return got;
  }

  async #lookAgain(): Promise<void> {
    const known = this.#primary;
    if (known === undefined || this.#isChecking) return;
    this.#isChecking = true;
    try {
      const { host, port } = await this.#primaryAddress();
      const isOther = host !== known.host.host || port !== known.host.port;
      if (isOther && this.#primary === known) this.#lost();
    } catch {
      // No Sentinel answers: the primary that is known will do.
    } finally {
      this.#isChecking = false;
    }
  }

  #lost(): void {
    this.#leave();
    this.#options.onError(new Error("the primary is lost, or is another one"));
    if (!this.#isDestroyed) void this.connect();
  }

  #leave(): void {
    const { client } = this.#primary ?? {};
    this.#primary = undefined;
    if (client) destroy(client);
  }
}

function textOf(answer: unknown): string {
  return answer instanceof Uint8Array ? new TextDecoder().decode(answer) : String(answer);
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}
