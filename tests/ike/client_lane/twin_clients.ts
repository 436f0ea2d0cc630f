/**
 * Clients that there are twice, with the same randomness: one goes by the steps alone, its twin by the lane and the steps. They live through the same,
 * and have to say, to tell and to wait for the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Busy, servedWave } from "../../../src/client/initiator_wave.ts";
import type { InitiatorAction } from "../../../src/client/initiator_action.ts";
import { NO_CLAIMS } from "../../../src/client/no_claims.ts";
import type { KeyExchange } from "../../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { ClientLane } from "../../../src/ike/client_lane/client_lane.ts";
import { Initiator, initiatorConfiguration, type InitiatorOptions } from "../../../src/ike/initiator.ts";
import { Responder, responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import type { Instant } from "../../../src/ike/steps/instant.ts";
import { runWave, type WaveServices } from "../../../src/ike/steps/wave.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { visible } from "../lane/two_gateways.ts";

export interface TwinOptions {
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly clients: number;
  readonly gateway?: Partial<ResponderOptions>;
  readonly client?: Partial<InitiatorOptions>;
  /** What stands between the lane's clients and their provider. */
  readonly laneProvider?: (provider: CryptoProvider) => CryptoProvider;
}

/** One of the two. */
interface Twin {
  initiator: Initiator;
  ticket: ClientTicket | undefined;
}

export interface Client {
  readonly steps: Twin;
  readonly lane: Twin;
  /** The ticket that it got last, which nobody wipes. */
  kept: ClientTicket | undefined;
  effects: Effect[];
}

export class TwinClients {
  readonly clients: Client[];
  readonly gateway: Responder;
  readonly gatewayServices: WaveServices;
  readonly faults: unknown[] = [];
  nowMs = 1_000;
  readonly #options: TwinOptions;
  readonly #lane = new ClientLane();
  /** Each time that clients begin, they have other random numbers. */
  #generation = 0;

  constructor(options: TwinOptions) {
    this.#options = options;
    const { provider, keyExchange, gateway } = options;
    const random = new SeededRandom(7).octets;
    const claims = new MemoryTicketClaims(() => this.now.epochSeconds);
    this.gatewayServices = { provider, keyExchange, random, claims };
    const configuration = responderConfiguration({
      identity: fqdn("gateway.example"),
      presharedKeyOf: () => PRESHARED_KEY,
      ticketKeys: TicketKeyRing.generate(new SeededRandom(5).octets, START_EPOCH_SECONDS),
      ...gateway,
    });
    this.gateway = new Responder(configuration, random);
    this.clients = Array.from({ length: options.clients }, (_, number) => ({
      steps: this.#twin(number, undefined),
      lane: this.#twin(number, undefined),
      kept: undefined,
      effects: [],
    }));
  }

  get now(): Instant {
    return { monotonicMs: this.nowMs, epochSeconds: START_EPOCH_SECONDS + this.nowMs / 1_000 };
  }

