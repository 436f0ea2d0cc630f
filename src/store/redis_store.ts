/**
 * All that a gateway keeps, on a Redis or Valkey server or a cluster of them, so that a fleet of gateways shares it. The server lets old entries
 * expire.
 *
 * Each batch is one round trip: all its commands leave together, and are answered together.
 *
 * @module
 */
import { contain } from "../ike/steps/hook_faults.ts";
import type { ClaimRequest } from "../ike/steps/step.ts";
import type { TicketClaims } from "../ike/steps/wave.ts";
import type { Revocation, RevocationStore } from "../ticket/revocation_store.ts";
import type { TicketName } from "../ticket/ticket_name.ts";
import type { StoredTicket, TicketStateStore } from "../ticket/ticket_state_store.ts";
import { warnOfFault } from "./fault_warning.ts";
import { CLOCK_MARGIN_SECONDS, type DisposableStore } from "./gateway_store.ts";
import { LATE, within } from "./patience.ts";
import { parseRedisAddress } from "./redis_address.ts";
import { RedisChannel, RedisRevokedIdentities } from "./redis_channel.ts";
import type { RedisClient } from "./redis_client.ts";
import { RedisConnection, type RedisConnectionOptions } from "./redis_connection.ts";
import { redisError } from "./redis_error.ts";
import { RedisShape } from "./redis_shape.ts";
import { firstGoodSerial, revocationKey } from "./revoked_tickets.ts";
import type { RevokedIdentityStore } from "./store_channel.ts";
import { sameOctets } from "../wire/octets.ts";
import type { StoreError } from "./store_error.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 1_000;
/** How long replicas are waited for: less than a wave waits for its store. */
const REPLICAS_PATIENCE_MS = 300;

/** Where the store is, and how it is spoken to. */
export interface RedisStoreOptions {
  /**
   * One server: `redis://[[user]:password@]host[:port][/database]`. The primary that Sentinels name:
   * `redis+sentinel://[[user]:password@]host[:port],…/primary-name[/database]`. A cluster: `redis+cluster://[[user]:password@]host[:port],…`. With
   * `rediss` in the place of `redis` over TLS, whose certificate is checked against the system's authorities, or those of `?ca=FILE`. A parameter
   * `prefix=…` stands before every key, default `ike-resume:`; docs/stores.md has the others.
   */
  readonly url: string;
  /** How long to wait for a connection, in milliseconds. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Called when a connection is lost, or could not be restored. What it throws becomes a warning of the runtime, no more. */
  readonly onConnectionError?: (error: StoreError) => void;
}

