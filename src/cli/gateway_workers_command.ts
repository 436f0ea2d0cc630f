/**
 * `ike-resume gateway --workers`: the program in its main thread, and in each worker, which makes its options of the same command line.
 *
 * @module
 */
import type { Command } from "commander";
import { realpathSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { GatewayWorkers } from "../gateway/workers/gateway_workers.ts";
import type { WorkerChange } from "../gateway/workers/gateway_workers_options.ts";
import { isGatewayWorker } from "../gateway/workers/is_gateway_worker.ts";
import { shareOf } from "../gateway/workers/limits_share.ts";
import { serveGatewayWorker } from "../gateway/workers/serve_gateway_worker.ts";
import type { Fingerprints } from "../load/child_sa_fingerprint.ts";
import { loadProvider } from "../providers/mod.ts";
import { messageOf } from "../store/owners_file.ts";
import { chooseTransport } from "../transport/open_transport.ts";
import { systemClock } from "../transport/system_clock.ts";
import { openKeyLog } from "./common_options.ts";
import { type EventObject, eventOf, identityText } from "./effect_event.ts";
import { EventLimit } from "./event_limit.ts";
import { EXIT_OK, UsageError } from "./exit_status.ts";
import { faultLines } from "./fault_lines.ts";
import { type ControlledGateway, RememberedChildSas, serveControl } from "./gateway_control.ts";
import type { WorkerData } from "./gateway_options.ts";
import { gatewayOutput, stopRequest, writeListening } from "./gateway_output.ts";
import { gatewayTicketKeys } from "./gateway_ticket_keys.ts";
import { openHttp, phasesOf } from "./http/gateway_http.ts";
import { pageTokenOf } from "./http/page/page_options.ts";
import { Readiness } from "./http/readiness.ts";
import { type RefusalCounts, Refusals, sumOfRefusals } from "./http/refusal_counts.ts";
import { drainBeforeEnd, drainOnSignal } from "./gateway_drain.ts";
import { endingThose, type Reload, reloadOf, reloadOnHangup, toldReload } from "./gateway_reload.ts";
import { openControlSocket } from "./control/control_options.ts";
import { LiveProofs } from "./live_proofs.ts";
import { followRevocations } from "./revocation_options.ts";
import { serviceNotify } from "./service_notify.ts";
import { type GatewayCommandOptions, readGatewayProofs, statedGateway } from "./stated_gateway.ts";
import type { PolicyCounters } from "./users/policy_hook.ts";
import { policyOf } from "./users/policy_of.ts";
import { MEMORY_STORE, openStoreOf, storeChangeLine } from "./store_option.ts";

/** What a worker tells the main thread. */
type Told = { readonly event: EventObject } | { readonly complaint: string };

/** What the main thread asks its workers. */
type Question = "fingerprints" | "lost key log lines" | "refusals" | "policy counters" | "read the configuration again";

/** The main thread ends the process; in a worker this resolves when the gateway ends. */
export async function runGatewayWorkers(options: GatewayCommandOptions, workers: number, command: Command): Promise<void> {
  if (isGatewayWorker()) await runWorker(options, command);
  else await runMainThread(options, workers, command);
}

async function runWorker(options: GatewayCommandOptions, command: Command): Promise<void> {
  await serveGatewayWorker(async ({ index, ticketKeys, tell }) => {
    const complain = (complaint: string) => tell({ complaint } satisfies Told);
    if (ticketKeys === undefined) throw new Error("gateway worker: no ticket keys, expected those of the main thread");
    const proofs = new LiveProofs(await readGatewayProofs(options));
    // The main thread tells of it for all.
    const revocations = followRevocations(options, proofs.proofs.certificates, () => {}, () => {});
    const provider = await loadProvider(options.provider);
    const keyLog = openKeyLog(options, complain);
    const childSas = new RememberedChildSas();
    const refusals = new Refusals();
    const limit = new EventLimit((event) => tell({ event } satisfies Told), () => systemClock().monotonicMs);
    const policy = await policyOf(options, (event) => options.control || limit.takePolicy(event), complain);
    const reload = reloadOf(command, options, proofs, { policy });
    const answers: { readonly [Asked in Question]: () => unknown } = {
      "fingerprints": () => childSas.fingerprints(),
      "refusals": () => refusals.counts,
      "policy counters": () => policy?.counters,
      "lost key log lines": () => keyLog?.lostLines ?? 0,
      "read the configuration again": () => reload().then(() => undefined, (error) => messageOf(error)),
    };
    return {
      configuration: statedGateway(options, proofs.proofs, ticketKeys, policy),
      policyTimeoutMs: options.policyTimeout,
      lane: options.lane,
      provider,
      onEffect: (effect) => {
        if (options.http) refusals.take(effect);
        if (effect.type === "ike-sa-keys") keyLog?.write(effect);
        if (options.control) return childSas.take(effect);
        const event = eventOf(effect, false);
        if (event !== undefined) limit.take(effect, event);
      },
      onFault: faultLines((line) => complain(`worker ${index}: ${line}`)),
      answer: (question) => answers[question as Question](),
      onClose: () => {
        revocations.close();
        return keyLog?.close();
      },
    };
  });
}

async function runMainThread(options: GatewayCommandOptions, workers: number, command: Command): Promise<void> {
  const pageToken = pageTokenOf(options);
  const proofs = new LiveProofs(await readGatewayProofs(options));
  const { output, write, complain, report, threshold } = await gatewayOutput(options);
  const policy = await policyOf(options, () => {}, () => {});
  const provider = await loadProvider(options.provider, report);
  chooseTransport(options.transport, report);
  const ticketKeys = gatewayTicketKeys(options, provider);
  // Here, so that what will not do is told once, and in one line.
  const configuration = statedGateway(options, proofs.proofs, ticketKeys.ring, policy);
  try {
    shareOf(configuration, { index: 0, count: workers });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--workers: ${error.message}`);
    throw error;
  }
  await openKeyLog(options, complain)?.close();
  // Without one, the workers have one in memory that they share.
  const store = options.store === MEMORY_STORE ? undefined : await openStoreOf(options);
  const readiness = new Readiness(options.storeFailure);
  const gateway = await GatewayWorkers.listen({
    workers,
    module: pathToFileURL(realpathSync(process.argv[1])),
    argv: process.argv.slice(2),
    get data() {
      const { file, users } = options;
      return { ...(file && { file: { ...file, ...users?.stated } }) } satisfies WorkerData;
    },
    addresses: options.address,
    port: options.port,
    natPort: options.natPort,
    transport: options.transport,
    steering: options.steering,
    ...(report && { report }),
    ticketKeys: ticketKeys.ring,
    ...(store && { store }),
    storeFailure: options.storeFailure,
    storeTimeoutMs: options.storeTimeout,
    revocation: options.revocation,
    onStoreChange: (change) => {
      readiness.isStoreUp = change.type === "store-up";
      complain(storeChangeLine(change, options.storeFailure));
    },
    onTold: (message) => {
      const told = message as Told;
      if ("event" in told) write(told.event);
      else complain(told.complaint);
    },
    onWorkerChange: (change) => {
      complain(workerChangeLine(change));
      if (!options.control) {
        write({ event: change.type, worker: change.index, ...(change.type === "worker-died" && { reason: change.reason }) });
      }
    },
    onFault: faultLines(complain),
  });
  const outputCounters = async () => ({
    output_lines_left_out_total: output.leftOut,
    key_log_lines_lost_total: await sumOf(gateway, "lost key log lines"),
    ...(policy && await policyCountersOf(gateway)),
  });
  const tellUnlessControlled = (event: EventObject) => options.control || write(event);
  const http = await openHttp(
    options,
    {
      counters: async () => ({ ...await gateway.counters(), ...await outputCounters() }),
      refusals: () => refusalsOf(gateway),
      histograms: () => gateway.histograms(),
      isStoreUp: () => readiness.isStoreUp,
      ticketKeys: () => phasesOf(ticketKeys.ring),
    },
    {
      provider: gateway.provider,
      readiness,
      page: pageToken && {
        given: pageToken,
        gateway,
        ticketKeyRing: ticketKeys.ring,
        about: { workers: workers, identity: identityText(options.identity) },
        tell: tellUnlessControlled,
      },
    },
    complain,
  ).catch(async (error) => {
    await gateway.close();
    throw error;
  });
  const reload = endingThose(reloadOfAll(gateway, reloadOf(command, options, proofs, { policy, threshold })), gateway);
  const controlSocket = await openControlSocket(options, {
    gateway,
    provider: gateway.provider,
    workers,
    counters: async () => ({ ...await gateway.counters(), ...await outputCounters() }),
    isStoreUp: () => readiness.isStoreUp,
    ticketKeys: () => phasesOf(ticketKeys.ring),
    rotateTicketKeys: ticketKeys.rotate,
    reload: toldReload(reload, tellUnlessControlled, complain),
    drainTo: options.drainTo,
    drain: (draining) => readiness.drain(gateway, draining),
    log: threshold,
    tell: tellUnlessControlled,
  }).catch(async (error) => {
    await gateway.close();
    throw error;
  });
  const stopped = stopRequest();
  const service = serviceNotify(complain);
  writeListening(write, gateway, {
    ...(http && { http: http.local }),
    provider: gateway.provider,
    workers,
    steering: gateway.steering,
  });
  reloadOnHangup(reload, tellUnlessControlled, complain, service);
  drainOnSignal(options, gateway, tellUnlessControlled, complain);
  const watch = ticketKeys.follow(tellUnlessControlled, complain);
  if (options.control) {
    serveControl(controlled(gateway), outputCounters, (line) => output.answer(line), () => stopped.resolve());
  }
  service.ready();
  await stopped.promise;
  service.stopping();
  await drainBeforeEnd(options, (draining) => readiness.drain(gateway, draining), tellUnlessControlled);
  watch?.close();
  await http?.close();
  await controlSocket?.close();
  await gateway.close();
  await Promise.all([store?.close(), output.close()]);
  await service.close();
  process.exit(EXIT_OK);
}

function controlled(gateway: GatewayWorkers): ControlledGateway {
  return {
    counters: () => gateway.counters(),
    fingerprints: async () => {
      const each = await gateway.ask("fingerprints" satisfies Question) as readonly (Fingerprints | undefined)[];
      return Object.assign({}, ...each) as Fingerprints;
    },
    revoke: (what) => gateway.revoke(what),
  };
}

/** Here first: what will not do here will not do in any worker. */
function reloadOfAll(gateway: GatewayWorkers, here: Reload): Reload {
  return async () => {
    const reloaded = await here();
    const refusals = await gateway.ask("read the configuration again" satisfies Question) as readonly (string | undefined)[];
    const refusal = refusals.find((words) => words !== undefined);
    if (refusal !== undefined) throw new UsageError(`a worker: ${refusal}`);
    return reloaded;
  };
}

async function refusalsOf(gateway: GatewayWorkers): Promise<RefusalCounts> {
  const each = await gateway.ask("refusals" satisfies Question) as readonly (RefusalCounts | undefined)[];
  return sumOfRefusals(each.filter((counts) => counts !== undefined));
}

async function policyCountersOf(gateway: GatewayWorkers): Promise<PolicyCounters> {
  const each = await gateway.ask("policy counters" satisfies Question) as readonly (PolicyCounters | undefined)[];
  const sum = (name: keyof PolicyCounters) => each.reduce((all, counters) => all + (counters?.[name] ?? 0), 0);
  return {
    policy_questions_total: sum("policy_questions_total"),
    policy_refusals_total: sum("policy_refusals_total"),
    policy_faults_total: sum("policy_faults_total"),
  };
}

async function sumOf(gateway: GatewayWorkers, question: Question): Promise<number> {
  const each = await gateway.ask(question) as readonly (number | undefined)[];
  return each.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function workerChangeLine(change: WorkerChange): string {
  return change.type === "worker-died"
    ? `worker ${change.index} died (${change.reason}), and is started again`
    : `worker ${change.index} serves again`;
}
