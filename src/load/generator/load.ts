/**
 * A load: many clients against any gateway, by a scenario and a shape, until its time is over or its owner ends it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeyExchange, RandomSource } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import type { InitiatorConfiguration } from "../../ike/initiator.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { chooseTransport } from "../../transport/open_transport.ts";
import { FleetSockets } from "../fleet_sockets.ts";
import { behindNat } from "../imitated_nat.ts";
import { SeededLoss } from "../seeded_loss.ts";
import { seededRandom } from "../seeded_random.ts";
import { Arrivals } from "./arrivals.ts";
import { checkDescriptors } from "./descriptors.ts";
import { LoadClient } from "./load_client.ts";
import { GatewayCpu } from "./gateway_cpu.ts";
import type { LoadReport, LoadSecond, OutageReport } from "./load_report.ts";
import { loadReportOf, type LoadResult } from "./load_result.ts";
import { beginningsAtMs, type LoadShape, type RateStage } from "./load_shape.ts";
import { outage } from "./outage.ts";
import { type PortRange, socketPlaces } from "./socket_places.ts";
import { OwnShare } from "./own_share.ts";
import { isIn, labelOf, type Portion, WHOLE } from "./portion.ts";
import { Recorder, type SecondDetail } from "./recorder.ts";
import { DEFAULT_MIX, type Mix, turnOfMix } from "./mix.ts";
import { type ScenarioName, type Turn, turnOf } from "./scenario.ts";
import type { Threshold } from "./thresholds.ts";
import { TurnsUnderWay } from "./turns_under_way.ts";

export interface LoadOptions {
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  /** Addresses of this machine that clients talk from. */
  readonly addresses: readonly string[];
  /** Pairs of sockets that the clients share. */
  readonly sockets: number;
  /** The ports of these sockets. Default: the system chooses. */
  readonly ports?: PortRange;
  /** How many pairs other processes of the same load have before these. */
  readonly firstSocket?: number;
  /** Whether a NAT stands before the clients: each pair of sockets is an address and two ports of it. */
  readonly isBehindNat?: boolean;
  /** How many this process has. */
  readonly clients: number;
  /** The number of the first of them, from 0. */
  readonly firstClient?: number;
  /** Which of all beginnings are this process's. Default: all. */
  readonly portion?: Portion;
  readonly scenario: ScenarioName;
  readonly shape: LoadShape;
  /** Of `churn`. */
  readonly mix?: Mix;
  /** How long a client that flaps stays up. */
  readonly holdMs: number;
  readonly seed: number;
  /** Share of datagrams that are lost in each direction: 0 to below 1. */
  readonly loss: number;
  /** Share of the interval by which beginnings are displaced: 0 to 1. */
  readonly jitter: number;
  /** Whether a client is up only once it has a ticket. */
  readonly ticketExpected: boolean;
  readonly thresholds: readonly Threshold[];
  /** The gateway's process on this machine: its number, or the file that holds it. */
  readonly gatewayProcess?: string;
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  /** By the client's number, from 0. */
  readonly configurationOf: (client: number, random: RandomSource) => InitiatorConfiguration;
  /** Ends the load: what there is by then is reported. */
  readonly signal: AbortSignal;
  /** Called when the sockets are open: the moment at which to begin, by `performance.now()`. Default: at once. */
  readonly whenToBegin?: () => Promise<number>;
}

/** Listens to a load under way. */
export interface LoadObserver {
  second(ended: LoadSecond, detail: SecondDetail): void;
  note(line: string): void;
}

/** Clients that are brought up at a time where no rate says when. */
const CONCURRENCY = 128;
const SECOND_MS = 1_000;
/** The longest that a beginning waits for its timer: shorter than what would count as late. */
const TICK_MS = 2;
/** How long turns that are under way have when the time is over. */
const PATIENCE_MS = 10_000;

/**
 * @throws {RangeError} too few file descriptors or ports for so many sockets
 * @throws {TransportError} an address or a port cannot be bound
 * @throws what the clients' own cryptography or state machine threw: a programmer's error
 */
