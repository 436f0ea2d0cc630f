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

/**
 * A field for each time that an identity is told, with both numbers in its name: fields are only ever added, so that of several gateways that tell one
 * identity at once, or late, none takes back what another told, and no command but those for fields is needed.
 */
export class RedisRevokedIdentities implements RevokedIdentityStore {
  readonly #key: string;
  readonly #ask: Ask;

  constructor({ keyPrefix }: RedisAddress, ask: Ask) {
    this.#key = `${keyPrefix}revoked-identities`;
    this.#ask = ask;
  }

  async add({ key, untilEpochSeconds, lastExpiryEpochSeconds }: RevokedIdentity): Promise<void> {
    const numbers = `${untilEpochSeconds} ${lastExpiryEpochSeconds}`;
    await this.#ask((client) => client.hSet(this.#key, `${key} ${numbers}`, numbers));
  }

  async all(): Promise<RevokedIdentity[]> {
    const fields = await this.#ask((client) => client.hGetAll(this.#key));
    const latest = new Map<string, RevokedIdentity & { readonly field: string }>();
    const over: string[] = [];
    const now = systemEpochSeconds();
    for (const [field, value] of Object.entries(fields)) {
      const told = toldIn(field, value);
      if (told === undefined) continue;
      const before = latest.get(told.key);
      if (told.lastExpiryEpochSeconds + CLOCK_MARGIN_SECONDS < now) over.push(field);
      else if (before === undefined || isWithin(before, told)) {
        latest.set(told.key, { ...told, field });
        if (before) over.push(before.field);
      } else {
        if (isWithin(told, before)) over.push(field);
        // Neither field says all: both stay.
        latest.set(told.key, { ...laterOf(told, before), field: before.field });
      }
    }
    if (over.length > 0) await this.#ask((client) => client.hDel(this.#key, over));
    return [...latest.values()].map(({ field: _, ...one }) => one);
  }
}

/** Gateways of before wrote the identity alone as the field. `undefined`: it is nothing that any of them writes. */
function toldIn(field: string, value: unknown): RevokedIdentity | undefined {
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
  const [untilEpochSeconds, lastExpiryEpochSeconds] = text.split(" ").map(Number);
  if (!Number.isFinite(untilEpochSeconds) || !Number.isFinite(lastExpiryEpochSeconds)) return undefined;
  return { key: field.split(" ")[0], untilEpochSeconds, lastExpiryEpochSeconds };
}

/** Whether one says nothing that the other does not. */
function isWithin(one: RevokedIdentity, other: RevokedIdentity): boolean {
  return one.untilEpochSeconds <= other.untilEpochSeconds && one.lastExpiryEpochSeconds <= other.lastExpiryEpochSeconds;
}

function laterOf(one: RevokedIdentity, other: RevokedIdentity): RevokedIdentity {
  return {
    key: one.key,
    untilEpochSeconds: Math.max(one.untilEpochSeconds, other.untilEpochSeconds),
    lastExpiryEpochSeconds: Math.max(one.lastExpiryEpochSeconds, other.lastExpiryEpochSeconds),
  };
}
