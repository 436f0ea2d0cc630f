/**
 * A load: many clients against any gateway, by a scenario and a shape, until its time is over or its owner ends it.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeyExchange, RandomSource } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import type { InitiatorConfiguration } from "../../ike/initiator.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { chooseTransport } from "../../transport/open_transport.ts";
import { FleetSockets } from "../fleet_sockets.ts";
import { SeededLoss } from "../seeded_loss.ts";
import { seededRandom } from "../seeded_random.ts";
import { checkDescriptors } from "./descriptors.ts";
import { LoadClient } from "./load_client.ts";
import { GatewayCpu } from "./gateway_cpu.ts";
import type { LoadReport, LoadSecond, OutageReport } from "./load_report.ts";
import { beginningsAtMs, type LoadShape, type RateStage } from "./load_shape.ts";
import { outage } from "./outage.ts";
import { OwnShare } from "./own_share.ts";
import { Recorder } from "./recorder.ts";
import { DEFAULT_MIX, type Mix, turnOfMix } from "./mix.ts";
import { type ScenarioName, type Turn, turnOf } from "./scenario.ts";
import { judge, type Threshold } from "./thresholds.ts";

export interface LoadOptions {
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  /** Addresses of this machine that clients talk from. */
  readonly addresses: readonly string[];
  /** Pairs of sockets that the clients share. */
  readonly sockets: number;
  readonly clients: number;
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
}

/** Listens to a load under way. */
export interface LoadObserver {
  second(ended: LoadSecond): void;
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
 * @throws {RangeError} too few file descriptors for so many sockets
 * @throws {TransportError} an address or a port cannot be bound
 * @throws what the clients' own cryptography or state machine threw: a programmer's error
 */
export async function load(options: LoadOptions, observer: LoadObserver): Promise<LoadReport> {
  checkDescriptors(2 * options.sockets);
  const fault = Promise.withResolvers<never>();
  fault.promise.catch(() => {});
  const sockets = new FleetSockets({
    ...options,
    address: options.addresses,
    openTransport: chooseTransport("auto"),
    loss: options.loss > 0 ? new SeededLoss(options.loss, options.seed) : undefined,
  }, (thrown) => fault.reject(thrown));
  try {
    const members = await sockets.open();
    const clients = members.map((member) => new LoadClient(member, sockets, { ticket: options.ticketExpected }));
    return await Promise.race([new Load(options, clients, observer).run(), fault.promise]);
  } finally {
    await sockets.close();
  }
}

class Load {
  readonly #options: LoadOptions;
  readonly #clients: readonly LoadClient[];
  readonly #observer: LoadObserver;
  readonly #recorder = new Recorder();
  readonly #own = new OwnShare();
  readonly #gateway: GatewayCpu | undefined;
  readonly #ended = new AbortController();
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: LoadOptions, clients: readonly LoadClient[], observer: LoadObserver) {
    this.#options = options;
    this.#clients = clients;
    this.#observer = observer;
    this.#gateway = options.gatewayProcess === undefined ? undefined : new GatewayCpu(options.gatewayProcess);
  }

  async run(): Promise<LoadReport> {
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
    await Promise.race([
      Promise.all(this.#underWay),
      sleep(PATIENCE_MS, undefined, { signal: isStopped, ref: false }).catch(() => {}),
    ]);
    const seconds = (performance.now() - this.#startedMs) / SECOND_MS;
    this.#ended.abort();
    this.#interrupt();
    await ticker;
    return this.#report(seconds, outageReport);
  }

  #turn(scenario: Exclude<ScenarioName, "outage">): Turn {
    const { holdMs, mix = DEFAULT_MIX, seed } = this.#options;
    return scenario === "churn" ? turnOfMix(mix, holdMs, drawing(seed, "mix")) : turnOf(scenario, holdMs);
  }

  /** Whoever's time has come takes the next free client, and waits for none. */
  async #open(stages: readonly RateStage[], turn: Turn): Promise<void> {
    const { jitter, seed, signal } = this.#options;
    const draw = drawing(seed, "jitter");
    const displaced = () => jitter === 0 ? 0 : jitter * (2 * draw() - 1);
    const free = [...this.#clients];
    for (const atMs of beginningsAtMs(stages, displaced)) {
      const dueMs = this.#startedMs + atMs;
      for (let now = performance.now(); now < dueMs && !signal.aborted; now = performance.now()) {
        await sleep(Math.max(1, Math.min(TICK_MS, dueMs - now)));
      }
      if (signal.aborted) return;
      this.#own.late(Math.max(0, performance.now() - dueMs));
      const client = free.shift();
      if (client === undefined) this.#recorder.leftOut();
      else this.#begin(client, turn, dueMs, () => free.push(client));
    }
  }

  /** Every client goes on as soon as it is done, from moments that are spread over the first second. */
  async #closed(seconds: number, turn: Turn): Promise<void> {
    const endMs = this.#startedMs + SECOND_MS * seconds;
    const { signal } = this.#options;
    await Promise.all(this.#clients.map(async (client, index) => {
      await sleep(Math.min(SECOND_MS, SECOND_MS * seconds) * index / this.#clients.length, undefined, { signal }).catch(
        () => {},
      );
      while (!signal.aborted && performance.now() < endMs) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#begin(client, turn, performance.now(), resolve);
        await promise;
      }
    }));
  }

  #begin(client: LoadClient, turn: Turn, dueMs: number, done: () => void): void {
    this.#recorder.begun();
    const pause = (milliseconds: number) =>
      sleep(milliseconds, undefined, { signal: this.#ended.signal, ref: false }).catch(() => {});
    const under = turn(client, (outcome) => this.#take(outcome, performance.now() - dueMs), pause).finally(() => {
      this.#underWay.delete(under);
      done();
    });
    this.#underWay.add(under);
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
      this.#observer.second(this.#recorder.endSecond(second, up, this.#gateway?.share()));
    }
  }

  #report(seconds: number, outageReport: OutageReport | undefined): LoadReport {
    const { gateway, scenario, clients, seed, signal, thresholds } = this.#options;
    const operations = this.#recorder.operations(seconds);
    const { failed, failures } = this.#recorder;
    return {
      target: `${gateway.address} port ${gateway.port}`,
      scenario,
      clients,
      seed,
      runtime: runtimeName(),
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      started_at: this.#startedAt.toISOString(),
      seconds: Math.round(10 * seconds) / 10,
      interrupted: signal.aborted,
      operations,
      failed,
      failures,
      ...(outageReport && { outage: outageReport }),
      series: this.#recorder.seconds,
      ...(this.#gateway && { gateway: this.#gateway.report(this.#recorder.succeeded) }),
      generator: this.#own.report(this.#recorder.turnsLeftOut),
      thresholds: thresholds.map((threshold) => judge(threshold, { operations, failed })),
    };
  }
}

/** Numbers from 0 to below 1. */
function drawing(seed: number, purpose: string): () => number {
  const random = seededRandom(seed, purpose);
  return () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
}

function runtimeName(): string {
  const { deno, node } = process.versions as { readonly deno?: string; readonly node: string };
  return deno ? `deno ${deno}` : `node ${node}`;
}
