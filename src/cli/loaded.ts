/**
 * A load as its command line has it, carried out: in this process, or in several.
 *
 * @module
 */
import process from "node:process";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { GatewayCpu } from "../load/generator/gateway_cpu.ts";
import { type LoadObserver, runLoad, targetOf } from "../load/generator/load.ts";
import type { LoadReport } from "../load/generator/load_report.ts";
import { loadReportOf, type LoadResult } from "../load/generator/load_result.ts";
import { partOf } from "../load/generator/portion.ts";
import { Recorder } from "../load/generator/recorder.ts";
import { loadByWorkers } from "../load/workers/load_by_workers.ts";
import type { LoadCommandOptions } from "./load_options.ts";
import type { OwnPlan } from "./load_plan.ts";
import { ownProgram } from "./runtime_choice.ts";
import { statedLoad } from "./stated_load.ts";

/** Which part of the load is this machine's, and when it begins. */
export type Plan = Omit<OwnPlan, "machine"> & { readonly machine?: string };

export interface WantedLoad {
  readonly gateway: Endpoint;
  readonly options: LoadCommandOptions;
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly observer: LoadObserver;
  /** Whether the clients are in another process even where no workers were asked for: this one has something else to do. */
  readonly apart?: boolean;
  /** Told when the clients begin, where they are in other processes. */
  readonly onBegin?: () => void;
}

export interface Loaded {
  readonly report: LoadReport;
  /** Of each process. */
  readonly results: readonly LoadResult[];
}

/** Throws as `load` does, and as `loadByWorkers`. */
export async function loaded(
  { gateway, options, plan, signal, observer, apart = false, onBegin }: WantedLoad,
): Promise<Loaded> {
  const { portion, startAt } = plan;
  const { workers = apart ? 1 : undefined, scenario, seed, failIf = [], gatewayProcess } = options;
  const recorder = new Recorder();
  const head = { target: targetOf(gateway), scenario, seed, thresholds: failIf };
  const cpu = gatewayProcess === undefined ? undefined : new GatewayCpu(gatewayProcess);
  const beginAt = startAt?.getTime();
  const startedAt = new Date(Math.max(beginAt ?? 0, Date.now())).toISOString();
  if (workers === undefined) {
    const { load } = await statedLoad(gateway, options, portion);
    const whenToBegin = () => Promise.resolve(performance.now() + Math.max(0, (beginAt ?? 0) - Date.now()));
    const results = [await runLoad({ ...load, whenToBegin, signal }, observer, recorder, cpu)];
    const beside = { gateway: cpu?.report(recorder.succeeded) };
    return { report: loadReportOf({ ...head, clients: load.clients }, startedAt, recorder, results, beside), results };
  }
  const words = Array.from({ length: workers }, (_, index) => {
    const { first, end, of } = partOf(portion, index, workers);
    return [...process.argv.slice(2), "--worker-portion", `${first}-${end}/${of}`, "--worker-target", gateway.address];
  });
  const program = ownProgram("many small objects");
  const { clients, results, workers: reports } = await loadByWorkers(
    { program, words, beginAt, signal, gateway: cpu, onBegin },
    observer,
    recorder,
  );
  const beside = { gateway: cpu?.report(recorder.succeeded), workers: reports };
  return { report: loadReportOf({ ...head, clients: clients.own }, startedAt, recorder, results, beside), results };
}
