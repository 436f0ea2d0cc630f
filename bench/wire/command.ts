/**
 * `bench wire`: brings clients up, then measures one gateway after the other with them, and reports.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import { GatewayProcess } from "../../src/load/gateway_process.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { loadOfOthers, readMachine } from "../flood/machine_load.ts";
import { refused, statedOptions } from "../stated_options.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { choiceArguments, type GatewayProgram, gatewayPrograms } from "./gateway_program.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { GatewayPhases, perSecond, type Seen } from "./phases.ts";
import { ProcessorTime } from "./processor_time.ts";
import { isGeneratorTheBottleneck, medianRun, type Observed, runOf, type WireReport, type WireRun } from "./report.ts";
import { ReturningClients } from "./returning_clients.ts";
import { type GatewayChoice, SharedSecrets } from "./setting.ts";
import { wireTable } from "./table.ts";

const EXIT_FAILED = 1;

/** One combination of what is compared, and what starts it. */
interface Combination {
  readonly program: GatewayProgram;
  readonly choice: GatewayChoice;
  readonly words: readonly string[];
}

type Note = (line: string) => void;

/** @return the exit status */
export async function wireCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "wire", usage: USAGE, parse: parseOptions, showsUsage: true });
  if (typeof options === "number") return options;
  const note: Note = (line) => options.json || console.error(line);
  const folder = new TemporaryFolder("ike-resume-bench-wire-");
  try {
    let combinations: Combination[];
    try {
      combinations = combinationsOf(await gatewayPrograms(options, folder.path), options);
    } catch (error) {
      if (error instanceof RangeError) return refused(error, { name: "wire", usage: USAGE, showsUsage: true });
      throw error;
    }
    const report = await measureAll(combinations, options, new SharedSecrets(folder.path), note);
    console.log(options.json ? JSON.stringify(report) : wireTable(report));
    return report.runs.every(({ lost }) => lost === 0) ? 0 : EXIT_FAILED;
  } catch (error) {
    console.error(`bench wire: ${error instanceof Error ? error.message : error}. No figure counts.`);
    return EXIT_FAILED;
  } finally {
    folder.remove();
  }
}

function combinationsOf(programs: readonly GatewayProgram[], options: Options): Combination[] {
  const combinations: Combination[] = [];
  for (const provider of options.providers) {
    for (const transport of options.transports) {
      for (const workers of options.workers) {
        for (const program of programs) {
          const choice = { provider, transport, workers };
          combinations.push({ program, choice, words: choiceArguments(program, choice) });
        }
      }
    }
  }
  return combinations;
}

async function measureAll(
  combinations: readonly Combination[],
  options: Options,
  secrets: SharedSecrets,
  note: Note,
): Promise<WireReport> {
  const runs: WireRun[][] = combinations.map(() => []);
  const { clients, resumptions, fulls, burst, repeat, quick } = options;
  const report = (): WireReport => ({
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    generator: generatorName(),
    quick,
    clients,
    resumptions,
    fulls,
    burst,
    repeat,
    runs: runs.filter(({ length }) => length > 0).map(medianRun),
  });
  ifStopped(() => {
    if (runs.every(({ length }) => length === 0)) return undefined;
    return options.json ? unfinishedJson(report()) : wireTable(report());
  });
  const bench = await WireBench.open(combinations[0], options, secrets, note);
  try {
    for (let repetition = 1; repetition <= options.repeat; repetition++) {
      for (const [index, combination] of combinations.entries()) {
        const run = await bench.measure(combination);
        note(progressLine(run, repetition, options));
        runs[index].push(run);
      }
    }
  } finally {
    await bench.close();
  }
  return report();
}

/** The clients, with tickets that every gateway takes, and a place on the network where one gateway follows the other. */
class WireBench {
  readonly #options: Options;
  readonly #secrets: SharedSecrets;
  readonly #clients: ReturningClients;
  readonly #ports: readonly [number, number];

