/**
 * Whole initiators that cost little while the clock runs, so that the gateway is what is measured: their first messages are made before, and
 * their last answers are opened and checked after. In between is what depends on the gateway's first answer: the keys, and IKE_AUTH.
 *
 * @module
 */
import { NO_CLAIMS } from "../../src/client/no_claims.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { receiverSpi } from "../../src/ike/ike_sa/spi.ts";
import { Initiator, type InitiatorConfiguration } from "../../src/ike/initiator.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Instant } from "../../src/ike/steps/instant.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";
import type { Outcome } from "../../src/load/client_fleet.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { chooseTransport } from "../../src/transport/open_transport.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import type { SocketTransport } from "../../src/transport/transport.ts";
import { ExchangeType } from "../../src/wire/constants.ts";
import { HEADER_LENGTH } from "../../src/wire/header.ts";
import { Attempt } from "./attempt.ts";
import { ADDRESS } from "./setting.ts";

/** Socket pairs that the clients share: enough receive buffers that the answers to a wave of any gateway fit. */
const SOCKETS = 4;
/** Clients that are looked after in one go; the sockets are looked at in between. */
const WAVE = 64;
/** A client without an answer does what its deadline calls for after so long at the earliest, and gives up in the end, in milliseconds. */
const LEAST_WAIT_MS = 1_000;
const PATIENCE_MS = 15_000;
/** Where the exchange stands in a message's header (RFC 7296, section 3.1). */
const EXCHANGE_TYPE_OFFSET = 18;
const LOOK_INTERVAL_MS = 100;

/** Where the gateways listen, one after the other. */
export interface GatewayPlace {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
}

export class LeanClients {
  readonly #services: WaveServices;
  readonly #gateway: GatewayPlace;
  readonly #configurationOf: (client: number) => InitiatorConfiguration;
  readonly #transports: SocketTransport[] = [];
  readonly #bySpi = new Map<bigint, Attempt>();
  /** Those whose first answer is there. */
  #ready: (readonly [Attempt, Datagram])[] = [];
  #isLooking = false;

  static async open(
    gateway: GatewayPlace,
    configurationOf: (client: number) => InitiatorConfiguration,
  ): Promise<LeanClients> {
    const services = {
      provider: await loadProvider("auto"),
      keyExchange: await loadKeyExchange(),
      random: systemRandom,
      claims: NO_CLAIMS,
    };
    const clients = new LeanClients(services, gateway, configurationOf);
    const onDatagram = (datagram: Datagram): void => clients.#accept(datagram);
    const openTransport = chooseTransport("auto");
    for (let socket = 0; socket < SOCKETS; socket++) {
      clients.#transports.push(await openTransport({ address: ADDRESS, port: 0, natPort: 0, onDatagram }));
    }
    return clients;
  }

  private constructor(
    services: WaveServices,
    gateway: GatewayPlace,
    configurationOf: (client: number) => InitiatorConfiguration,
  ) {
    this.#services = services;
    this.#gateway = gateway;
    this.#configurationOf = configurationOf;
  }

