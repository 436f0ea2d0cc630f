/**
 * Thousands of clients in one process: each with its identity, its random numbers and its ticket, all over a few shared sockets.
 *
 * @module
 */
import { type DrivenInitiator, InitiatorDriver, type LossModel, pathOf } from "../client/initiator_driver.ts";
import { NO_CLAIMS } from "../client/no_claims.ts";
import type { KeyExchange } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { ChildSa } from "../ike/child_sa.ts";
import type { Endpoint } from "../ike/datagram.ts";
import type { Effect, SpiPair } from "../ike/effect.ts";
import { Initiator, type InitiatorConfiguration } from "../ike/initiator.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { systemClock } from "../transport/system_clock.ts";
import type { UdpTransport } from "../transport/udp_transport.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { seededRandom } from "./seeded_random.ts";

/** Socket pairs that the clients share: enough receive buffers that the answers to a wave of any gateway fit. */
const SOCKETS = 4;

export interface FleetOptions {
  readonly clients: number;
  readonly seed: number;
  readonly address: string;
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly loss?: LossModel;
  /** The configuration of a client, by its number and with random numbers of its own. */
  readonly configurationOf: (client: number, random: RandomSource) => InitiatorConfiguration;
}

/** How one client's attempt ended. */
export type Outcome =
  | {
    readonly ok: true;
    readonly spis: SpiPair;
    readonly childSa: ChildSa;
    readonly resumed: boolean;
    /** From when it was told to connect to its Child SA and next ticket, in milliseconds. */
    readonly latencyMs: number;
  }
  | { readonly ok: false; readonly reason: string };

interface FleetClient {
  readonly number: number;
  readonly random: RandomSource;
  readonly configuration: InitiatorConfiguration;
  readonly transport: UdpTransport;
  driven?: DrivenInitiator;
  ticket?: ClientTicket;
}

export class ClientFleet {
  readonly #driver: InitiatorDriver;
  readonly #clients: FleetClient[];
  readonly #options: FleetOptions;
  readonly #fault = Promise.withResolvers<never>();

  static async open(options: FleetOptions): Promise<ClientFleet> {
    const fleet = new ClientFleet(options);
    const transports: UdpTransport[] = [];
    for (let socket = 0; socket < SOCKETS; socket++) {
      transports.push(await fleet.#driver.openSocket({ address: options.address }));
    }
    for (let number = 0; number < options.clients; number++) {
      const random = seededRandom(options.seed, `client ${number}`);
      const configuration = options.configurationOf(number, random);
      fleet.#clients.push({ number, random, configuration, transport: transports[number % SOCKETS] });
    }
    return fleet;
  }

  private constructor(options: FleetOptions) {
    this.#options = options;
    this.#clients = [];
    this.#driver = new InitiatorDriver({
      services: {
        provider: options.provider,
        keyExchange: options.keyExchange,
        random: seededRandom(options.seed, "key exchange"),
        claims: NO_CLAIMS,
      },
      clock: systemClock,
      loss: options.loss,
      onFault: (fault) => this.#fault.reject(fault),
    });
    // It is looked at while clients connect; until then a fault is only remembered.
    this.#fault.promise.catch(() => {});
  }

  /**
   * Brings clients `from` to `end` - 1 up, those that have a ticket with it, at most `concurrency` of them at a time.
   *
   * @returns how each one ended, in their order.
   * @throws what the clients' own cryptography or state machine threw: a programmer's error.
   */
  async connect(from: number, end: number, concurrency: number, onEnd: () => void = () => {}): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const lanes = Math.min(concurrency, end - from);
    let next = from;
    const lane = async () => {
      while (next < end) {
        const client = this.#clients[next++];
        outcomes[client.number - from] = await this.#connectOne(client);
        onEnd();
      }
    };
    await Promise.race([Promise.all(Array.from({ length: lanes }, lane)), this.#fault.promise]);
    return outcomes;
  }

  /** Forgets every IKE SA without a word, as clients do that find their gateway gone. Tickets are kept. */
  loseConnections(): void {
    for (const client of this.#clients) {
      if (client.driven !== undefined) this.#driver.release(client.driven);
      client.driven = undefined;
    }
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  #connectOne(client: FleetClient): Promise<Outcome> {
    const { gateway, encapsulatedGateway } = this.#options;
    const path = pathOf(client.transport, gateway, encapsulatedGateway);
    const initiator = new Initiator(client.configuration, path, client.random, client.ticket);
    client.ticket = undefined;
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const attempt = new Attempt(client, startedMs, resolve);
      client.driven = this.#driver.start(initiator, client.transport, (effect) => attempt.take(effect));
    });
  }
}

/** Watches one attempt until the client has all that it wants: IKE SA, Child SA and the next ticket. */
class Attempt {
  readonly #client: FleetClient;
  readonly #startedMs: number;
  readonly #resolve: (outcome: Outcome) => void;
  #up: Extract<Effect, { type: "ike-sa-up" }> | undefined;
  #childSa: ChildSa | undefined;

  constructor(client: FleetClient, startedMs: number, resolve: (outcome: Outcome) => void) {
    this.#client = client;
    this.#startedMs = startedMs;
    this.#resolve = resolve;
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = effect;
        break;
      case "child-sa-up":
        this.#childSa = effect.childSa;
        break;
      case "ticket-received":
        this.#client.ticket = effect.ticket;
        break;
      case "ticket-not-granted":
        return this.#resolve({ ok: false, reason: `no ticket: ${effect.answer}` });
      case "child-sa-failed":
        return this.#resolve({ ok: false, reason: `no Child SA: notify ${effect.notifyType}` });
      case "ike-sa-down":
        return this.#resolve({ ok: false, reason: effect.reason });
    }
    if (this.#up === undefined || this.#childSa === undefined || this.#client.ticket === undefined) return;
    this.#resolve({
      ok: true,
      spis: this.#up.spis,
      childSa: this.#childSa,
      resumed: this.#up.resumed,
      latencyMs: performance.now() - this.#startedMs,
    });
  }
}
