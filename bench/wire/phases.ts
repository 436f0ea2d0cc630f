/**
 * What one gateway is put through, and what was seen of it.
 *
 * @module
 */
import process from "node:process";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import { type LatencySummary, summarizeLatency } from "../../src/load/latency.ts";
import type { Options } from "./options.ts";
import { ProcessorTime } from "./processor_time.ts";
import { checkedLosses } from "./checked_losses.ts";
import { atATime, inBursts, type Order, paced, type Part, type ReturningClients, type Way } from "./returning_clients.ts";

/** When all come back: a gateway always has enough to do, and its receive buffer holds them, so that none has to send again. */
const ALL_UNDER_WAY = 1_024;
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
  /** From when each client began. */
  readonly latenciesMs: readonly number[];
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

  /** To be called before the gateway is there: all clients are ready to come back. */
  static prepareAll(clients: ReturningClients): Promise<void> {
    return clients.prepare({ from: 0, end: clients.count }, "resumed");
  }

  /** All who were prepared, as fast as the gateway takes them. */
  allBack(): Promise<Seen> {
    return this.#see("resumed", atATime(ALL_UNDER_WAY));
  }

  bursts({ resumptions, burst }: Options): Promise<Seen> {
    return this.#inRounds(resumptions, "resumed", inBursts(burst));
  }

  capacity({ burst }: Options): Promise<Seen> {
    return this.#prepareAndSee(this.#all, "resumed", atATime(BURSTS_UNDER_WAY * burst));
  }

  async oneAtATime(): Promise<{ readonly seen: Seen; readonly latency_ms: LatencySummary | null }> {
    const { lost } = await this.#prepareAndSee(this.#first(LONE_WARM_UP_CLIENTS), "resumed", atATime(1));
    const seen = await this.#prepareAndSee(this.#first(LONE_CLIENTS), "resumed", atATime(1));
    return { seen: { ...seen, lost: seen.lost + lost }, latency_ms: summarizeLatency(seen.latenciesMs) };
  }

  /** @param capacity resumptions a second */
  async latencies(capacity: number): Promise<{ readonly lost: number; readonly points: readonly LatencyAt[] }> {
    const points: LatencyAt[] = [];
    let lost = 0;
    for (const load of LOADS) {
      const rate = Math.max(1, Math.round(capacity * load / 100));
      const latencies: number[] = [];
      const seen = await this.#prepareAndSee(this.#first(rate * LATENCY_SECONDS), "resumed", paced(rate, latencies));
      lost += seen.lost;
      points.push({ load, rate, latency_ms: summarizeLatency(latencies) });
    }
    return { lost, points };
  }

  fullExchanges({ fulls, burst }: Pick<Options, "fulls" | "burst">): Promise<Seen> {
    return this.#inRounds(fulls, "full", inBursts(burst));
  }

  #first(count: number): Part {
    return { from: 0, end: Math.min(count, this.#clients.count) };
  }

  /** All clients, and again, until so many exchanges were made. */
  async #inRounds(exchanges: number, way: Way, order: Order): Promise<Seen> {
    let all: Seen | undefined;
    for (let made = 0; made < exchanges;) {
      const part = this.#first(exchanges - made);
      const seen = await this.#prepareAndSee(part, way, order);
      all = all === undefined ? seen : sumOf(all, seen);
      made += part.end;
    }
    return all!;
  }

  async #prepareAndSee(part: Part, way: Way, order: Order): Promise<Seen> {
    await this.#clients.prepare(part, way);
    return await this.#see(way, order);
  }

  /** Only what is between two readings counts; that the keys are equal is looked at after them. */
  async #see(way: Way, order: Order): Promise<Seen> {
    const { counters: countersBefore } = await this.#gateway.ask("counters");
    const gatewayBefore = this.#time.readUs();
    const generatorBefore = process.cpuUsage();
    const startedMs = performance.now();
    await this.#clients.run(order);
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(generatorBefore);
    const gatewayUs = this.#time.readUs() - gatewayBefore;
    const { counters } = await this.#gateway.ask("counters");
    const moved = (name: string): number => counters[name] - countersBefore[name];
    const outcomes = await this.#clients.prove();
    return {
      exchanges: outcomes.length,
      lost: await checkedLosses(this.#gateway, outcomes, way),
      wallMs,
      gatewayUs,
      generatorUs: user + system,
      datagramsPerWave: moved("received_datagrams_total") / Math.max(1, moved("waves_total")),
      latenciesMs: outcomes.flatMap((outcome) => outcome.ok ? [outcome.latencyMs] : []),
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
    latenciesMs: [...one.latenciesMs, ...other.latenciesMs],
  };
}
