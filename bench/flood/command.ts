/**
 * `bench flood`: brings clients up, finds a rate, measures without an attack and then under each, and reports.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import process from "node:process";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { type Starter, starterOf } from "../runtimes.ts";
import { statedOptions } from "../stated_options.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { measureCosts, rateFor } from "./calibration.ts";
import { type GatewaySetting, startGateway } from "./gateway_under_attack.ts";
import { LegitimateClients } from "./legitimate_clients.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { clientsNeeded, observe } from "./point.ts";
import { type FloodPoint, type FloodReport, pointOf, serviceOf, statusOf } from "./report.ts";
import { floodTable } from "./table.ts";

const PRESHARED_KEY_LENGTH = 32;
/** More than a table of half-open IKE SAs holds by default. */
const DATAGRAMS_BEFORE = 33_000;
const QUICK_DATAGRAMS_BEFORE = 400;
const EXIT_FAILED = 1;

/** @return the exit status */
export async function floodCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "flood", usage: USAGE, parse: parseOptions, showsUsage: true });
  if (typeof options === "number") return options;
  try {
    const report = await measureAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : floodTable(report));
    return statusOf(report);
  } catch (error) {
    console.error(`bench flood: ${error instanceof Error ? error.message : error}`);
    return EXIT_FAILED;
  }
}

async function measureAll(options: Options, note: (line: string) => void): Promise<FloodReport> {
  const folder = new TemporaryFolder("ike-resume-bench-flood-");
  const presharedKey = systemRandom(PRESHARED_KEY_LENGTH);
  let clients: LegitimateClients | undefined;
  try {
    const entries = { gateway: new URL("./gateway.ts", import.meta.url) };
    const starter = await starterOf(entries, options.runtime, options.node, folder.path);
    const gateway: GatewaySetting = { starter, presharedKey, folder: folder.path, storeDelayMs: options.storeDelay };
    clients = await LegitimateClients.open(await loadProvider("auto"), await loadKeyExchange(), presharedKey);
    const { seconds } = options;
    const rate = await bringUp(clients, gateway, options, note);
    const datagramsBefore = options.quick ? QUICK_DATAGRAMS_BEFORE : DATAGRAMS_BEFORE;
    const setting = { gateway, clients, rate, seconds, datagramsBefore };

    note(`without an attack: ${rate} resumptions a second for ${seconds} s`);
    const observed = await observe(setting, undefined);
    const baseline = serviceOf(observed);
    const points: FloodPoint[] = [];
    const report = (): FloodReport => ({
      runtime: runtimeOf(starter, options),
      provider: observed.provider,
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      quick: options.quick,
      rate,
      seconds,
      store_delay_ms: options.storeDelay,
      baseline,
      points,
      rss_growth_bytes: Math.max(...points.map(({ rss_growth_bytes }) => rss_growth_bytes)),
    });
    ifStopped(() => {
      if (points.length === 0) return undefined;
      return options.json ? unfinishedJson(report()) : floodTable(report());
    });
    for (const kind of options.kinds) {
      for (const ratio of options.ratios) {
        note(`${kind}, ${ratio * rate} datagrams a second`);
        points.push(pointOf({ kind, ratio }, await observe(setting, { kind, ratio }), baseline, rate));
      }
    }
    return report();
  } finally {
    await clients?.close();
    folder.remove();
  }
}

/** Gives every client its ticket. @return resumptions a second */
async function bringUp(
  clients: LegitimateClients,
  setting: GatewaySetting,
  options: Options,
  note: (line: string) => void,
): Promise<number> {
  const gateway = await startGateway(setting);
  try {
    let { rate } = options;
    if (rate === undefined) {
      const costs = await measureCosts(clients, gateway);
      rate = rateFor(costs);
      note(
        `a resumption takes ${Math.round(costs.gatewayUs)} µs of the gateway's processor, ${
          Math.round(costs.clientUs)
        } of the client's`,
      );
    }
    const count = clientsNeeded(rate, options.seconds);
    note(`bringing ${count} clients up`);
    await clients.enrol(count, gateway);
    return rate;
  } finally {
    await gateway.kill();
  }
}

function runtimeOf({ command }: Starter, { runtime }: Options): string {
  if (runtime === "deno") return `deno ${process.versions.deno}`;
  return `node ${execFileSync(command, ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "")}`;
}
