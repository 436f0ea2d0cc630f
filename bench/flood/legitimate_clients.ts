/**
 * Clients that have a ticket each, and come back with it when it is time to, whatever becomes of the others.
 *
 * @module
 */
import { type DrivenInitiator, InitiatorDriver, pathOf } from "../../src/client/initiator_driver.ts";
import { NO_CLAIMS } from "../../src/client/no_claims.ts";
import type { KeyExchange } from "../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { Initiator } from "../../src/ike/initiator.ts";
import { type ClientTicket, copyOfTicket } from "../../src/ticket/client_ticket.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import type { SocketTransport } from "../../src/transport/transport.ts";
import { pace } from "../../src/load/hostile/pace.ts";
import { CLIENT_ADDRESSES, clientConfiguration } from "./setting.ts";

/** How long after it should have started a client may take before its user has given up. */
export const PATIENCE_MS = 5_000;
/** Attempts under way at a time where nothing is measured. */
const CONCURRENCY = 32;

/** How one attempt ended, by the client's own word: it has proof of the gateway, or it has not. */
export type Outcome =
  /** IKE SA, Child SA and the next ticket are there. */
  | { readonly ok: true; readonly resumed: boolean; readonly ticket: ClientTicket; readonly latencyMs: number }
  | { readonly ok: false; readonly reason: string };

/** Where the gateway listens. */
export interface GatewayPlace {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
}

export interface Served {
  readonly outcomes: readonly Outcome[];
  /** How late each of them was started, in milliseconds. */
  readonly lags: readonly number[];
}

/**
 * Each client presents a copy of one and the same ticket to each gateway. A gateway is new and remembers no use; the ticket keys outlive it.
 */
export class LegitimateClients {
  readonly #driver: InitiatorDriver;
  readonly #transports: SocketTransport[] = [];
  readonly #presharedKey: Uint8Array;
  readonly #tickets: ClientTicket[] = [];
  readonly #fault = Promise.withResolvers<never>();

  static async open(provider: CryptoProvider, keyExchange: KeyExchange, presharedKey: Uint8Array): Promise<LegitimateClients> {
    const clients = new LegitimateClients(provider, keyExchange, presharedKey);
    for (const address of CLIENT_ADDRESSES) clients.#transports.push(await clients.#driver.openSocket({ address }));
    return clients;
  }

  private constructor(provider: CryptoProvider, keyExchange: KeyExchange, presharedKey: Uint8Array) {
    this.#presharedKey = presharedKey;
    this.#driver = new InitiatorDriver({
      services: { provider, keyExchange, random: systemRandom, claims: NO_CLAIMS },
      clock: systemClock,
      onFault: (fault) => this.#fault.reject(fault),
    });
    // It is looked at while clients connect; until then a fault is only remembered.
    this.#fault.promise.catch(() => {});
  }

  /** How many have a ticket. */
  get count(): number {
    return this.#tickets.length;
  }

  /** The tickets of clients `from` to `end` - 1 as they stand on the wire. */
  tickets(from: number, end: number): Uint8Array[] {
    return this.#tickets.slice(from, end).map(({ ticket }) => ticket);
  }

  /** Brings up clients by full exchanges until so many have a ticket. @throws {Error} one of them got none. */
  async enrol(count: number, gateway: GatewayPlace): Promise<void> {
    const first = this.#tickets.length;
    const outcomes = await this.#oneAfterTheOther(first, count, (client) => this.#connect(client, undefined, gateway));
    for (const outcome of outcomes) {
      if (!outcome.ok) throw new Error(`a client got no ticket: ${outcome.reason}`);
      this.#tickets.push(outcome.ticket);
    }
  }

  /** Clients `from` to `end` - 1 come back as fast as the gateway takes them: to warm it up, to use tickets, to measure what one costs. */
  resume(from: number, end: number, gateway: GatewayPlace): Promise<Outcome[]> {
    return this.#oneAfterTheOther(from, end, (client) => this.#connect(client, this.#tickets[client], gateway));
  }

  /** Clients from `from` on come back, `rate` a second, each in its time. Ends when all are through or out of patience. */
  async resumePaced(from: number, count: number, rate: number, gateway: GatewayPlace): Promise<Served> {
    const attempts: Promise<Outcome>[] = [];
    const { lags } = await pace(rate, count, (index, dueMs) => {
      const client = from + index;
      attempts.push(this.#connect(client, this.#tickets[client], gateway, dueMs));
    }, PATIENCE_MS);
    const outcomes = await Promise.race([Promise.all(attempts), this.#fault.promise]);
    while (outcomes.length < count) outcomes.push({ ok: false, reason: "not started" });
    return { outcomes, lags };
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  async #oneAfterTheOther(from: number, end: number, run: (client: number) => Promise<Outcome>): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < end) {
        const client = next++;
        outcomes[client - from] = await run(client);
      }
    };
    await Promise.race([Promise.all(Array.from({ length: CONCURRENCY }, lane)), this.#fault.promise]);
    return outcomes;
  }

  /** A resumption that is refused goes on as a full exchange, as a client's does; it is told apart. */
  #connect(
    client: number,
    ticket: ClientTicket | undefined,
    gateway: GatewayPlace,
    dueMs: number = performance.now(),
  ): Promise<Outcome> {
    const transport = this.#transports[client % this.#transports.length];
    const path = pathOf(transport, gateway.local, gateway.encapsulatedLocal);
    const configuration = clientConfiguration(`client-${client}`, this.#presharedKey);
    const initiator = new Initiator(configuration, path, systemRandom, ticket && copyOfTicket(ticket));
    return new Promise((resolve) => {
      let ended = false;
      const end = (outcome: Outcome): void => {
        if (ended) return;
        ended = true;
        clearTimeout(patience);
        // Not within a step of its own.
        queueMicrotask(() => this.#driver.release(driven));
        resolve(outcome);
      };
      const patience = setTimeout(
        () => end({ ok: false, reason: "out of patience" }),
        Math.max(0, dueMs + PATIENCE_MS - performance.now()),
      );
      const driven: DrivenInitiator = this.#driver.start(initiator, transport, watch(dueMs, end));
    });
  }
}

/** Waits for all that a client wants: IKE SA, Child SA and the next ticket. */
function watch(dueMs: number, end: (outcome: Outcome) => void): (effect: Effect) => void {
  let resumed: boolean | undefined;
  let hasChildSa = false;
  let next: ClientTicket | undefined;
  return (effect) => {
    switch (effect.type) {
      case "ike-sa-up":
        resumed = effect.resumed;
        break;
      case "child-sa-up":
        hasChildSa = true;
        break;
      case "ticket-received":
        next = effect.ticket;
        break;
      case "ticket-not-granted":
        return end({ ok: false, reason: `no ticket: ${effect.answer}` });
      case "child-sa-failed":
        return end({ ok: false, reason: `no Child SA: notify ${effect.notifyType}` });
      case "ike-sa-down":
        return end({ ok: false, reason: effect.reason });
    }
    if (resumed === undefined || !hasChildSa || next === undefined) return;
    end({ ok: true, resumed, ticket: copyOfTicket(next), latencyMs: performance.now() - dueMs });
  };
}
