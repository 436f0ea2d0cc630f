/**
 * First messages that were answered with a new IKE SA, so that a repeated one gets the same answer and makes no second
 * (RFC 7296, section 2.1). They are told apart by the whole packet: initiators choose their SPIs, and two may choose the same
 * (RFC 4718, section 2.3).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { sameOctets } from "../../wire/octets.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { KeyedHash } from "../message/keyed_hash.ts";
import { LinkedQueue, Queued } from "../queues/linked_queue.ts";

/** One exchange that was begun. */
export interface Begun {
  readonly responderSpi: bigint;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly hash: number;
}

export class InitialExchange extends Queued<InitialExchange> {
  readonly responderSpi: bigint;
  /** `undefined`: its IKE SA is up, so the client has the response, and the request is known by its hash alone. */
  request: Uint8Array | undefined;
  response: Uint8Array | undefined;
  readonly hash: number;
  readonly expiresAtMs: number;

  constructor({ responderSpi, request, response, hash }: Begun, expiresAtMs: number) {
    super();
    this.responderSpi = responderSpi;
    this.request = request;
    this.response = response;
    this.hash = hash;
    this.expiresAtMs = expiresAtMs;
  }
}

/** Remembers each for one half-open lifetime, whatever becomes of the IKE SA in the meantime, unless it is told to forget it. */
export class InitialExchanges {
  readonly #lifetimeMs: number;
  readonly #hash: KeyedHash;
  readonly #byHash = new Map<number, InitialExchange>();
  readonly #bySpi = new SpiMap<InitialExchange>();
  /** In order of expiry: all have the same lifetime. */
  readonly #queue = new LinkedQueue<InitialExchange>();

  constructor(lifetimeMs: number, random: RandomSource) {
    this.#lifetimeMs = lifetimeMs;
    this.#hash = new KeyedHash(random);
  }

  get nextExpiryMs(): number | undefined {
    return this.#queue.first?.expiresAtMs;
  }

  /** The hash by which a request is found: to be made once for each request. */
  hashOf(request: Uint8Array): number {
    return this.#hash.of(request);
  }

  /** The exchange that began with exactly these octets: once it is over, with octets of this hash, of which nobody finds others. */
  find(request: Uint8Array, hash: number): InitialExchange | undefined {
    const found = this.#byHash.get(hash);
    return found && (found.request === undefined || sameOctets(found.request, request)) ? found : undefined;
  }

  add(begun: Begun, nowMs: number): void {
    const exchange = new InitialExchange(begun, nowMs + this.#lifetimeMs);
    this.#queue.push(exchange);
    // Two with one hash do not happen; the later one would be found.
    this.#byHash.set(begun.hash, exchange);
    this.#bySpi.set(begun.responderSpi, exchange);
  }

  /**
   * Its IKE SA is up. Whoever has sent IKE_AUTH has the response, which need not be kept any longer (RFC 7296, section 2.1): a large part of what
   * thousands that come back together would take.
   */
  over(responderSpi: bigint): void {
    const exchange = this.#bySpi.get(responderSpi);
    if (exchange) exchange.request = exchange.response = undefined;
  }

  /** Its IKE SA has made room for others: a repeated request begins another. */
  forget(responderSpi: bigint): void {
    const exchange = this.#bySpi.get(responderSpi);
    if (exchange) this.#remove(exchange);
  }

  /** Takes out what has expired, and returns the SPIs of the IKE SAs that were begun. */
  expire(nowMs: number): bigint[] {
    const expired: bigint[] = [];
    for (let first = this.#queue.first; first && first.expiresAtMs <= nowMs; first = this.#queue.first) {
      expired.push(first.responderSpi);
      this.#remove(first);
    }
    return expired;
  }

  #remove(exchange: InitialExchange): void {
    const { hash, responderSpi } = exchange;
    this.#queue.remove(exchange);
    this.#bySpi.delete(responderSpi);
    if (this.#byHash.get(hash) === exchange) this.#byHash.delete(hash);
  }
}
