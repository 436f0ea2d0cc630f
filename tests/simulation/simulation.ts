/**
 * A gateway and its clients in memory: steps both ends on one clock, as a driver over UDP would.
 *
 * @module
 */
import process from "node:process";
import type { KeyExchange } from "../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { createTsKeyExchange } from "../../src/crypto/ts/key_exchange.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { Initiator, initiatorConfiguration, type InitiatorOptions, type InitiatorPath } from "../../src/ike/initiator.ts";
import type { Instant } from "../../src/ike/steps/instant.ts";
import type { ResponderListeners } from "../../src/ike/responder/responder_listeners.ts";
import { Responder, responderConfiguration, type ResponderOptions, serialKey } from "../../src/ike/responder.ts";
import { laterOf } from "../../src/ike/lane/lane_context.ts";
import { receiverSpi } from "../../src/ike/ike_sa/spi.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";
import { steady } from "../../src/store/gateway_store.ts";
import { MemoryTicketClaims } from "../../src/store/memory_claims.ts";
import { MemoryRevocations } from "../../src/store/memory_revocations.ts";
import { MemoryTicketStates } from "../../src/store/memory_ticket_states.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { LaneInitiator } from "./lane_initiator.ts";
import { Network, type NetworkConditions, PERFECT } from "./network.ts";
import { SeededRandom } from "./seeded_random.ts";

export const GATEWAY_ADDRESS = "192.0.2.1";
export const PRESHARED_KEY: Uint8Array = new TextEncoder().encode("a shared key for tests alone");
/** 14 November 2023: any moment will do. */
export const START_EPOCH_SECONDS = 1_700_000_000;

export interface SimulationOptions {
  readonly provider: CryptoProvider;
  readonly keyExchange?: KeyExchange;
  readonly seed?: number;
  readonly conditions?: NetworkConditions;
  readonly gateway?: Partial<ResponderOptions>;
  /**
   * Whether both ends take plain resumptions through their lanes. Default: as a gateway does, with `wasm`; with IKE_RESUME_LANE set, always.
   */
  readonly lane?: boolean;
  /** Stores other than those in memory. */
  readonly services?: Partial<Pick<WaveServices, "claims" | "ticketStates" | "revocations">>;
  /** Told by the gateway, until it is restarted. */
  readonly listeners?: ResponderListeners;
}

/** One effect, and when and at which end it came. */
export interface Happening {
  readonly atMs: number;
  readonly effect: Effect;
}

export class SimulatedClient {
  readonly initiator: Initiator;
  readonly address: string;
  /** Where it is met: its first address, and those that it moved to. */
  readonly addresses: Set<string>;
  readonly happenings: Happening[] = [];

  constructor(initiator: Initiator, address: string) {
    this.initiator = initiator;
    this.address = address;
    this.addresses = new Set([address]);
  }

  get effects(): Effect[] {
    return this.happenings.map(({ effect }) => effect);
  }

  /** The latest ticket. */
  get ticket(): ClientTicket {
    const received = effectsOf(this.effects, "ticket-received").at(-1);
    if (received === undefined) {
      throw new Error(`client ${this.address} has no ticket: ${this.effects.map(({ type }) => type)}`);
    }
    return received.ticket;
  }

  /** The latest Child SA. */
  get childSa(): ChildSa {
    const up = effectsOf(this.effects, "child-sa-up").at(-1);
    if (up === undefined) throw new Error(`client ${this.address} has no Child SA: ${this.effects.map(({ type }) => type)}`);
    return up.childSa;
  }
}

export class Simulation {
  readonly network: Network;
  readonly services: WaveServices;
  readonly random: SeededRandom;
  readonly gatewayHappenings: Happening[] = [];
  readonly clients: SimulatedClient[] = [];
  gateway: Responder;
  readonly hasLane: boolean;
  /** Steps of the wall clock, on top of the passing of time. */
  wallClockOffsetSeconds = 0;
  readonly #gatewayOptions: ResponderOptions;
  #firstMessages = 0;

