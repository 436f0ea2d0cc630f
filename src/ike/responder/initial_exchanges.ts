/**
 * First messages that were answered with a new IKE SA, so that a repeated one gets the same answer and makes no second
 * (RFC 7296, section 2.1). They are told apart by the whole packet: initiators choose their SPIs, and two may choose the same
 * (RFC 4718, section 2.3).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { sameOctets } from "../../wire/octets.ts";
import { KeyedHash } from "../keyed_hash.ts";
import { type Link, LinkedQueue } from "../linked_queue.ts";

export interface InitialExchange {
  readonly responderSpi: bigint;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly hash: number;
  readonly expiresAtMs: number;
}

/** Remembers each for one half-open lifetime, whatever becomes of the IKE SA in the meantime, unless it is told to forget it. */
export class InitialExchanges {
  readonly #lifetimeMs: number;
  readonly #hash: KeyedHash;
  readonly #byHash = new Map<number, Link<InitialExchange>>();
  readonly #bySpi = new Map<bigint, Link<InitialExchange>>();
  /** In order of expiry: all have the same lifetime. */
  readonly #queue = new LinkedQueue<InitialExchange>();

  constructor(lifetimeMs: number, random: RandomSource) {
    this.#lifetimeMs = lifetimeMs;
    this.#hash = new KeyedHash(random);
  }

  get nextExpiryMs(): number | undefined {
    return this.#queue.first?.value.expiresAtMs;
  }

  /** What a request is found by: to be made once for each. */
  hashOf(request: Uint8Array): number {
    return this.#hash.of(request);
  }

  /** The exchange that began with exactly these octets. */
  find(request: Uint8Array, hash: number): InitialExchange | undefined {
    const found = this.#byHash.get(hash)?.value;
    return found && sameOctets(found.request, request) ? found : undefined;
  }

  add(begun: Omit<InitialExchange, "expiresAtMs">, nowMs: number): void {
    const link = this.#queue.push({ ...begun, expiresAtMs: nowMs + this.#lifetimeMs });
    // Two with one hash do not happen; the later one would be found.
    this.#byHash.set(begun.hash, link);
    this.#bySpi.set(begun.responderSpi, link);
  }

  /** Its IKE SA has made room for others: a repeated request begins another. */
  forget(responderSpi: bigint): void {
    const link = this.#bySpi.get(responderSpi);
    if (link) this.#remove(link);
  }

  /** Takes out what has expired: the SPIs of the IKE SAs that were begun. */
  expire(nowMs: number): bigint[] {
    const expired: bigint[] = [];
    for (let link = this.#queue.first; link && link.value.expiresAtMs <= nowMs; link = this.#queue.first) {
      expired.push(link.value.responderSpi);
      this.#remove(link);
    }
    return expired;
  }

  #remove(link: Link<InitialExchange>): void {
    const { hash, responderSpi } = link.value;
    this.#queue.remove(link);
    this.#bySpi.delete(responderSpi);
    if (this.#byHash.get(hash) === link) this.#byHash.delete(hash);
  }
}
