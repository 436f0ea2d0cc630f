/**
 * A gateway's counters as Prometheus reads them. No metric has a label by client: their number must not grow with who comes.
 *
 * @module
 */
import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import type { GatewayHistograms } from "../../gateway/gateway_histograms.ts";
import { addHistograms } from "./histogram_metrics.ts";
import { COUNTER_HELP, FURTHER_HELP } from "./metric_help.ts";
import type { RefusalCounts } from "./refusal_counts.ts";

/** What metrics are made of, asked at each scrape. */
export interface Observed {
  /** All counters, those of the program too. */
  counters(): Promise<Readonly<Record<string, number>>>;
  refusals(): Promise<RefusalCounts>;
  histograms(): Promise<GatewayHistograms>;
  /** Whether the store that tickets are claimed in answers. */
  isStoreUp(): boolean;
  /** Ticket keys by what they are for now. */
  ticketKeys(): {
    readonly staged: number;
    readonly current: number;
    readonly previous: number;
    readonly currentAgeSeconds: number;
  };
}

const PREFIX = "ike_resume_";
const MICROSECONDS_PER_SECOND = 1e6;
const MILLISECONDS_PER_SECOND = 1e3;
const STARTED_AT_SECONDS = Date.now() / MILLISECONDS_PER_SECOND - process.uptime();
const HELP: { readonly [name: string]: string } = { ...COUNTER_HELP, ...FURTHER_HELP };

/** @returns what `/metrics` answers, and its type */
export async function metricsText(observed: Observed, about: { readonly version: string; readonly provider: string }): Promise<{
  readonly type: string;
  readonly text: string;
}> {
  const registry = new Registry();
  for (const [name, value] of Object.entries(await observed.counters())) addCounter(registry, name, value);
  for (const [kind, reasons] of Object.entries<Readonly<Record<string, number>>>({ ...await observed.refusals() })) {
    const [, what, label = "reason"] = /^(.*?)(?:_by_(profile))?$/.exec(kind)!;
    const counter = new Counter({
      name: `${PREFIX}${what}_by_${label}_total`,
      help: `${HELP[`${what}_total`] ?? what}, by ${label}`,
      labelNames: [label],
      registers: [registry],
    });
    for (const [word, count] of Object.entries(reasons)) counter.inc({ [label]: word }, count);
  }
  addHistograms(registry, await observed.histograms(), PREFIX);
  addGauge(registry, "store_up", "1: the store of used tickets answers; 0: it does not", Number(observed.isStoreUp()));
  const { currentAgeSeconds, ...phases } = observed.ticketKeys();
  const keys = new Gauge({
    name: `${PREFIX}ticket_keys`,
    help: "Ticket keys, by phase",
    labelNames: ["phase"],
    registers: [registry],
  });
  for (const [phase, count] of Object.entries(phases)) keys.set({ phase }, count);
  addGauge(registry, "ticket_key_age_seconds", "Age of the key that new tickets are sealed under", currentAgeSeconds);
  const info = new Gauge({
    name: `${PREFIX}info`,
    help: "Always 1",
    labelNames: ["version", "provider"],
    registers: [registry],
  });
  info.set(about, 1);
  addProcess(registry);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** By the Prometheus habit the name tells what only grows. */
function addCounter(registry: Registry, name: string, value: number): void {
  const help = HELP[name] ?? name.replaceAll("_", " ");
  if (!name.endsWith("_total")) return addGauge(registry, name, help, value);
  new Counter({ name: `${PREFIX}${name}`, help, registers: [registry] }).inc(value);
}

function addGauge(registry: Registry, name: string, help: string, value: number): void {
  new Gauge({ name: `${PREFIX}${name}`, help, registers: [registry] }).set(value);
}

/** The process under the names that Prometheus has for every process. */
function addProcess(registry: Registry): void {
  const { user, system } = process.cpuUsage();
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time of the process, in all its threads",
    registers: [registry],
  });
  cpu.inc((user + system) / MICROSECONDS_PER_SECOND);
  for (
    const [name, help, value] of [
      ["process_resident_memory_bytes", "Memory of the process that is resident", process.memoryUsage.rss()],
      ["process_start_time_seconds", "When the process started, in seconds since 1970", STARTED_AT_SECONDS],
    ] as const
  ) new Gauge({ name, help, registers: [registry] }).set(value);
}
