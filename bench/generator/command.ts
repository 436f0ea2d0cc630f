/**
 * `bench generator`: starts generators of this checkout and of another, measures them in turn, and reports.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { GatewayProcessError } from "../../src/load/gateway_process_error.ts";
import { wideRoom } from "../../src/cli/runtime_choice.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { NoSuchCommit, ReferenceCheckout } from "../pipeline/reference_checkout.ts";
import { starterOf } from "../runtimes.ts";
import { EXIT_USAGE, statedOptions } from "../stated_options.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { koffiForNode } from "../wire/koffi_for_node.ts";
import { type CheckoutName, type Contestant, measureAll } from "./measure.ts";
import { GeneratorError } from "./measured_process.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import type { ScenarioName } from "./protocol.ts";
import { costsOf, type GeneratorReport, generatorReport } from "./report.ts";
import { costRows, generatorTable } from "./table.ts";

const BENCH = "bench/generator";
const STORM = "storm_clients.ts";
const LOAD = "load_clients.ts";
/** What a commit has that has `load`. */
const SOURCE_OF_LOAD = "src/load/generator/load.ts";
/** Where a commit says so that starts its storm with room for many small objects. */
const TASKS = "deno.json";
const ROOM = "semi-space";
const EXIT_WRONG = 1;

/** @return the exit status */
export async function generatorCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "generator", usage: USAGE, parse: parseOptions });
  if (typeof options === "number") return options;
  try {
    const report = await runAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : generatorTable(report));
    return 0;
  } catch (error) {
    if (error instanceof NoSuchCommit) {
      console.error(`bench generator: --against ${options.against}: ${error.message}`);
      return EXIT_USAGE;
    }
    if (!(error instanceof GeneratorError || error instanceof GatewayProcessError)) throw error;
    console.error(`bench generator: ${error.message}. No time counts.`);
    return EXIT_WRONG;
  }
}

async function runAll(options: Options, note: (line: string) => void): Promise<GeneratorReport> {
  const reference = options.against === undefined ? undefined : new ReferenceCheckout(options.against, BENCH);
  const folder = new TemporaryFolder("ike-resume-bench-generator-");
  try {
    // All processes that this one starts inherit it; whoever has set it has koffi of his own.
    if (options.runtime === "node") process.env.NODE_PATH ??= koffiForNode(folder.path) ?? "";
    const contestants = await contestantsOf(options, reference, folder.path);
    const measured = await measureAll({
      ...options,
      contestants,
      folder: folder.path,
      note,
      onBegin: (samples) =>
        ifStopped(() => {
          if (samples.length === 0) return undefined;
          const costs = costsOf(samples, "change");
          return options.json ? unfinishedJson({ costs }) : costRows("one resumption, µs of the processor", costs).join("\n");
        }),
    });
    return generatorReport(measured, options, reference);
  } finally {
    folder.remove();
    reference?.remove();
  }
}

async function contestantsOf(
  { scenarios, runtime, node }: Options,
  reference: ReferenceCheckout | undefined,
  folder: string,
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  const add = async (checkout: CheckoutName, scenario: ScenarioName, source: URL): Promise<void> => {
    const own = join(folder, `${checkout}-${scenario}`);
    mkdirSync(own);
    const { command, arguments: words } = await starterOf({ generator: source }, runtime, node, own);
    // As deno task storm starts it, and load its workers; behind "run", where there is such a word.
    const isWide = checkout === "change" || reference?.has(TASKS, ROOM);
    const first = runtime === "deno" ? 1 : 0;
    const room = isWide ? wideRoom(runtime) : [];
    const starter = { command, arguments: [...words.slice(0, first), ...room, ...words.slice(first)] };
    contestants.push({ checkout, scenario, starter });
  };
  for (const scenario of scenarios) {
    await add("change", scenario, new URL(programOf(scenario), import.meta.url));
    if (reference?.has(SOURCE_OF_LOAD)) await add("base", scenario, reference.measuredByUs(programOf(scenario)));
  }
  if (reference && !reference.has(SOURCE_OF_LOAD)) await add("base", "storm", reference.measuredByUs(STORM));
  return contestants;
}

function programOf(scenario: ScenarioName): string {
  return scenario === "storm" ? STORM : LOAD;
}
