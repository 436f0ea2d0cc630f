/**
 * The channel of a domain on a Redis server, and its revoked identities there: a hash, since they are few and all gateways want all of them.
 *
 * @module
 */
import { CLOCK_MARGIN_SECONDS, systemEpochSeconds } from "./gateway_store.ts";
import type { RedisAddress } from "./redis_address.ts";
import type { RedisClient } from "./redis_client.ts";
import { RedisConnection, type RedisConnectionOptions } from "./redis_connection.ts";
import type { RevokedIdentity, RevokedIdentityStore, StoreChannel } from "./store_channel.ts";

/** Asks the server by the store's own connection. */
type Ask = <Result>(call: (client: RedisClient) => Promise<Result>) => Promise<Result>;

/** What comes in comes by a connection of its own: one that listens can ask nothing else. */
export class RedisChannel implements StoreChannel {
  readonly #name: string;
  readonly #options: RedisConnectionOptions;
  readonly #ask: Ask;
  #listening: Promise<RedisConnection> | undefined;

  constructor(options: RedisConnectionOptions, ask: Ask) {
    this.#name = `${options.address.keyPrefix}news`;
    this.#options = options;
    this.#ask = ask;
  }

  async publish(message: Uint8Array): Promise<void> {
    await this.#ask((client) => client.publish(this.#name, message));
  }

  subscribe(listener: (message: Uint8Array) => void): void {
    if (this.#listening !== undefined) throw new Error("redis: subscribed already");
    this.#listening = RedisConnection.open({
      ...this.#options,
      onReady: () => {},
      prepare: (client) => client.subscribe(this.#name, (message) => listener(Uint8Array.from(message))),
    });
    // What goes wrong with it is told to `onError`, and it tries again.
    void this.#listening.then(({ opened }) => opened.catch(() => {}));
  }

  close(): void {
    void this.#listening?.then((connection) => connection.close());
  }
}

/** A field for each identity: until when, and the last expiry, in seconds since 1970. */
export class RedisRevokedIdentities implements RevokedIdentityStore {
  readonly #key: string;
  readonly #ask: Ask;

  constructor({ keyPrefix }: RedisAddress, ask: Ask) {
    this.#key = `${keyPrefix}revoked-identities`;
    this.#ask = ask;
  }

  async add({ key, untilEpochSeconds, lastExpiryEpochSeconds }: RevokedIdentity): Promise<void> {
    await this.#ask((client) => client.hSet(this.#key, key, `${untilEpochSeconds} ${lastExpiryEpochSeconds}`));
  }

  async all(): Promise<RevokedIdentity[]> {
    const fields = await this.#ask((client) => client.hGetAll(this.#key));
    const all: RevokedIdentity[] = [];
    const over: string[] = [];
    const now = systemEpochSeconds();
    for (const [key, value] of Object.entries(fields)) {
      const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
      const [untilEpochSeconds, lastExpiryEpochSeconds] = text.split(" ").map(Number);
      if (!Number.isFinite(untilEpochSeconds) || !Number.isFinite(lastExpiryEpochSeconds)) continue;
      if (lastExpiryEpochSeconds + CLOCK_MARGIN_SECONDS < now) over.push(key);
      else all.push({ key, untilEpochSeconds, lastExpiryEpochSeconds });
    }
    if (over.length > 0) await this.#ask((client) => client.hDel(this.#key, over));
    return all;
  }
}
