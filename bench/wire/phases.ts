/**
 * What one gateway is put through, and what was seen of it.
 *
 * @module
 */
import process from "node:process";
import type { Outcome } from "../../src/load/client_fleet.ts";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import { type LatencySummary, summarizeLatency } from "../../src/load/latency.ts";
import type { Options } from "./options.ts";
import { ProcessorTime } from "./processor_time.ts";
import { checkedLosses, type Expected, type Part, type ReturningClients } from "./returning_clients.ts";

/** For the capacity: so many bursts are under way, so that there is always one that waits for the gateway. */
const BURSTS_UNDER_WAY = 4;
const LONE_CLIENTS = 1_500;
/** They come before those that are counted: what one client at a time takes is compiled by then. */
const LONE_WARM_UP_CLIENTS = 500;
const LATENCY_SECONDS = 2;
const LOADS = [25, 50, 75, 100];
/** In a millisecond, and in a second. */
const MICROSECONDS = 1_000;
const SECOND_MS = 1_000;

/** What was seen over some exchanges: of the gateway and of the clients' process. */
export interface Seen {
  readonly exchanges: number;
  readonly lost: number;
  readonly wallMs: number;
  readonly gatewayUs: number;
  readonly generatorUs: number;
  /** Datagrams in a wave of the gateway, on average. */
  readonly datagramsPerWave: number;
}

export interface LatencyAt {
  /** Of the capacity, in percent. */
  readonly load: number;
  /** Clients a second. */
  readonly rate: number;
  /** In milliseconds. */
  readonly latency_ms: LatencySummary | null;
}

export class GatewayPhases {
  readonly #gateway: GatewayProcess;
  readonly #clients: ReturningClients;
  readonly #time: ProcessorTime;
  readonly #all: Part;

  constructor(gateway: GatewayProcess, clients: ReturningClients) {
    if (gateway.pid === undefined) throw new Error("the gateway's process has no number");
    this.#gateway = gateway;
    this.#clients = clients;
    this.#time = new ProcessorTime(gateway.pid);
    this.#all = { from: 0, end: clients.count };
  }

  /** All at once. */
  allBack(): Promise<Seen> {
    return this.#see("resumed", () => this.#clients.atATime(this.#all, Infinity));
  }

  bursts({ resumptions, burst }: Options): Promise<Seen> {
    return this.#inRounds(resumptions, "resumed", (part) => this.#clients.inBursts(part, burst));
  }

  capacity({ burst }: Options): Promise<Seen> {
    return this.#see("resumed", () => this.#clients.atATime(this.#all, BURSTS_UNDER_WAY * burst));
  }

  async oneAtATime(): Promise<{ readonly seen: Seen; readonly latency_ms: LatencySummary | null }> {
    const warmUp = this.#first(LONE_WARM_UP_CLIENTS);
    const { lost } = await this.#see("resumed", () => this.#clients.atATime(warmUp, 1));
    let outcomes: readonly Outcome[] = [];
    const seen = await this.#see("resumed", async () => outcomes = await this.#clients.atATime(this.#first(LONE_CLIENTS), 1));
    const latencies = outcomes.flatMap((outcome) => outcome.ok ? [outcome.latencyMs] : []);
    return { seen: { ...seen, lost: seen.lost + lost }, latency_ms: summarizeLatency(latencies) };
  }

  /** @param capacity resumptions a second */
  async latencies(capacity: number): Promise<{ readonly lost: number; readonly points: readonly LatencyAt[] }> {
    const points: LatencyAt[] = [];
    let lost = 0;
    for (const load of LOADS) {
      const rate = Math.max(1, Math.round(capacity * load / 100));
      let latencies: readonly number[] = [];
      const seen = await this.#see("resumed", async () => {
        const { outcomes, latenciesMs } = await this.#clients.paced(this.#first(rate * LATENCY_SECONDS), rate);
        latencies = latenciesMs;
        return outcomes;
      });
      lost += seen.lost;
      points.push({ load, rate, latency_ms: summarizeLatency(latencies) });
    }
    return { lost, points };
  }

  /** The clients have their tickets again afterwards. */
  fullExchanges({ fulls, burst }: Options): Promise<Seen> {
    return this.#inRounds(fulls, "full", (part) => {
      this.#clients.forgetTickets(part);
      return this.#clients.inBursts(part, burst);
    });
  }

  #first(count: number): Part {
    return { from: 0, end: Math.min(count, this.#clients.count) };
  }

  /** All clients, and again, until so many exchanges were made. */
  async #inRounds(exchanges: number, expected: Expected, begin: (part: Part) => Promise<Outcome[]>): Promise<Seen> {
    let all: Seen | undefined;
    for (let made = 0; made < exchanges;) {
      const part = this.#first(exchanges - made);
      const seen = await this.#see(expected, () => begin(part));
      all = all === undefined ? seen : sumOf(all, seen);
      made += part.end;
    }
    return all!;
  }

  /** Only what is between two readings counts; that the keys are equal is looked at after them. */
  async #see(expected: Expected, act: () => Promise<readonly Outcome[]>): Promise<Seen> {
    this.#clients.loseConnections();
    const { counters: countersBefore } = await this.#gateway.ask("counters");
    const gatewayBefore = this.#time.readUs();
    const generatorBefore = process.cpuUsage();
    const startedMs = performance.now();
    const outcomes = await act();
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(generatorBefore);
    const gatewayUs = this.#time.readUs() - gatewayBefore;
    const { counters } = await this.#gateway.ask("counters");
    const moved = (name: string): number => counters[name] - countersBefore[name];
    return {
      exchanges: outcomes.length,
      lost: await checkedLosses(this.#gateway, outcomes, expected),
      wallMs,
      gatewayUs,
      generatorUs: user + system,
      datagramsPerWave: moved("received_datagrams_total") / Math.max(1, moved("waves_total")),
    };
  }
}

/** Per CPU-second of the gateway. */
export function perCpuSecond({ exchanges, lost, gatewayUs }: Seen): number {
  return Math.round((exchanges - lost) * SECOND_MS * MICROSECONDS / gatewayUs);
}

export function perSecond({ exchanges, lost, wallMs }: Seen): number {
  return Math.round((exchanges - lost) * SECOND_MS / wallMs);
}

/** Of one core, 0 to 1; more where it has several threads. */
export function generatorShare({ generatorUs, wallMs }: Seen): number {
  return generatorUs / (wallMs * MICROSECONDS);
}

export function gatewayShare({ gatewayUs, wallMs }: Seen): number {
  return gatewayUs / (wallMs * MICROSECONDS);
}

function sumOf(one: Seen, other: Seen): Seen {
  const exchanges = one.exchanges + other.exchanges;
  const weighted = one.datagramsPerWave * one.exchanges + other.datagramsPerWave * other.exchanges;
  return {
    exchanges,
    lost: one.lost + other.lost,
    wallMs: one.wallMs + other.wallMs,
    gatewayUs: one.gatewayUs + other.gatewayUs,
    generatorUs: one.generatorUs + other.generatorUs,
    datagramsPerWave: weighted / exchanges,
  };
}