  /** Brings all clients up at a gateway that is not measured. */
  static async open(first: Combination, options: Options, secrets: SharedSecrets, note: Note): Promise<WireBench> {
    note(`bringing ${options.clients} clients up`);
    const gateway = await startGateway(first, secrets, [0, 0]);
    try {
      const { local, encapsulatedLocal } = gateway;
      const clients = await ReturningClients.open(options.clients, secrets, gateway);
      const { lost } = await new GatewayPhases(gateway, clients).fullExchanges({
        fulls: options.clients,
        burst: options.burst,
      });
      if (lost > 0) throw new Error(`${lost} clients did not come up`);
      return new WireBench(options, secrets, clients, [local.port, encapsulatedLocal.port]);
    } finally {
      await gateway.kill();
    }
  }

  private constructor(
    options: Options,
    secrets: SharedSecrets,
    clients: ReturningClients,
    ports: readonly [number, number],
  ) {
    this.#options = options;
    this.#secrets = secrets;
    this.#clients = clients;
    this.#ports = ports;
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  async measure(combination: Combination): Promise<WireRun> {
    const { program, choice: { provider, workers } } = combination;
    await GatewayPhases.prepareAll(this.#clients);
    const startedMs = performance.now();
    const gateway = await startGateway(combination, this.#secrets, this.#ports);
    try {
      const machine = readMachine();
      const generatorBefore = process.cpuUsage();
      const time = new ProcessorTime(gateway.pid!);
      const gatewayBeforeUs = time.readUs();
      const observed = await this.#observe(gateway, startedMs);
      const { user, system } = process.cpuUsage(generatorBefore);
      const ownUs = user + system + time.readUs() - gatewayBeforeUs;
      const who = {
        runtime: program.runtime,
        runtime_version: program.version,
        checkout: program.checkout ?? null,
        // An older checkout's does not say: it has the one.
        transport: gateway.transport ?? "dgram",
        provider,
        workers,
      };
      return runOf(who, observed, loadOfOthers(machine, readMachine(), ownUs));
    } finally {
      await gateway.kill();
    }
  }

  /** All clients come back to the new gateway in any case: that warms it up for what follows. */
  async #observe(gateway: GatewayProcess, startedMs: number): Promise<Observed> {
    const options = this.#options;
    const wanted = (phase: Options["phases"][number]): boolean => options.phases.includes(phase);
    const startMs = performance.now() - startedMs;
    const phases = new GatewayPhases(gateway, this.#clients);
    const back = await phases.allBack();
    const cpuUs = new ProcessorTime(gateway.pid!).readUs();
    const burst = wanted("burst") ? await phases.bursts(options) : undefined;
    const capacity = wanted("capacity") || wanted("latency") ? await phases.capacity(options) : undefined;
    const one = wanted("one") ? await phases.oneAtATime() : undefined;
    const latency = wanted("latency") ? await phases.latencies(perSecond(capacity!)) : undefined;
    const full = wanted("full") ? await phases.fullExchanges(options) : undefined;
    const seen: readonly (Seen | undefined)[] = [back, burst, capacity, one?.seen, full];
    return {
      cold: wanted("cold") ? { startMs, wallMs: startMs + back.wallMs, cpuUs } : undefined,
      burst,
      capacity,
      one,
      latency: latency?.points,
      full,
      lost: seen.reduce((sum, each) => sum + (each?.lost ?? 0), latency?.lost ?? 0),
    };
  }
}

function startGateway(
  { program, choice, words }: Combination,
  secrets: SharedSecrets,
  [port, natPort]: readonly [number, number],
): Promise<GatewayProcess> {
  return GatewayProcess.start(program.starter, [...secrets.gatewayArguments(choice, port, natPort), ...words]);
}

function progressLine(run: WireRun, repetition: number, { repeat }: Options): string {
  const what = [run.runtime, run.transport, run.provider, ...(run.workers === 1 ? [] : [`${run.workers} workers`])].join(" ");
  const figures = `${run.resumptions_per_cpu_s} resumptions and ${run.fulls_per_cpu_s} full exchanges a CPU-second`;
  const remark = isGeneratorTheBottleneck(run) ? "; the clients are the bottleneck" : "";
  return `${repetition} of ${repeat}: ${what}${run.checkout === null ? "" : ` of ${run.checkout}`}: ${figures}${remark}`;
}

function generatorName(): string {
  const { deno, node } = process.versions;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}
