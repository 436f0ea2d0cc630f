/**
 * `bench growth`: brings IKE SAs up, looks at each point what they cost, and reports.
 *
 * @module
 */
import { totalmem } from "node:os";
import { join } from "node:path";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { loadOrCreateTicketKeyRing } from "../../src/store/ticket_key_file.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import { Clients, WrongResumption } from "../pipeline/clients.ts";
import { enrol } from "../pipeline/enrol.ts";
import { GatewayProcess, GatewayProcessError } from "../pipeline/gateway_process.ts";
import { gatewayStarter } from "../pipeline/gateway_starter.ts";
import { statedOptions } from "../stated_options.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { grow, type Grown, WrongCount } from "./measure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { type GrowthReport, growthReport } from "./report.ts";
import { SyntheticTickets } from "./synthetic_tickets.ts";
import { growthTable } from "./table.ts";

const PRESHARED_KEY_LENGTH = 32;
/** Clients that say nothing for a day are not asked whether they live, and some come back more often than clients do. */
const CONFIGURATION = { livenessSeconds: 86_400, ticketsPerIkeSa: 1_000_000 };
/** Of the machine's memory, that the gateway's heap may take. */
const HEAP_SHARE = 0.7;
const MEGABYTE = 2 ** 20;
const EXIT_WRONG = 1;

/** @return the exit status */
export async function growthCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "growth", usage: USAGE, parse: parseOptions });
  if (typeof options === "number") return options;
  try {
    const report = await runAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : growthTable(report));
    return 0;
  } catch (error) {
    if (![WrongResumption, GatewayProcessError, WrongCount].some((kind) => error instanceof kind)) throw error;
    console.error(`bench growth: ${(error as Error).message}. Nothing counts.`);
    return EXIT_WRONG;
  }
}

async function runAll(options: Options, note: (line: string) => void): Promise<GrowthReport> {
  const folder = new TemporaryFolder("ike-resume-bench-growth-");
  try {
    const ticketKeyFile = join(folder.path, "ticket-keys");
    const presharedKey = systemRandom(PRESHARED_KEY_LENGTH);
    const clients = await Clients.open(presharedKey);
    const [issued] = await enrol(clients, 1, presharedKey, ticketKeyFile);
    const ring = loadOrCreateTicketKeyRing(ticketKeyFile, systemRandom, systemClock().epochSeconds);
    const tickets = new SyntheticTickets(await loadProvider("auto"), ring, issued);
    const source = new URL("../pipeline/gateway.ts", import.meta.url);
    const heap = `--max-old-space-size=${Math.floor(totalmem() * HEAP_SHARE / MEGABYTE)}`;
    const starter = await gatewayStarter(source, "gateway", options, folder.path, [heap]);
    const told = {
      provider: options.provider,
      presharedKey: toHexadecimal(presharedKey),
      ticketKeyFile,
      configuration: CONFIGURATION,
    };
    const gateways: GatewayProcess[] = [];
    try {
      for (let index = 0; index < 2; index++) gateways.push(await GatewayProcess.start(starter, told));
      const [growing, small] = gateways;
      const soFar: Grown[] = [];
      ifStopped(() => {
        const latest = soFar.at(-1);
        if (latest === undefined) return undefined;
        // Nothing had time to settle.
        const report = growthReport(growing.hello, { grown: soFar, settled: latest.memory }, options.quick);
        return options.json ? unfinishedJson(report) : growthTable(report);
      });
      const onPoint = (one: Grown) => soFar.push(one);
      const grown = await grow({ growing, small, clients, tickets, points: options.points, note, onPoint });
      return growthReport(growing.hello, grown, options.quick);
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.end()));
    }
  } finally {
    folder.remove();
  }
}
