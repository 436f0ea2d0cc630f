/**
 * One gateway, to which clients come until there are as many as asked for, and beside it one with the fewest, in turn with which it is measured:
 * what a machine does meanwhile disturbs both alike.
 *
 * @module
 */
import type { Clients } from "../pipeline/clients.ts";
import type { GatewayProcess } from "../pipeline/gateway_process.ts";
import { type Cost, resumeAll, type TicketHolder } from "../pipeline/pass.ts";
import type { Memory } from "../pipeline/protocol.ts";
import type { SyntheticTickets } from "./synthetic_tickets.ts";

/** Messages that arrive together. */
const BURST = 64;
/** Clients under way at a time while the number grows. */
const UNDER_WAY = 512;
/** Clients whose tickets this process has at a time. */
const AT_A_TIME = 4_096;
/** Of a point, spread over all: a whole number of bursts is not needed. */
const MOST_MEASURED = 1_000;
const PASSES = 7;
/** Until nothing is kept any more that is kept for minutes: what was answered last, and which first messages came. */
const SETTLED_AFTER_MS = 600_000;
/** With each that comes back, a gateway forgets so many that are over. */
const FORGOTTEN_AT_ONCE = 16;
/** Until what every resumption runs through is compiled. */
const WARM_UP_CLIENTS = 4_000;

export interface GrowthSetting {
  readonly growing: Told;
  /** For comparison: as many as the first point has. */
  readonly small: Told;
  readonly clients: Clients;
  readonly tickets: SyntheticTickets;
  /** Ascending. */
  readonly points: readonly number[];
  readonly note: (line: string) => void;
  /** Called with each point, when it is measured. */
  readonly onPoint: (one: Grown) => void;
}

type Told = Pick<GatewayProcess, "tell">;

/** Times are microseconds a resumption. */
export interface Grown {
  readonly sas: number;
  /** One of each pass, while the number stays. */
  readonly costs: readonly Cost[];
  /** Each beside its neighbour in time: the gateway with the fewest. */
  readonly smallCosts: readonly Cost[];
  /** While it grew from the point before, collection of garbage among it. */
  readonly comingUp: Cost;
  /** Beyond that of a gateway that is warm and has no IKE SA. */
  readonly memory: Memory;
}

export interface Growth {
  readonly grown: readonly Grown[];
  /** As the memory of the last point, when minutes have passed. */
  readonly settled: Memory;
}

/** @throws {WrongResumption} a client did not come back as it should. @throws {GatewayProcessError} a gateway's process ended. */
export async function grow(setting: GrowthSetting): Promise<Growth> {
  const { points, note } = setting;
  const [fewest] = points;
  const small = new GrowingGateway(setting.small, setting);
  await small.warmUp();
  await small.growTo(fewest);
  const growing = new GrowingGateway(setting.growing, setting);
  await growing.warmUp();
  const empty = await growing.memory();

  const grown: Grown[] = [];
  for (const point of points) {
    note(`bringing ${point} IKE SAs up`);
    const comingUp = await growing.growTo(point);
    const memory = await growing.memory();
    const costs: Cost[] = [];
    const smallCosts: Cost[] = [];
    for (let pass = 0; pass < PASSES; pass++) {
      costs.push(await growing.resumeSome());
      smallCosts.push(await small.resumeSome());
    }
    await growing.mustBeUp();
    const one: Grown = {
      sas: point,
      costs,
      smallCosts,
      comingUp,
      memory: beyond(empty, memory),
    };
    grown.push(one);
    note(noteOf(one));
    setting.onPoint(one);
  }
  await small.mustBeUp();
  await growing.settle();
  return { grown, settled: beyond(empty, await growing.memory()) };
}

function beyond(empty: Memory, { heapOctets, residentOctets }: Memory): Memory {
  return { heapOctets: heapOctets - empty.heapOctets, residentOctets: residentOctets - empty.residentOctets };
}

/** A gateway, and those of its clients that come back once more. */
class GrowingGateway {
  readonly #gateway: Told;
  readonly #clients: Clients;
  readonly #tickets: SyntheticTickets;
  readonly #points: readonly number[];
  /** Those that are measured at some point. */
  readonly #kept = new Map<number, TicketHolder>();
  #sas = 0;

