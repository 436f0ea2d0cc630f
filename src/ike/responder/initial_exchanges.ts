/**
 * First messages that were answered with a new IKE SA, so that a repeated one gets the same answer and makes no second
 * (RFC 7296, section 2.1; RFC 4718, section 2.3).
 *
 * @module
 */
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
  readonly #byInitiatorSpi = new Map<bigint, InitialExchange[]>();
  /** In order of expiry: all have the same lifetime. */
  readonly #queue: InitialExchange[] = [];
  #queueStart = 0;

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  get nextExpiryMs(): number | undefined {
    return this.#queue[this.#queueStart]?.expiresAtMs;
  }

  /** The exchange that began with exactly these octets. */
  find({ header, octets }: Message): InitialExchange | undefined {
    return this.#byInitiatorSpi.get(header.initiatorSpi)?.find(({ request }) => sameOctets(request, octets));
  }

  add({ header, octets }: Message, response: Uint8Array, responderSpi: bigint, nowMs: number): void {
    const { initiatorSpi } = header;
    const exchange = { initiatorSpi, responderSpi, request: octets, response, expiresAtMs: nowMs + this.#lifetimeMs };
    const same = this.#byInitiatorSpi.get(initiatorSpi);
    if (same === undefined) this.#byInitiatorSpi.set(initiatorSpi, [exchange]);
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
    const left = this.#byInitiatorSpi.get(exchange.initiatorSpi)?.filter((other) => other !== exchange) ?? [];
    if (left.length === 0) this.#byInitiatorSpi.delete(exchange.initiatorSpi);
    else this.#byInitiatorSpi.set(exchange.initiatorSpi, left);
  }
}