  constructor(
    {
      provider,
      keyExchange = createTsKeyExchange(),
      seed = 1,
      conditions = PERFECT,
      gateway = {},
      services = {},
      lane,
      listeners,
    }: SimulationOptions,
  ) {
    this.hasLane = lane ?? (provider.name === "wasm" || process.env.IKE_RESUME_LANE !== undefined);
    this.random = new SeededRandom(seed);
    this.network = new Network(seed + 1, conditions);
    const random = this.random.octets;
    const steadyTime = steady(() => this.now.epochSeconds, () => this.now.monotonicMs);
    this.services = {
      provider,
      keyExchange,
      random,
      claims: new MemoryTicketClaims(steadyTime),
      ticketStates: new MemoryTicketStates(steadyTime),
      revocations: new MemoryRevocations(steadyTime),
      ...services,
    };
    this.#gatewayOptions = {
      identity: fqdn("gateway.example"),
      presharedKeyOf: () => PRESHARED_KEY,
      ticketKeys: TicketKeyRing.generate(random, START_EPOCH_SECONDS),
      ...gateway,
    };
    this.gateway = new Responder(responderConfiguration(this.#gatewayOptions), random, listeners);
  }

  get now(): Instant {
    const { nowMs } = this.network;
    return { monotonicMs: nowMs, epochSeconds: START_EPOCH_SECONDS + nowMs / 1000 + this.wallClockOffsetSeconds };
  }

  get ticketKeys(): TicketKeyRing {
    return this.#gatewayOptions.ticketKeys;
  }

  get gatewayEffects(): Effect[] {
    return this.gatewayHappenings.map(({ effect }) => effect);
  }

  /** A gateway that has lost everything but its configuration, as after a crash. */
  restartGateway(change: Partial<ResponderOptions> = {}): void {
    this.gateway = new Responder(responderConfiguration({ ...this.#gatewayOptions, ...change }), this.random.octets);
  }

  /** `gatewayAddress`: where the client looks for the gateway, when something on the way changes it. */
  addClient(
    options: Partial<InitiatorOptions> = {},
    ticket?: ClientTicket,
    address?: string,
    gatewayAddress: string = GATEWAY_ADDRESS,
  ): SimulatedClient {
    const number = this.clients.length + 1;
    const at = address ?? `198.51.${number >> 8}.${number & 0xff}`;
    const configuration = initiatorConfiguration({
      identity: fqdn(`client${number}.example`),
      peerIdentity: fqdn("gateway.example"),
      presharedKey: PRESHARED_KEY,
      // Renewals never end, and `run` would not either.
      keepTicketFresh: false,
      livenessSeconds: 0,
      natKeepaliveSeconds: 0,
      // Clients of one identity stand beside each other in many tests.
      initialContact: false,
      ...options,
    });
    const path = pathBetween(at, gatewayAddress);
    const initiator = this.hasLane
      ? new LaneInitiator(this.services.provider, configuration, path, this.random.octets, ticket)
      : new Initiator(configuration, path, this.random.octets, ticket);
    const client = new SimulatedClient(initiator, at);
    this.clients.push(client);
    return client;
  }

  /** A client that was up, and has a ticket. */
  async clientWithTicket(options: Partial<InitiatorOptions> = {}): Promise<SimulatedClient> {
    const client = this.addClient(options);
    await this.start(client);
    await this.run();
    return client;
  }

  async start(...clients: SimulatedClient[]): Promise<void> {
    const results = await runWave(clients.map(({ initiator }) => initiator.start(this.now)), this.services);
    results.forEach((effects, index) => this.#carryOut(effects, clients[index].happenings));
  }

  /** Runs one step of a client's outside of the events: close, liveness check. */
  async act(client: SimulatedClient, step: Step<Effect[]>): Promise<void> {
    const [effects] = await runWave([step], this.services);
    this.#carryOut(effects, client.happenings);
  }

  /** The client has another address from now on. */
  async move(client: SimulatedClient, address: string): Promise<void> {
    client.addresses.add(address);
    await this.act(client, client.initiator.move(pathBetween(address, GATEWAY_ADDRESS), this.now));
  }

  async actOnGateway(step: Step<Effect[]>): Promise<void> {
    const [effects] = await runWave([step], this.services);
    this.#carryOut(effects, this.gatewayHappenings);
  }

  /** Goes from event to event until nothing is left to happen, or until a moment. */
  async run(untilMs: number = Infinity): Promise<void> {
    const nextEventMs = () => this.#nextEventMs(untilMs !== Infinity);
    for (let at = nextEventMs(); at !== undefined && at <= untilMs; at = nextEventMs()) {
      this.network.nowMs = Math.max(at, this.network.nowMs);
      await this.#deliver(this.network.arrivals());
      await this.#timeouts();
    }
    if (untilMs !== Infinity) this.network.nowMs = Math.max(untilMs, this.network.nowMs);
  }

  /** The gateway's own deadlines count only up to a moment: its half-open IKE SAs expire whether or not anything else happens. */
  #nextEventMs(withGateway: boolean): number | undefined {
    const moments = [this.network.nextArrivalMs, ...this.clients.map(({ initiator }) => initiator.deadline)];
    if (withGateway) moments.push(this.gateway.deadline);
    return moments.reduce(
      (least, moment) => moment === undefined || (least !== undefined && least <= moment) ? least : moment,
      undefined,
    );
  }

  /** The gateway is handed one datagram, past the network: what it sends and tells. */
  async receive(datagram: Datagram): Promise<Effect[]> {
    const { left, effects } = await this.#serveTogether([datagram]);
    return left.length === 0 ? effects : (await runWave([this.gateway.receive(datagram, this.now)], this.services))[0];
  }

  /** Has the lane serve what is plain, of datagrams that are each alone on their IKE SA. */
  async #serveTogether(datagrams: readonly Datagram[]): Promise<{ left: readonly Datagram[]; effects: Effect[] }> {
    if (!this.hasLane) return { left: datagrams, effects: [] };
    const faults: unknown[] = [];
    const { left, answers } = this.gateway.receiveTogether(datagrams, this.now, this.services, (fault) => {
      faults.push(fault);
      return [];
    });
    const told = await answers;
    const effects = told.flatMap((ofOne) => ofOne ?? []);
    if (faults.length > 0) throw faults[0];
    const isLeft = (place: number) => left.includes(place) || laterOf(told[place]) !== undefined;
    return { left: datagrams.filter((_, place) => isLeft(place)), effects };
  }

  async #deliver(arrived: readonly Datagram[]): Promise<void> {
    const [lone, others] = this.#divided(arrived);
    const { left, effects } = await this.#serveTogether(lone);
    this.#carryOut(effects, this.gatewayHappenings);
    const datagrams = arrived.filter((datagram) => others.has(datagram) || left.includes(datagram));
    const lanes = new Map<
      string,
      { readonly arrived: Datagram[]; readonly happenings: Happening[]; readonly receive: Receive }
    >();
    for (const datagram of datagrams) {
      const lane = this.#laneOf(datagram);
      if (lane === undefined) continue;
      const known = lanes.get(lane.name);
      if (known) known.arrived.push(datagram);
      else lanes.set(lane.name, { ...lane, arrived: [datagram] });
    }
    const all = [...lanes.values()];
    const results = await runWave(all.map(({ arrived, receive }) => inOrder(arrived, receive)), this.services);
    results.forEach((effects, index) => this.#carryOut(effects, all[index].happenings));
  }

  /** Those to the gateway that have their IKE SA to themselves, and all others. */
  #divided(datagrams: readonly Datagram[]): [Datagram[], ReadonlySet<Datagram>] {
    const isToGateway = ({ local }: Datagram) => local.address === GATEWAY_ADDRESS;
    const keys = datagrams.filter(isToGateway).map(({ octets }) => serialKey(octets));
    const isLone = (datagram: Datagram) => {
      const key = serialKey(datagram.octets);
      return isToGateway(datagram) && (key === undefined || keys.filter((other) => other === key).length === 1);
    };
    const lone = datagrams.filter(isLone);
    return [lone, new Set(datagrams.filter((datagram) => !lone.includes(datagram)))];
  }

  #laneOf(datagram: Datagram): { name: string; happenings: Happening[]; receive: Receive } | undefined {
    if (datagram.local.address === GATEWAY_ADDRESS) {
      const receive: Receive = (received) => this.gateway.receive(received, this.now);
      const name = `gateway ${serialKey(datagram.octets) ?? `first message ${this.#firstMessages++}`}`;
      return { name, happenings: this.gatewayHappenings, receive };
    }
    const spi = receiverSpi(datagram.octets);
    const client = this.clients.find(({ initiator, addresses }) =>
      addresses.has(datagram.local.address) && initiator.ownSpis.includes(spi)
    );
    if (client === undefined) return undefined;
    const receive: Receive = (received) => client.initiator.receive(received, this.now);
    return { name: `client ${this.clients.indexOf(client)}`, happenings: client.happenings, receive };
  }

  async #timeouts(): Promise<void> {
    const { nowMs } = this.network;
    if ((this.gateway.deadline ?? Infinity) <= nowMs) {
      await this.actOnGateway(this.gateway.timeout(this.now));
    }
    const due = this.clients.filter(({ initiator }) => (initiator.deadline ?? Infinity) <= nowMs);
    const results = await runWave(due.map(({ initiator }) => initiator.timeout(this.now)), this.services);
    results.forEach((effects, index) => this.#carryOut(effects, due[index].happenings));
  }

  #carryOut(effects: readonly Effect[], happenings: Happening[]): void {
    for (const effect of effects) {
      happenings.push({ atMs: this.network.nowMs, effect });
      if (effect.type === "send") this.network.send(effect.datagram);
    }
  }
}

function pathBetween(client: string, gateway: string): InitiatorPath {
  return {
    local: endpoint(client, 500),
    remote: endpoint(gateway, 500),
    encapsulatedLocal: endpoint(client, 4500),
    encapsulatedRemote: endpoint(gateway, 4500),
  };
}

type Receive = (datagram: Datagram) => Step<Effect[]>;

function* inOrder(datagrams: readonly Datagram[], receive: Receive): Step<Effect[]> {
  const effects: Effect[] = [];
  for (const datagram of datagrams) effects.push(...yield* receive(datagram));
  return effects;
}

export function fqdn(name: string): Identity {
  return { idType: 2, identification: new TextEncoder().encode(name) };
}

export function endpoint(address: string, port: number): Endpoint {
  return { address, port };
}

/** The effects of one type. */
export function effectsOf<Type extends Effect["type"]>(
  effects: readonly Effect[],
  type: Type,
): Extract<Effect, { type: Type }>[] {
  return effects.filter((effect) => effect.type === type) as Extract<Effect, { type: Type }>[];
}
