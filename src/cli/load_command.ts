/**
 * `ike-resume load`: thousands of clients against any gateway.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { writeFileSync } from "node:fs";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { LoadObserver } from "../load/generator/load.ts";
import type { LoadReport } from "../load/generator/load_report.ts";
import { secondsOf } from "../load/generator/load_shape.ts";
import { WHOLE } from "../load/generator/portion.ts";
import type { SecondDetail } from "../load/generator/recorder.ts";
import { LoadWorkerError } from "../load/workers/load_worker_error.ts";
import { serveLoadWorker } from "../load/workers/serve_load_worker.ts";
import { IKE_PORT } from "../transport/ports.ts";
import { EXIT_ENDED, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, UsageError } from "./exit_status.ts";
import { LoadMetrics, openLoadHttp } from "./http/load_http.ts";
import { addLoadOptions, type LoadCommandOptions } from "./load_options.ts";
import { loadCsv, loadLines } from "./load_output.ts";
import { loadedUnderAttack } from "./hostile_load.ts";
import { atAddresses, isHostName } from "./host_addresses.ts";
import { readPlan, startLine } from "./load_plan.ts";
import { loadProgress } from "./load_progress.ts";
import { shapeOf } from "./load_shape_options.ts";
import { hostAndPort } from "./option_values.ts";
import { type Loaded, loaded, type Plan } from "./loaded.ts";
import { statedLoad } from "./stated_load.ts";

const EXAMPLES = `
Examples:
  ike-resume load 192.0.2.1 --psk-file psk --scenario full --clients 1000 --rate 200 --duration 30
  ike-resume load 192.0.2.1 --psk-file psk --scenario resume --rate 500 --ramp 10 --fail-if 'p99>500ms' --fail-if 'failed>0'
  ike-resume load 192.0.2.1 --psk-file psk --scenario outage --clients 5000 --json-file outage.json
  ike-resume load 192.0.2.1 --psk-file psk --scenario resume --clients 20000 --rate 8000 --workers 4
  ike-resume load 127.0.0.1 --psk-file psk --scenario resume --rate 200 --hostile forged-tickets=500/s,half-open=100/s

Exit status: 3 when a threshold of --fail-if was met, 130 when it was ended by Ctrl-C; a second Ctrl-C ends at once.`;

export function addLoadCommand(program: Command): Command {
  const command = program.command("load")
    .description("Have thousands of clients come up, resume, flap or rekey at any gateway that is yours, and say how it fared.")
    .argument(
      "<host[:port]>",
      "the gateway's address, or a name, which is looked up once, before the start",
      (text: string) => hostAndPort(IKE_PORT)(text),
    );
  return addLoadOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((gateway: Endpoint, options: LoadCommandOptions) => runCommand(gateway, options));
}

async function runCommand(stated: Endpoint, options: LoadCommandOptions): Promise<void> {
  if (options.workerPortion) return await serveWorker({ ...stated, address: options.workerTarget ?? stated.address }, options);
  const plan = ownPlan(options);
  if (options.hostile) refuseHostName(stated);
  const seconds = secondsOf(shapeOf(options));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => stop.signal.aborted ? process.exit(EXIT_INTERRUPTED) : stop.abort());
  }
  const [gateway] = await atAddresses([stated]);
  const metrics = new LoadMetrics();
  if (options.http) {
    const service = await openLoadHttp(options.http, metrics, (line) => console.error(line));
    console.error(`metrics: http://${urlHost(service.local.address)}:${service.local.port}/metrics`);
  }
  if (plan.startAt) console.error(startLine(plan.startAt, Date.now()));
  const progress = loadProgress(options.scenario === "outage" ? undefined : seconds);
  const details: SecondDetail[] = [];
  const observer: LoadObserver = {
    second: (ended, detail) => {
      metrics.take(ended);
      progress.second(ended);
      if (options.plan !== undefined) details.push(detail);
    },
    note: (line) => progress.note(line),
  };
  let done: Loaded;
  try {
    const wanted = { gateway, options, plan, signal: stop.signal, observer };
    done = options.hostile === undefined ? await loaded(wanted) : await loadedUnderAttack(wanted, options.hostile);
  } catch (error) {
    progress.end();
    if (error instanceof RangeError) throw new UsageError(`load: ${error.message}`);
    if (error instanceof LoadWorkerError && error.status === EXIT_USAGE) throw new UsageError(error.message);
    throw error;
  }
  progress.end();
  const { machine, portion } = plan;
  const part = machine === undefined ? undefined : { machine, portion, seconds: details, results: done.results };
  const report: LoadReport = { ...done.report, ...(part && { part }) };
  if (options.jsonFile !== undefined) write("--json-file", options.jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  if (options.csvFile !== undefined) write("--csv-file", options.csvFile, loadCsv(report));
  console.log(options.json ? JSON.stringify(report) : loadLines(report).join("\n"));
  process.exit(statusOf(report));
}

async function serveWorker(gateway: Endpoint, options: LoadCommandOptions): Promise<void> {
  try {
    const { load, allClients } = await statedLoad(gateway, options, options.workerPortion);
    await serveLoadWorker(load, allClients);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`load: ${error.message}`);
    throw error;
  }
  process.exit(EXIT_OK);
}

function ownPlan({ plan, machine, startAt, hostile }: LoadCommandOptions): Plan {
  if (hostile && (plan !== undefined || startAt)) {
    throw new UsageError("--hostile: goes to loopback alone, expected neither --plan nor --start-at");
  }
  if (plan === undefined && machine !== undefined) throw new UsageError("--machine: expected --plan with it");
  const stated: Plan = { ...(plan === undefined ? { portion: WHOLE } : readPlan(plan, machine)), ...(startAt && { startAt }) };
  const late = Date.now() - (stated.startAt?.getTime() ?? Infinity);
  if (late > 0) {
    throw new UsageError(
      `--start-at: ${stated.startAt!.toISOString()} was ${Math.ceil(late / 1_000)} s ago by this machine's clock`,
    );
  }
  return stated;
}

/** Whoever answers for a name decides where it leads, now and at the next look. */
function refuseHostName({ address }: Endpoint): void {
  if (!isHostName(address)) return;
  throw new UsageError(`--hostile: ${address} is a name; hostile datagrams go to 127.0.0.0/8 and ::1 alone, by address`);
}

function statusOf({ interrupted, thresholds, operations, generator }: LoadReport): number {
  if (thresholds.some(({ held }) => !held)) return EXIT_ENDED;
  if (interrupted) return EXIT_INTERRUPTED;
  if (generator.workers?.some(({ lost }) => lost !== undefined)) return EXIT_FAILED;
  return Object.values(operations).some(({ succeeded }) => succeeded > 0) ? EXIT_OK : EXIT_FAILED;
}

function urlHost(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function write(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    console.error(`ike-resume: ${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