/**
 * Connects to a server. A server that does not answer does not keep a gateway from starting: each call fails until the store
 * has connected.
 *
 * @throws {StoreError} `configuration`: the URL makes no sense; `credentials`: the server does not accept them; `version`: what is under the prefix
 * is not a store of this version.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<DisposableStore> {
  const address = parseRedisAddress(options.url);
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const onError = options.onConnectionError ?? (() => {});
  let latest: StoreError | undefined;
  const shape = new RedisShape(address.keyPrefix);
  const back = new Listeners();
  const connectionOptions: RedisConnectionOptions = {
    address,
    connectTimeoutMs,
    onReady: () => {
      shape.forget();
      back.tell();
    },
    onError: (cause) => {
      const error = latest = redisError(address.name, cause);
      contain(() => onError(error), (fault) => warnOfFault("redis: onConnectionError", fault));
    },
  };
  const connection = await RedisConnection.open(connectionOptions);
  const store = new RedisStore(connectionOptions, connection, shape, back);
  const connected = connection.opened.then(() => store.checkShape()).then(
    () => undefined,
    (error) => redisError(address.name, error),
  );
  const failure = await within(connected, connectTimeoutMs);
  const refusal = failure === LATE ? latest : failure;
  if (refusal?.kind === "credentials" || refusal?.kind === "version") {
    connection.close();
    throw refusal;
  }
  return store;
}

class RedisStore implements DisposableStore {
  readonly name: string;
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly revokedIdentities: RevokedIdentityStore;
  readonly channel: RedisChannel;
  readonly #connection: RedisConnection;
  readonly #shape: RedisShape;
  readonly #back: Listeners;
  readonly #prefix: string;
  readonly #replicas: number;

  constructor(options: RedisConnectionOptions, connection: RedisConnection, shape: RedisShape, back: Listeners) {
    const { name, keyPrefix, replicas } = options.address;
    this.name = name;
    this.#connection = connection;
    this.#shape = shape;
    this.#back = back;
    this.#prefix = keyPrefix;
    this.#replicas = replicas;
    this.claims = {
      claim: (batch) => this.#lasting(batch, (client, request) => this.#claim(client, request)),
      isClaimed: (batch) => this.#present("claim", batch.map(({ ticketId }) => ticketId)),
    };
    this.ticketStates = {
      put: (batch) => this.#all(batch, (client, ticket) => this.#put(client, ticket)),
      get: (batch) => this.#values("state", batch),
      delete: (batch) =>
        this.#lasting(batch, (client, reference) => client.del(this.#key("state", reference)).then((count) => count > 0)),
    };
    this.revocations = {
      add: async (batch) => void await this.#lasting(batch, (client, revocation) => this.#revoke(client, revocation)),
      has: (batch) => this.#areRevoked(batch),
    };
    this.revokedIdentities = new RedisRevokedIdentities(options.address, (call) => this.#calling(call));
    this.channel = new RedisChannel(options, (call) => this.#calling(call));
  }

  close(): Promise<void> {
    this.channel.close();
    this.#connection.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  onBack(listener: () => void): void {
    this.#back.add(listener);
  }

  /** @throws {StoreError} "version" */
  checkShape(): Promise<void> {
    return this.#calling(() => Promise.resolve());
  }

  /**
   * NX: of all gateways that try, the server lets one claim the ticket. The same claimant, who was not answered, tries again: its claim is
   * written once more, since replicas are waited for only with what this connection has written.
   */
  async #claim(client: RedisClient, { ticketId, expiresAtEpochSeconds, claimant }: ClaimRequest): Promise<boolean> {
    const expiration = expireAt(expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS);
    const key = this.#key("claim", ticketId);
    const value = claimantOctets(claimant);
    const before = await client.set(key, value, { condition: "NX", expiration, GET: true });
    if (before === null) return true;
    const isOwn = value.length > 0 && before instanceof Uint8Array && sameOctets(before, value);
    return isOwn && await client.set(key, value, { condition: "XX", expiration }) !== null;
  }

  async #put(client: RedisClient, { reference, state, expiresAtEpochSeconds }: StoredTicket): Promise<boolean> {
    return await client.set(this.#key("state", reference), state, { expiration: expireAt(expiresAtEpochSeconds) }) !==
      null;
  }

  /**
   * Of a series, the first serial that is still good is kept: one gateway has its IKE SA, and writes them in order. For a
   * single ticket both commands leave together; the second keeps the later of two expiries.
   */
  async #revoke(client: RedisClient, revocation: Revocation): Promise<void> {
    const key = this.#key("revoked", revocationKey(revocation));
    const expiration = expireAt(revocation.expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS);
    const firstGood = firstGoodSerial(revocation);
    if (firstGood !== undefined) return void await client.set(key, String(firstGood), { expiration });
    await Promise.all([
      client.set(key, "", { condition: "NX", expiration }),
      client.expireAt(key, expiration.value, "GT"),
    ]);
  }

  /** Looks tickets up by their names and by their series, in one command. */
  async #areRevoked(batch: readonly TicketName[]): Promise<boolean[]> {
    const ofSeries = batch.filter(({ series }) => series !== undefined);
    const values = await this.#values("revoked", [
      ...batch.map(({ ticketId }) => ticketId),
      ...ofSeries.map(({ series }) => series!),
    ]);
    let at = batch.length;
    return batch.map(({ series, serial = Infinity }, index) => {
      const firstGood = series === undefined ? undefined : values[at++];
      return values[index] !== undefined || firstGood !== undefined && serial < Number(TEXT.decode(firstGood));
    });
  }

  async #present(kind: KeyKind, names: readonly string[]): Promise<boolean[]> {
    return (await this.#values(kind, names)).map((value) => value !== undefined);
  }

  async #values(kind: KeyKind, names: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    if (names.length === 0) return [];
    const values: readonly unknown[] = await this.#calling((client) => client.mGet(names.map((name) => this.#key(kind, name))));
    // A copy, for a Buffer may share its memory with others.
    return values.map((value) => value instanceof Uint8Array ? Uint8Array.from(value) : undefined);
  }

  /** Gives all commands to the client in one turn, so that it writes them together. */
  #all<Member, Result>(
    batch: readonly Member[],
    command: (client: RedisClient, member: Member) => Promise<Result>,
  ): Promise<Result[]> {
    return this.#calling((client) => Promise.all(batch.map((member) => command(client, member))));
  }

  /** As {@link #all}, for what must not be lost with one server. What too few replicas have may be there nevertheless. */
  #lasting<Member, Result>(
    batch: readonly Member[],
    command: (client: RedisClient, member: Member) => Promise<Result>,
  ): Promise<Result[]> {
    if (this.#replicas === 0) return this.#all(batch, command);
    return this.#calling(async (client) => {
      const results = await Promise.all(batch.map((member) => command(client, member)));
      const count = await client.wait(this.#replicas, REPLICAS_PATIENCE_MS);
      if (count < this.#replicas) {
        throw new Error(`${count} replicas had what was written in ${REPLICAS_PATIENCE_MS} ms, expected ${this.#replicas}`);
      }
      return results;
    });
  }

  async #calling<Result>(call: (client: RedisClient) => Promise<Result>): Promise<Result> {
    try {
      return await this.#connection.run((client) => {
        return this.#shape.isRight ? call(client) : this.#shape.check(client).then(() => call(client));
      });
    } catch (error) {
      throw redisError(this.name, error);
    }
  }

  #key(kind: KeyKind, name: string): string {
    return `${this.#prefix}${kind}:${name}`;
  }
}

const TEXT = new TextDecoder();

function claimantOctets(claimant: bigint | undefined): Uint8Array {
  if (claimant === undefined) return NO_OCTETS;
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, claimant);
  return octets;
}

const NO_OCTETS = new Uint8Array(0);

type KeyKind = "claim" | "state" | "revoked";

/** An expiry by the server's clock, in whole seconds. */
function expireAt(epochSeconds: number): { readonly type: "EXAT"; readonly value: number } {
  return { type: "EXAT", value: Math.max(1, Math.ceil(epochSeconds)) };
}

/** Those who want to know that the store can be reached again. */
class Listeners {
  readonly #all: (() => void)[] = [];

  add(listener: () => void): void {
    this.#all.push(listener);
  }

  tell(): void {
    for (const listener of this.#all) contain(listener, (fault) => warnOfFault("redis: onBack", fault));
  }
}