  /** Makes the first messages of clients, of each with its ticket if it has one. */
  async prepare(holders: readonly { readonly client: number; readonly ticket?: ClientTicket }[]): Promise<Attempt[]> {
    const attempts = holders.map(({ client, ticket }) => {
      const transport = this.#transports[client % SOCKETS];
      const { local, encapsulatedLocal } = transport;
      const path = {
        local,
        encapsulatedLocal,
        remote: this.#gateway.local,
        encapsulatedRemote: this.#gateway.encapsulatedLocal,
      };
      return new Attempt(client, new Initiator(this.#configurationOf(client), path, systemRandom, ticket), transport);
    });
    await this.#inWaves(attempts, (attempt, now) => attempt.initiator.start(now));
    for (const attempt of attempts) for (const spi of attempt.initiator.ownSpis) this.#bySpi.set(spi, attempt);
    return attempts;
  }

  /** Sends the first message. Resolves when the last answer is there, or none will come. */
  begin(attempt: Attempt): Promise<void> {
    attempt.startedMs = performance.now();
    this.#send(attempt);
    attempt.transport.flush();
    return new Promise((resolve) => attempt.ended = resolve);
  }

  /** While messages are under way, deadlines are kept: what is lost is sent again, and a cookie that was put off is taken. */
  async whileUnderWay(attempts: readonly Attempt[], work: Promise<unknown>): Promise<void> {
    let looked = Promise.resolve();
    const timer = setInterval(() => looked = looked.then(() => this.#keepDeadlines(attempts)), LOOK_INTERVAL_MS);
    try {
      await work;
    } finally {
      clearInterval(timer);
      await looked;
    }
  }

  /** Opens the last answers: how each attempt ended, in their order. The clients are up until they are released. */
  async prove(attempts: readonly Attempt[]): Promise<Outcome[]> {
    const answered = attempts.filter(({ answer }) => answer !== undefined);
    await this.#inWaves(answered, ({ initiator, answer }, now) => initiator.receive(answer!, now));
    return attempts.map(({ outcome }) => outcome);
  }

  /** Forgets IKE SAs without a word, and wipes their keys. */
  release(attempts: readonly Attempt[]): void {
    for (const { initiator } of attempts) {
      for (const spi of initiator.ownSpis) this.#bySpi.delete(spi);
      initiator.dispose();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
  }

  #accept(datagram: Datagram): void {
    if (datagram.octets.length < HEADER_LENGTH) return;
    const attempt = this.#bySpi.get(receiverSpi(datagram.octets));
    if (attempt === undefined || attempt.answeredMs !== undefined) return;
    if (attempt.waitsForLastAnswer && datagram.octets[EXCHANGE_TYPE_OFFSET] === ExchangeType.IKE_AUTH) {
      attempt.answer = datagram;
      attempt.answeredMs = performance.now();
      return attempt.ended();
    }
    this.#ready.push([attempt, datagram]);
    if (this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(() => this.#look());
  }

  async #look(): Promise<void> {
    const wave = this.#ready.splice(0, WAVE);
    // One of each client in a wave: of the same answer twice, the first is the one that leads on.
    const first = new Map(wave.toReversed());
    await this.#act([...first.keys()], (attempt, now) => attempt.initiator.receive(first.get(attempt)!, now));
    this.#isLooking = this.#ready.length > 0;
    if (this.#isLooking) setImmediate(() => this.#look());
  }

  async #keepDeadlines(attempts: readonly Attempt[]): Promise<void> {
    const nowMs = performance.now();
    const { monotonicMs } = systemClock();
    const due: Attempt[] = [];
    for (const attempt of attempts) {
      if (attempt.startedMs === 0 || attempt.answeredMs !== undefined) continue;
      if (nowMs - attempt.startedMs > PATIENCE_MS) attempt.ended();
      // Its first message was made long before it was sent.
      else if (nowMs - attempt.sentMs > LEAST_WAIT_MS && (attempt.initiator.deadline ?? Infinity) <= monotonicMs) {
        due.push(attempt);
      }
    }
    await this.#act(due, (attempt, now) => attempt.initiator.timeout(now));
  }

  /** One step of each, and what it sends. */
  async #act(attempts: readonly Attempt[], begin: (attempt: Attempt, now: Instant) => Step<Effect[]>): Promise<void> {
    const now = systemClock();
    const effects = await runWave(attempts.map((attempt) => begin(attempt, now)), this.#services);
    attempts.forEach((attempt, index) => {
      attempt.take(effects[index]);
      if (effects[index].some(({ type }) => type === "send")) this.#send(attempt);
    });
    for (const transport of this.#transports) transport.flush();
  }

  #send(attempt: Attempt): void {
    attempt.sentMs = performance.now();
    if (attempt.message !== undefined) attempt.transport.send(attempt.message);
  }

  async #inWaves(attempts: readonly Attempt[], begin: (attempt: Attempt, now: Instant) => Step<Effect[]>): Promise<void> {
    for (let at = 0; at < attempts.length; at += WAVE) {
      const wave = attempts.slice(at, at + WAVE);
      const now = systemClock();
      const effects = await runWave(wave.map((attempt) => begin(attempt, now)), this.#services);
      wave.forEach((attempt, index) => attempt.take(effects[index]));
    }
  }
}
