/**
 * `load --hostile`: the same load twice, first alone and then beside hostile datagrams, and what it kept of its rate and latency.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { judge } from "../load/generator/thresholds.ts";
import { hostileReport } from "../load/hostile/hostile_report.ts";
import { type HostileMix, isLoopback, needsTickets } from "../load/hostile/hostile_mix.ts";
import { HostileTraffic } from "../load/hostile/hostile_traffic.ts";
import { ticketSamples } from "../load/hostile/ticket_samples.ts";
import { UsageError } from "./exit_status.ts";
import { type Loaded, loaded, type WantedLoad } from "./loaded.ts";
import { statedLoad } from "./stated_load.ts";

/** Clients whose tickets are altered, or presented again. */
const SAMPLES = 8;
/** What the load left behind is over by then. */
const REST_MS = 1_000;

/**
 * @throws {UsageError} the target is not this machine itself: before anything is sent
 * @throws {NoTicketError} the mix needs tickets, and the gateway gives none
 */
export async function loadedUnderAttack(wanted: WantedLoad, mix: HostileMix): Promise<Loaded> {
  const { gateway, options, observer, signal } = wanted;
  if (!isLoopback(gateway.address)) {
    throw new UsageError(`--hostile: ${gateway.address} is not loopback; hostile datagrams go to 127.0.0.0/8 and ::1 alone`);
  }
  if (options.scenario === "outage") throw new UsageError("--hostile: expected another --scenario than outage");
  const { load } = await statedLoad(gateway, options);
  const samples = needsTickets(mix)
    ? await ticketSamples({ ...load, address: load.addresses, clients: Math.min(SAMPLES, load.clients), loss: undefined })
    : { good: [], used: [] };
  const traffic = await HostileTraffic.prepare({ ...load, mix, goodTickets: samples.good, usedTickets: samples.used });
  try {
    observer.note("without hostile datagrams:");
    const without = await loaded({ ...wanted, apart: true });
    if (signal.aborted) return without;
    await sleep(REST_MS, undefined, { signal }).catch(() => {});
    observer.note("beside hostile datagrams:");
    const over = new AbortController();
    let sent: ReturnType<HostileTraffic["run"]> | undefined;
    const onBegin = () => sent = traffic.run(over.signal);
    const beside = await loaded({ ...wanted, apart: true, onBegin }).finally(() => over.abort());
    const hostile = hostileReport(await sent ?? [], without.report, beside.report);
    const thresholds = (options.failIf ?? []).map((threshold) => judge(threshold, { ...beside.report, hostile }));
    return { ...beside, report: { ...beside.report, hostile, thresholds } };
  } finally {
    await traffic.close();
  }
}
