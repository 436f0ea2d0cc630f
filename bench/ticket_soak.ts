/**
 * Whether tickets are good exactly once over many resumptions, a bad network and a gateway that is killed. Prints one JSON object; exit
 * status 0 only if no ticket was lost and none was accepted twice.
 *
 * Run: deno task soak [--resumptions 100000] [--clients 2000] [--loss 0.05] [--duplication 0.02] [--kills 3] [--replay-every 1]
 *   [--store sqlite:PATH|redis://…] [--tickets value|reference] [--seed 1] [--json]
 *
 * @module
 */
import { Command } from "commander";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { decimal, wholeNumber } from "../src/cli/option_values.ts";
import { ticketKindOption } from "../src/cli/ticket_options.ts";
import { type SoakOptions, soakPassed, ticketSoak } from "../src/load/ticket_soak.ts";

const GATEWAY_ENTRY = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const HIGHEST_SEED = 0xffff_ffff;

const program = new Command("soak")
  .description(
    "Present tickets over and over, over a bad network and to a gateway that is killed: each must be good exactly once.",
  )
  .option("--resumptions <number>", "how many in all, at least", wholeNumber(1, 100_000_000), 100_000)
  .option("--clients <number>", "how many at once", wholeNumber(1, 100_000), 2_000)
  .option("--loss <share>", "share of datagrams lost in each direction, 0 to 0.5", decimal(0, 0.5), 0.05)
  .option("--duplication <share>", "share of datagrams that come twice in each direction, 0 to 0.5", decimal(0, 0.5), 0.02)
  .option("--kills <number>", "how often the gateway is killed, each time in another round", wholeNumber(0, 1_000), 3)
  .option("--replay-every <n>", "present every n-th used ticket once more", wholeNumber(1, 1_000_000), 1)
  .option("--store <name>", "the gateway's store: sqlite:PATH, redis://… or rediss://… (default: a new SQLite file)")
  .addOption(ticketKindOption())
  .option("--seed <number>", "repeats keys, nonces, losses and moments of kills", wholeNumber(0, HIGHEST_SEED), 1)
  .option("--json", "nothing on standard error while it runs")
  .parse();

const options = program.opts<Omit<SoakOptions, "program" | "note"> & { readonly json?: boolean }>();
// The gateway's process is killed as this one exits, whichever way that is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const report = await ticketSoak({
  ...options,
  program: { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", GATEWAY_ENTRY] },
  note: (line) => options.json || console.error(line),
});
console.log(JSON.stringify(report));
process.exit(soakPassed(report) ? 0 : 1);