  constructor(gateway: Told, { clients, tickets, points }: GrowthSetting) {
    this.#gateway = gateway;
    this.#clients = clients;
    this.#tickets = tickets;
    this.#points = points;
  }

  /** Others than those that are counted: they are forgotten. */
  async warmUp(): Promise<void> {
    const most = this.#points[this.#points.length - 1];
    await this.#resume(this.#tickets.holders(most, most + Math.min(WARM_UP_CLIENTS, 4 * most)), UNDER_WAY);
    await this.#gateway.tell({ command: "restart" });
  }

  /** @returns what each of the newcomers cost. */
  async growTo(point: number): Promise<Cost> {
    let threadUs = 0;
    let processUs = 0;
    const before = this.#sas;
    while (this.#sas < point) {
      const holders = this.#tickets.holders(this.#sas, Math.min(this.#sas + AT_A_TIME, point));
      const cost = await this.#resume(holders, UNDER_WAY);
      threadUs += cost.threadUs;
      processUs += cost.processUs;
      for (const holder of holders) if (isMeasured(holder.client, this.#points)) this.#kept.set(holder.client, holder);
      this.#sas += holders.length;
    }
    await this.mustBeUp();
    return each({ threadUs, processUs }, point - before);
  }

  /** Clients that are spread over all come back once more. */
  async resumeSome(): Promise<Cost> {
    const stride = strideAt(this.#sas);
    const holders = Array.from({ length: countAt(this.#sas) }, (_, index) => this.#kept.get(index * stride)!);
    return each(await this.#resume(holders), holders.length);
  }

  /** Minutes pass, and some clients come back, as everywhere. */
  async settle(): Promise<void> {
    await this.#gateway.tell({ command: "pass", ms: SETTLED_AFTER_MS });
    const passes = Math.ceil(this.#sas / FORGOTTEN_AT_ONCE / countAt(this.#sas)) + 1;
    for (let pass = 0; pass < passes; pass++) await this.resumeSome();
    await this.mustBeUp();
  }

  async memory(): Promise<Memory> {
    return (await this.#gateway.tell<{ readonly memory: Memory }>({ command: "memory" })).header.memory;
  }

  /** @throws {WrongCount} */
  async mustBeUp(): Promise<void> {
    const { header } = await this.#gateway.tell<{ readonly counters: Readonly<Record<string, number>> }>({
      command: "counters",
    });
    const up = header.counters["ike_sas_established"];
    if (up !== this.#sas) throw new WrongCount(`${up} IKE SAs are up at a gateway, expected ${this.#sas}`);
  }

  async #resume(holders: readonly TicketHolder[], underWay?: number): Promise<Cost> {
    const { cost } = await resumeAll({ clients: this.#clients, gateway: this.#gateway, holders, burst: BURST, underWay });
    return cost;
  }
}

/** How far apart those stand that are measured at a point, and how many they are. */
function strideAt(point: number): number {
  return Math.max(1, Math.floor(point / MOST_MEASURED));
}

function countAt(point: number): number {
  return Math.min(point, MOST_MEASURED);
}

function isMeasured(client: number, points: readonly number[]): boolean {
  return points.some((point) => client % strideAt(point) === 0 && client < countAt(point) * strideAt(point));
}

/** What is known of a point, long before the last one is reached: a run that is ended has told something. */
function noteOf({ sas, costs, comingUp, memory }: Grown): string {
  const least = Math.min(...costs.map(({ processUs }) => processUs));
  const [heap, resident] = [memory.heapOctets, memory.residentOctets].map((octets) => Math.round(octets / sas));
  return `  at ${sas}: ${heap} octets an IKE SA, ${resident} resident; ` +
    `coming up ${comingUp.processUs.toFixed(0)} µs, a resumption ${least.toFixed(0)} µs or more`;
}

/** The gateway has lost IKE SAs, or kept what was replaced. */
export class WrongCount extends Error {
  override readonly name = "WrongCount";
}

function each({ threadUs, processUs }: Cost, count: number): Cost {
  return { threadUs: threadUs / count, processUs: processUs / count };
}
