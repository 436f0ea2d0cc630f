/**
 * `bench pipeline`: gives clients tickets, measures gateways in turn, and reports.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import { type Starter, starterOf } from "../runtimes.ts";
import { Clients, WrongResumption } from "./clients.ts";
import { enrol } from "./enrol.ts";
import { GatewayProcessError } from "./gateway_process.ts";
import { type Checkout, measureAll } from "./measure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { ReferenceCheckout, ReferenceError } from "./reference_checkout.ts";
import { type PipelineReport, pipelineReport } from "./report.ts";
import { pipelineTable } from "./table.ts";

const PRESHARED_KEY_LENGTH = 32;
const GATEWAY_SOURCE = "bench/pipeline/gateway.ts";
const EXIT_WRONG = 1;
const EXIT_USAGE = 2;

/** @return the exit status */
export async function pipelineCommand(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`bench pipeline: ${error instanceof Error ? error.message : error}`);
    return EXIT_USAGE;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  try {
    const report = await runAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : pipelineTable(report, options.profile));
    return 0;
  } catch (error) {
    if (error instanceof ReferenceError) {
      console.error(`bench pipeline: --against ${options.against}: ${error.message}`);
      return EXIT_USAGE;
    }
    if (!(error instanceof WrongResumption || error instanceof GatewayProcessError)) throw error;
    console.error(`bench pipeline: ${error.message}. No time counts.`);
    return EXIT_WRONG;
  }
}

async function runAll(options: Options, note: (line: string) => void): Promise<PipelineReport> {
  const reference = options.against === undefined ? undefined : new ReferenceCheckout(options.against);
  const folder = new TemporaryFolder("ike-resume-bench-pipeline-");
  try {
    const checkouts: Checkout[] = [{
      name: "change",
      starter: await gatewayStarter(new URL("./gateway.ts", import.meta.url), "change", options, folder.path),
    }];
    if (reference) {
      checkouts.push({
        name: "base",
        starter: await gatewayStarter(reference.file(GATEWAY_SOURCE), "base", options, folder.path),
      });
    }
    const presharedKey = systemRandom(PRESHARED_KEY_LENGTH);
    const clients = await Clients.open(presharedKey);
    const ticketKeyFile = join(folder.path, "ticket-keys");
    note(`bringing ${options.clients} clients up`);
    const tickets = await enrol(clients, options.clients, presharedKey, ticketKeyFile);
    const measured = await measureAll({
      ...options,
      clients,
      tickets,
      presharedKey: toHexadecimal(presharedKey),
      ticketKeyFile,
      checkouts,
      note,
    });
    return pipelineReport(measured, options, reference);
  } finally {
    folder.remove();
    reference?.remove();
  }
}

/** With a collector that can be told to collect. */
async function gatewayStarter(source: URL, name: string, { runtime, node }: Options, folder: string): Promise<Starter> {
  const ownFolder = join(folder, name);
  mkdirSync(ownFolder);
  const { command, arguments: words } = await starterOf({ gateway: source }, runtime, node, ownFolder);
  const [first, ...rest] = words;
  return {
    command,
    arguments: runtime === "deno" ? [first, "--v8-flags=--expose-gc", ...rest] : ["--expose-gc", ...words],
  };
}