  /** All begin, with their tickets where they have one: what they send. */
  async start(): Promise<Datagram[]> {
    this.#generation++;
    this.clients.forEach((client, number) => {
      Object.assign(client.steps, this.#twin(number, client.kept && copyOf(client.kept)));
      Object.assign(client.lane, this.#twin(number, client.kept && copyOf(client.kept)));
      client.effects = [];
    });
    return await this.act(this.clients.map(() => [{ type: "start" }]));
  }

  /** Each client does something, or nothing; what all of them send. Both twins do, and have to do it alike. */
  async act(actions: readonly (readonly InitiatorAction[])[]): Promise<Datagram[]> {
    const { provider, keyExchange, laneProvider = (same) => same } = this.#options;
    const services = { provider, keyExchange, random: new SeededRandom(13).octets, claims: NO_CLAIMS };
    const busy = this.clients.filter((_, number) => actions[number]?.length > 0);
    const chains = actions.filter(({ length }) => length > 0);
    const onFault = (fault: unknown) => void this.faults.push(fault) as undefined;
    const serve = (whose: "steps" | "lane") => {
      const wave = busy.map((client, index): Busy => ({ initiator: client[whose].initiator, chain: chainOf(chains[index]) }));
      const lane = whose === "lane" ? this.#lane : undefined;
      const own = { ...services, random: new SeededRandom(13).octets, provider: lane ? laneProvider(provider) : provider };
      return servedWave(wave, this.now, { services: own, lane, onFault });
    };
    const expected = await serve("steps");
    const told = await serve("lane");
    assert.deepEqual(told.map(visible), expected.map(visible));
    this.assertSame();
    busy.forEach((client, index) => {
      const effects = told[index] ?? [];
      client.effects.push(...effects);
      const ticket = effectsOf(effects, "ticket-received").at(-1)?.ticket;
      if (ticket) client.kept = copyOf(ticket);
    });
    return told.flatMap((effects) => effectsOf(effects ?? [], "send").map(({ datagram }) => turned(datagram)));
  }

  /** Datagrams come to the clients that they are for, those of one client in one step. */
  async deliver(datagrams: readonly Datagram[]): Promise<Datagram[]> {
    const actions: InitiatorAction[][] = this.clients.map(() => []);
    for (const datagram of datagrams) {
      actions[numberOf(datagram.local.address)]?.push({ type: "receive", datagram });
    }
    return await this.act(actions);
  }

  /** The gateway's answers to datagrams. */
  async answersTo(datagrams: readonly Datagram[]): Promise<Datagram[]> {
    const answers: Datagram[] = [];
    for (const datagram of datagrams) {
      const [effects] = await runWave([this.gateway.receive(datagram, this.now)], this.gatewayServices);
      for (const { datagram } of effectsOf(effects, "send")) answers.push(turned(datagram));
    }
    return answers;
  }

  /** From the first message on until nothing is left to be said. `alter`: what comes in the place of an answer. */
  async comeUp(alter: (datagram: Datagram) => readonly Datagram[] = (datagram) => [datagram]): Promise<void> {
    let sent = await this.start();
    for (let round = 0; sent.length > 0 && round < 8; round++) {
      this.nowMs += 10;
      sent = await this.deliver((await this.answersTo(sent)).flatMap(alter));
    }
  }

  /** All that is due by then happens, and so does what follows from it. */
  async wait(ms: number): Promise<void> {
    this.nowMs += ms;
    const { monotonicMs } = this.now;
    let sent = await this.act(
      this.clients.map(({ steps: { initiator } }) =>
        (initiator.deadline ?? Infinity) <= monotonicMs ? [{ type: "timeout" }] : []
      ),
    );
    for (let round = 0; sent.length > 0 && round < 8; round++) sent = await this.deliver(await this.answersTo(sent));
  }

  /** All that can be seen of both from outside, and what is left of the tickets. */
  assertSame(): void {
    for (const { steps, lane } of this.clients) {
      const [ofSteps, ofLane] = [steps, lane].map(({ initiator, ticket }) => ({
        waitsFor: initiator.waitsFor,
        initiatorSpi: initiator.initiatorSpi,
        ownSpis: initiator.ownSpis,
        deadline: initiator.deadline,
        isMobile: initiator.isMobile,
        skD: visible(ticket?.skD),
      }));
      assert.deepEqual(ofLane, ofSteps);
    }
  }

  #twin(number: number, ticket: ClientTicket | undefined): Twin {
    const address = `198.51.100.${number}`;
    const configuration = initiatorConfiguration({
      identity: fqdn(`client${number}.example`),
      peerIdentity: fqdn("gateway.example"),
      presharedKey: PRESHARED_KEY,
      ...this.#options.client,
    });
    const path = {
      local: endpoint(address, 500),
      remote: endpoint(GATEWAY_ADDRESS, 500),
      encapsulatedLocal: endpoint(address, 4500),
      encapsulatedRemote: endpoint(GATEWAY_ADDRESS, 4500),
    };
    const random = new SeededRandom(1_000 * this.#generation + number).octets;
    return { initiator: new Initiator(configuration, path, random, ticket), ticket };
  }
}

function chainOf(actions: readonly InitiatorAction[]): Busy["chain"] {
  const copied = actions.map((action) =>
    action.type === "receive" ? { ...action, datagram: copyOfDatagram(action.datagram) } : action
  );
  return copied.length === 1 ? copied[0] : copied;
}

/** A receiver owns its octets. */
function copyOfDatagram(datagram: Datagram): Datagram {
  return { ...datagram, octets: datagram.octets.slice() };
}

/** Of the client whose address this is; -1: none. */
export function numberOf(address: string): number {
  return address.startsWith("198.51.100.") ? Number(address.split(".")[3]) : -1;
}

/** As it comes to the other end. */
export function turned({ octets, local, remote, encapsulated }: Datagram): Datagram {
  return { octets: octets.slice(), local: remote, remote: local, encapsulated };
}
