/**
 * First messages that were answered with a new IKE SA, so that a repeated one gets the same answer and makes no second
 * (RFC 7296, section 2.1; RFC 4718, section 2.3).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";

/** How many different first messages with one initiator SPI are remembered: clients behind one NAT may meet by chance, a crowd does not. */
const MAXIMUM_SAME_SPI = 8;

interface InitialExchange {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly expiresAtMs: number;
}

/** Remembers each for one half-open lifetime, whatever becomes of the IKE SA in the meantime. */
export class InitialExchanges {
  readonly #lifetimeMs: number;
  /** By a number that is the SPI's own, and that nobody can choose: see {@link InitialExchanges.#keyOf}. */
  readonly #bySpi = new Map<bigint, InitialExchange[]>();
  readonly #mask: bigint;
  readonly #factor: bigint;
  /** In order of expiry: all have the same lifetime. */
  readonly #queue: InitialExchange[] = [];
  #queueStart = 0;

  constructor(lifetimeMs: number, random: RandomSource) {
    this.#lifetimeMs = lifetimeMs;
    this.#mask = randomU64(random);
    this.#factor = randomU64(random) | 1n;
  }

  get nextExpiryMs(): number | undefined {
    return this.#queue[this.#queueStart]?.expiresAtMs;
  }

  /** The exchange that began with exactly these octets. */
  find({ header, octets }: Message): InitialExchange | undefined {
    return this.#bySpi.get(this.#keyOf(header.initiatorSpi))?.find(({ request }) => sameOctets(request, octets));
  }

  add({ header, octets }: Message, response: Uint8Array, responderSpi: bigint, nowMs: number): void {
    const { initiatorSpi } = header;
    const exchange = { initiatorSpi, responderSpi, request: octets, response, expiresAtMs: nowMs + this.#lifetimeMs };
    const key = this.#keyOf(initiatorSpi);
    const same = this.#bySpi.get(key);
    if (same === undefined) this.#bySpi.set(key, [exchange]);
    else if (same.length < MAXIMUM_SAME_SPI) same.push(exchange);
    this.#queue.push(exchange);
  }

  /** Takes out what has expired. */
  expire(nowMs: number): InitialExchange[] {
    const expired: InitialExchange[] = [];
    while (this.#queueStart < this.#queue.length && this.#queue[this.#queueStart].expiresAtMs <= nowMs) {
      const exchange = this.#queue[this.#queueStart++];
      expired.push(exchange);
      this.#forget(exchange);
    }
    // The head is cut off now and then, so that taking one costs a constant on average.
    if (this.#queueStart > 1024 && this.#queueStart * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#queueStart);
      this.#queueStart = 0;
    }
    return expired;
  }

  #forget(exchange: InitialExchange): void {
    const key = this.#keyOf(exchange.initiatorSpi);
    const left = this.#bySpi.get(key)?.filter((other) => other !== exchange) ?? [];
    if (left.length === 0) this.#bySpi.delete(key);
    else this.#bySpi.set(key, left);
  }

  /**
   * Initiators choose their SPIs, and the hash of a number in a Map is the same in every process: thousands of SPIs with one hash would
   * make a list of the map. With a secret mask and an odd factor, no two SPIs share a key, and nobody can tell which keys share a hash.
   */
  #keyOf(initiatorSpi: bigint): bigint {
    return BigInt.asUintN(64, (initiatorSpi ^ this.#mask) * this.#factor);
  }
}

function randomU64(random: RandomSource): bigint {
  const octets = random(8);
  return new DataView(octets.buffer, octets.byteOffset).getBigUint64(0);
}