export async function load(options: LoadOptions, observer: LoadObserver): Promise<LoadReport> {
  const recorder = new Recorder();
  const gateway = options.gatewayProcess === undefined ? undefined : new GatewayCpu(options.gatewayProcess);
  const startedAt = new Date().toISOString();
  const result = await runLoad(options, observer, recorder, gateway);
  const head = { ...options, target: targetOf(options.gateway) };
  return loadReportOf(head, startedAt, recorder, [result], { gateway: gateway?.report(recorder.succeeded) });
}

export function targetOf({ address, port }: Endpoint): string {
  return `${address} port ${port}`;
}

/** The same, of which somebody else makes a report. Throws as {@link load} does. */
export async function runLoad(
  options: LoadOptions,
  observer: LoadObserver,
  recorder: Recorder,
  gateway?: GatewayCpu,
): Promise<LoadResult> {
  checkDescriptors(2 * options.sockets);
  const places = socketPlaces(options);
  const fault = Promise.withResolvers<never>();
  fault.promise.catch(() => {});
  const { seed, firstClient = 0 } = options;
  const arrivals = new Arrivals();
  const openTransport = chooseTransport("auto");
  // From the same ports as before, a first message of the same octets would be one that is repeated: gateways know them for half a minute.
  const sockets = new FleetSockets({
    ...options,
    address: options.addresses,
    places,
    run: options.ports || options.isBehindNat ? ` of run ${randomUUID()}` : "",
    openTransport: arrivals.watching(
      options.isBehindNat ? behindNat(openTransport, options.firstSocket) : openTransport,
    ),
    loss: options.loss > 0 ? new SeededLoss(options.loss, (seed + firstClient) % 2 ** 32) : undefined,
  }, (thrown) => fault.reject(thrown));
  try {
    const members = await sockets.open();
    const clients = members.map((member) => new LoadClient(member, sockets, arrivals, { ticket: options.ticketExpected }));
    const startedMs = await options.whenToBegin?.() ?? performance.now();
    await until(startedMs, options.signal);
    return await Promise.race([new Load(options, clients, observer, recorder, gateway, startedMs).run(), fault.promise]);
  } finally {
    await sockets.close();
  }
}

class Load {
  readonly #options: LoadOptions;
  readonly #clients: readonly LoadClient[];
  readonly #observer: LoadObserver;
  readonly #recorder: Recorder;
  readonly #own = new OwnShare();
  readonly #gateway: GatewayCpu | undefined;
  /** Nobody begins any more: who is up need not stay so, and what is under way has its time. */
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  readonly #startedMs: number;
  readonly #underWay: TurnsUnderWay;

  constructor(
    options: LoadOptions,
    clients: readonly LoadClient[],
    observer: LoadObserver,
    recorder: Recorder,
    gateway: GatewayCpu | undefined,
    startedMs: number,
  ) {
    this.#options = options;
    this.#clients = clients;
    this.#observer = observer;
    this.#recorder = recorder;
    this.#gateway = gateway;
    this.#startedMs = startedMs;
    this.#underWay = new TurnsUnderWay(this.#over.signal, (outcome, latencyMs) => this.#take(outcome, latencyMs));
  }

