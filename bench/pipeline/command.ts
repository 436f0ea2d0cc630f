/**
 * `bench pipeline`: gives clients tickets, measures gateways in turn, and reports.
 *
 * @module
 */
import { join } from "node:path";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { Starter } from "../runtimes.ts";
import { EXIT_USAGE, statedOptions } from "../stated_options.ts";
import { Clients, WrongResumption } from "./clients.ts";
import { enrol } from "./enrol.ts";
import { GatewayProcess, GatewayProcessError } from "./gateway_process.ts";
import { gatewayStarter } from "./gateway_starter.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { type Checkout, measureAll, type Sample } from "./measure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { NoSuchCommit, ReferenceCheckout } from "./reference_checkout.ts";
import { mediansSoFar, type PipelineReport, pipelineReport } from "./report.ts";
import type { GatewaySetting } from "./setting.ts";
import { pipelineTable } from "./table.ts";

const PRESHARED_KEY_LENGTH = 32;
const EXIT_WRONG = 1;
const BENCH = "bench/pipeline";
const MEASURED = "gateway.ts";

/** @return the exit status */
export async function pipelineCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "pipeline", usage: USAGE, parse: parseOptions });
  if (typeof options === "number") return options;
  try {
    const report = await runAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : pipelineTable(report, options.profile));
    return 0;
  } catch (error) {
    if (error instanceof NoSuchCommit) {
      console.error(`bench pipeline: --against ${options.against}: ${error.message}`);
      return EXIT_USAGE;
    }
    if (!(error instanceof WrongResumption || error instanceof GatewayProcessError)) throw error;
    console.error(`bench pipeline: ${error.message}. No time counts.`);
    return EXIT_WRONG;
  }
}

async function runAll(options: Options, note: (line: string) => void): Promise<PipelineReport> {
  const reference = options.against === undefined ? undefined : new ReferenceCheckout(options.against, BENCH);
  if (reference) note(`${reference.commit} is checked out in ${reference.path} for a while`);
  const folder = new TemporaryFolder("ike-resume-bench-pipeline-");
  try {
    const presharedKey = systemRandom(PRESHARED_KEY_LENGTH);
    const clients = await Clients.open(presharedKey);
    const ticketKeyFile = join(folder.path, "ticket-keys");
    note(`bringing ${options.clients} clients up`);
    const tickets = await enrol(clients, options.clients, presharedKey, ticketKeyFile);
    const keys = { presharedKey: toHexadecimal(presharedKey), ticketKeyFile };
    const own = new URL("./gateway.ts", import.meta.url);
    const checkouts: Checkout[] = [{ name: "change", starter: await gatewayStarter(own, "change", options, folder.path) }];
    if (reference) checkouts.push({ name: "base", starter: await baseStarter(reference, options, folder.path, keys, note) });
    const onBegin = (samples: readonly Sample[]) =>
      ifStopped(() => {
        if (samples.length === 0) return undefined;
        const medians = mediansSoFar(samples);
        if (options.json) return unfinishedJson({ medians });
        return medians.map(({ checkout, provider, wave, passes, us }) =>
          `${checkout}, ${provider}, waves of ${wave}: ${us} µs a resumption, the median of ${passes} passes`
        ).join("\n");
      });
    const measured = await measureAll({ ...options, ...keys, clients, tickets, checkouts, note, onBegin });
    return pipelineReport(measured, options, reference);
  } finally {
    folder.remove();
    reference?.remove();
  }
}

/** By the measure of this checkout, if that gateway starts in it. */
async function baseStarter(
  reference: ReferenceCheckout,
  options: Options,
  folder: string,
  keys: Omit<GatewaySetting, "provider">,
  note: (line: string) => void,
): Promise<Starter> {
  try {
    const starter = await gatewayStarter(reference.measuredByUs(MEASURED), "base", options, folder);
    await (await GatewayProcess.start(starter, { ...keys, provider: options.providers[0] })).end();
    return starter;
  } catch (error) {
    const measuredByItself = reference.measuredByItself(MEASURED);
    if (measuredByItself === undefined) throw error;
    note(`${reference.commit} is measured by its own bench: it does not start in this one`);
    return await gatewayStarter(measuredByItself, "base-by-itself", options, folder);
  }
}
