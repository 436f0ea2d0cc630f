/**
 * All that a gateway keeps, on a Redis or Valkey server, so that a fleet of gateways shares it. The server lets old entries
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
import { CLOCK_MARGIN_SECONDS, type GatewayStore } from "./gateway_store.ts";
import { type RedisClient, RedisConnection } from "./redis_connection.ts";
import { firstGoodSerial, revocationKey } from "./revoked_tickets.ts";
import { StoreError, type StoreErrorKind } from "./store_error.ts";

const DEFAULT_KEY_PREFIX = "ike-resume:";
const DEFAULT_CONNECT_TIMEOUT_MS = 1_000;

export interface RedisStoreOptions {
  /**
   * `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` for TLS, whose certificate is checked against the system's
   * authorities. A parameter `?prefix=…` stands before every key; default `ike-resume:`.
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
 * @throws {StoreError} `configuration`: the URL makes no sense; `credentials`: the server does not accept them.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<GatewayStore> {
  const address = parseAddress(options.url);
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const onError = options.onConnectionError ?? (() => {});
  let latest: StoreError | undefined;
  const connection = await RedisConnection.open({
    url: address.url,
    connectTimeoutMs,
    onError: (cause) => {
      const error = latest = storeErrorOf(address.name, cause);
      contain(() => onError(error), (fault) => warnOfFault("redis: onConnectionError", fault));
    },
  });
  const connected = connection.opened.then(() => undefined, (error) => storeErrorOf(address.name, error));
  const patience = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => patience.resolve(undefined), connectTimeoutMs);
  const failure = await Promise.race([connected, patience.promise]) ?? latest;
  clearTimeout(timer);
  if (failure?.kind === "credentials") {
    connection.close();
    throw failure;
  }
  return new RedisStore(address, connection);
}

interface Address {
  /** For logs: without user and password. */
  readonly name: string;
  readonly url: string;
  readonly keyPrefix: string;
}

function parseAddress(text: string): Address {
  const url = URL.parse(text);
  if (
    url === null || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "" || !/^(\/\d*)?$/.test(url.pathname)
  ) {
    // The text may hold a password, and is not repeated.
    throw new StoreError(
      "configuration",
      "redis: the URL makes no sense; expected redis://[user:password@]host[:port][/database]",
    );
  }
  for (const name of url.searchParams.keys()) {
    if (name !== "prefix") throw new StoreError("configuration", `redis: unknown parameter ${name}; expected prefix`);
  }
  const keyPrefix = url.searchParams.get("prefix") ?? DEFAULT_KEY_PREFIX;
  url.search = "";
  return { name: `${url.protocol}//${url.host}${url.pathname}`, url: url.href, keyPrefix };
}

class RedisStore implements GatewayStore {
  readonly name: string;
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  constructor({ name, keyPrefix }: Address, connection: RedisConnection) {
    this.name = name;
    this.#connection = connection;
    this.#prefix = keyPrefix;
    this.claims = {
      claim: (batch) => this.#all(batch, (client, request) => this.#claim(client, request)),
      isClaimed: (batch) => this.#present("claim", batch.map(({ ticketId }) => ticketId)),
    };
    this.ticketStates = {
      put: (batch) => this.#all(batch, (client, ticket) => this.#put(client, ticket)),
      get: (batch) => this.#values("state", batch),
      delete: (batch) =>
        this.#all(batch, (client, reference) => client.del(this.#key("state", reference)).then((count) => count > 0)),
    };
    this.revocations = {
      add: async (batch) => void await this.#all(batch, (client, revocation) => this.#revoke(client, revocation)),
      has: (batch) => this.#areRevoked(batch),
    };
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  /** NX: of all gateways that try, the server lets one claim the ticket. */
  async #claim(client: RedisClient, { ticketId, expiresAtEpochSeconds }: ClaimRequest): Promise<boolean> {
    const expiration = expireAt(expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS);
    return await client.set(this.#key("claim", ticketId), "", { condition: "NX", expiration }) !== null;
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

  async #calling<Result>(call: (client: RedisClient) => Promise<Result>): Promise<Result> {
    try {
      return await this.#connection.run(call);
    } catch (error) {
      throw storeErrorOf(this.name, error);
    }
  }

  #key(kind: KeyKind, name: string): string {
    return `${this.#prefix}${kind}:${name}`;
  }
}

const TEXT = new TextDecoder();

type KeyKind = "claim" | "state" | "revoked";

/** An expiry by the server's clock, in whole seconds. */
function expireAt(epochSeconds: number): { readonly type: "EXAT"; readonly value: number } {
  return { type: "EXAT", value: Math.max(1, Math.ceil(epochSeconds)) };
}

const REFUSED_CREDENTIALS = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|AUTH |Client sent AUTH))/;

function storeErrorOf(name: string, error: unknown): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  const kind = kindOf(message);
  return new StoreError(kind, `redis: ${name}: ${message}`, { cause: error });
}

function kindOf(message: string): StoreErrorKind {
  if (REFUSED_CREDENTIALS.test(message)) return "credentials";
  if (message.startsWith("OOM")) return "full";
  return message.startsWith("READONLY") ? "read-only" : "unavailable";
}
