/**
 * One gateway, to which clients come until there are as many as asked for.
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
const PASSES = 5;
/** Until what every resumption runs through is compiled. */
const WARM_UP_CLIENTS = 4_000;

export interface GrowthSetting {
  readonly gateway: Pick<GatewayProcess, "tell">;
  readonly clients: Clients;
  readonly tickets: SyntheticTickets;
  /** Ascending. */
  readonly points: readonly number[];
  readonly note: (line: string) => void;
}

/** Times are microseconds a resumption. */
export interface Grown {
  readonly sas: number;
  /** One of each pass, while the number stays. */
  readonly costs: readonly Cost[];
  /** While it grew from the point before, collection of garbage among it. */
  readonly comingUp: Cost;
  /** Beyond that of a gateway that is warm and has no IKE SA. */
  readonly memory: Memory;
}

/** @throws {WrongResumption} a client did not come back as it should. @throws {GatewayProcessError} the gateway's process ended. */
export async function grow({ gateway, clients, tickets, points, note }: GrowthSetting): Promise<Grown[]> {
  const most = points[points.length - 1];
  for (let from = 0; from < Math.min(WARM_UP_CLIENTS, 4 * most); from += AT_A_TIME) {
    // Others than those that are counted.
    const end = most + Math.min(from + AT_A_TIME, WARM_UP_CLIENTS, 4 * most);
    await resumeAll({ clients, gateway, holders: tickets.holders(most + from, end), burst: BURST, underWay: UNDER_WAY });
  }
  await gateway.tell({ command: "restart" });
  const empty = await memoryOf(gateway);

  const grown: Grown[] = [];
  const kept = new Map<number, TicketHolder>();
  const isMeasured = measuredAt(points);
  let sas = 0;
  for (const point of points) {
    note(`${point} IKE SAs`);
    let threadUs = 0;
    let processUs = 0;
    const before = sas;
    while (sas < point) {
      const holders = tickets.holders(sas, Math.min(sas + AT_A_TIME, point));
      const { cost } = await resumeAll({ clients, gateway, holders, burst: BURST, underWay: UNDER_WAY });
      threadUs += cost.threadUs;
      processUs += cost.processUs;
      for (const holder of holders) if (isMeasured(holder.client)) kept.set(holder.client, holder);
      sas += holders.length;
    }
    await mustBeUp(gateway, point);
    const memory = await memoryOf(gateway);
    const measured = Array.from({ length: countAt(point) }, (_, index) => kept.get(index * strideAt(point))!);
    const costs: Cost[] = [];
    for (let pass = 0; pass < PASSES; pass++) {
      costs.push(each((await resumeAll({ clients, gateway, holders: measured, burst: BURST })).cost, measured.length));
    }
    await mustBeUp(gateway, point);
    grown.push({
      sas: point,
      costs,
      comingUp: each({ threadUs, processUs }, point - before),
      memory: {
        heapOctets: memory.heapOctets - empty.heapOctets,
        residentOctets: memory.residentOctets - empty.residentOctets,
      },
    });
  }
  return grown;
}

/** How far apart those stand that are measured at a point, and how many they are. */
function strideAt(point: number): number {
  return Math.max(1, Math.floor(point / MOST_MEASURED));
}

function countAt(point: number): number {
  return Math.min(point, MOST_MEASURED);
}

function measuredAt(points: readonly number[]): (client: number) => boolean {
  return (client) => points.some((point) => client % strideAt(point) === 0 && client < countAt(point) * strideAt(point));
}

async function memoryOf(gateway: GrowthSetting["gateway"]): Promise<Memory> {
  return (await gateway.tell<{ readonly memory: Memory }>({ command: "memory" })).header.memory;
}

async function mustBeUp(gateway: GrowthSetting["gateway"], count: number): Promise<void> {
  const { header } = await gateway.tell<{ readonly counters: Readonly<Record<string, number>> }>({ command: "counters" });
  const up = header.counters["ike_sas_established"];
  if (up !== count) throw new WrongCount(`${up} IKE SAs are up at the gateway, expected ${count}`);
}

/** The gateway has lost IKE SAs, or kept what was replaced. */
export class WrongCount extends Error {
  override readonly name = "WrongCount";
}

function each({ threadUs, processUs }: Cost, count: number): Cost {
  return { threadUs: threadUs / count, processUs: processUs / count };
}