  async run(): Promise<LoadResult> {
    const { scenario, shape, signal } = this.#options;
    const isStopped = AbortSignal.any([signal, this.#ended.signal]);
    signal.addEventListener("abort", () => this.#interrupt(), { once: true });
    const ticker = this.#tick();
    let outageReport: OutageReport | undefined;
    if (scenario === "outage") {
      const limitMs = SECOND_MS * (shape.model === "closed" ? shape.seconds : 0);
      outageReport = await outage(this.#clients, {
        concurrency: CONCURRENCY,
        limitMs,
        startedMs: this.#startedMs,
        signal: isStopped,
        begun: () => this.#recorder.begun(),
        tell: (outcome, latencyMs) => this.#take(outcome, latencyMs),
        note: (line) => this.#observer.note(line),
      });
    } else if (shape.model === "open") await this.#open(shape.stages, this.#turn(scenario));
    else await this.#closed(shape.seconds, this.#turn(scenario));
    this.#over.abort();
    await Promise.race([
      this.#underWay.none(),
      sleep(PATIENCE_MS, undefined, { signal: isStopped, ref: false }).catch(() => {}),
    ]);
    const seconds = (performance.now() - this.#startedMs) / SECOND_MS;
    this.#ended.abort();
    this.#interrupt();
    await ticker;
    return { seconds, interrupted: signal.aborted, ...(outageReport && { outage: outageReport }), own: this.#own.detail };
  }

  #turn(scenario: Exclude<ScenarioName, "outage">): Turn {
    const { holdMs, mix = DEFAULT_MIX, seed, portion = WHOLE } = this.#options;
    return scenario === "churn" ? turnOfMix(mix, holdMs, drawing(seed, `mix${labelOf(portion)}`)) : turnOf(scenario, holdMs);
  }

  /** Whoever's time has come takes the next free client, and waits for none. */
  async #open(stages: readonly RateStage[], turn: Turn): Promise<void> {
    const { jitter, seed, signal, portion = WHOLE } = this.#options;
    const draw = drawing(seed, "jitter");
    const displaced = () => jitter === 0 ? 0 : jitter * (2 * draw() - 1);
    const free = [...this.#clients];
    const freed = (client: LoadClient) => void free.push(client);
    let beginning = 0;
    for (const atMs of beginningsAtMs(stages, displaced)) {
      if (!isIn(portion, beginning++)) continue;
      const dueMs = this.#startedMs + atMs;
      await this.#due(dueMs);
      if (signal.aborted) return;
      this.#own.late(Math.max(0, performance.now() - dueMs));
      const client = free.shift();
      if (client === undefined) this.#recorder.leftOut();
      else this.#begin(client, turn, dueMs, freed);
    }
  }

  /** Every client goes on as soon as it is done, from moments that are spread over the first second. */
  async #closed(seconds: number, turn: Turn): Promise<void> {
    const endMs = this.#startedMs + SECOND_MS * seconds;
    const { signal } = this.#options;
    const again = (client: LoadClient) => {
      const now = performance.now();
      if (now < endMs && !signal.aborted) this.#begin(client, turn, now, again);
    };
    const spreadMs = SECOND_MS * Math.min(1, seconds);
    for (const [index, client] of this.#clients.entries()) {
      await this.#due(this.#startedMs + spreadMs * index / this.#clients.length);
      again(client);
    }
    // A turn may be longer than the load.
    await until(endMs, signal);
  }

  /** Resolves not before, and as soon as the load is ended. */
  async #due(dueMs: number): Promise<void> {
    const { signal } = this.#options;
    for (let now = performance.now(); now < dueMs && !signal.aborted; now = performance.now()) {
      await sleep(Math.max(1, Math.min(TICK_MS, dueMs - now)));
    }
  }

  #begin(client: LoadClient, turn: Turn, dueMs: number, freed: (client: LoadClient) => void): void {
    this.#recorder.begun();
    this.#underWay.begin(client, turn, dueMs, freed);
  }

  #take(outcome: Parameters<Recorder["take"]>[0], latencyMs: number): void {
    // What its owner ended says nothing about the gateway.
    if (!outcome.ok && outcome.failure.kind === "interrupted") return;
    this.#recorder.take(outcome, latencyMs);
  }

  #interrupt(): void {
    for (const client of this.#clients) client.interrupt();
  }

  async #tick(): Promise<void> {
    for (let second = 1; !this.#ended.signal.aborted; second++) {
      const dueMs = this.#startedMs + SECOND_MS * second;
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal: this.#ended.signal }).catch(() => {});
      const up = this.#clients.reduce((sum, { isUp }) => sum + Number(isUp), 0);
      const { second: ended, detail } = this.#recorder.endSecond(second, up, this.#gateway?.share());
      this.#observer.second(ended, detail);
    }
  }
}

async function until(moment: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, moment - performance.now()), undefined, { signal }).catch(() => {});
}

/** Numbers from 0 to below 1. */
function drawing(seed: number, purpose: string): () => number {
  const random = seededRandom(seed, purpose);
  return () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
}
