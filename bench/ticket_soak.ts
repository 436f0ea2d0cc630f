/**
 * Whether tickets are good exactly once over many resumptions, a bad network and a gateway that is killed. Prints one JSON object; exit
 * status 0 only if no ticket was lost and none was accepted twice, 2 for bad options.
 *
 * Run: deno task soak [--resumptions 100000] [--clients 5000] [--loss 0.05] [--duplication 0.02] [--kills 3] [--replay-every 1]
 *   [--store sqlite:PATH|redis://…] [--tickets value|reference] [--seed 1] [--json]
 *
 * `--store`: a new SQLite file if not given. `--json`: nothing on standard error while it runs.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SoakOptions, soakPassed, ticketSoak } from "../src/load/ticket_soak.ts";

const GATEWAY_ENTRY = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const HIGHEST_SHARE = 0.4;
const HIGHEST_SEED = 0xffff_ffff;

// The gateway's process is killed as this one exits, whichever way that is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const report = await ticketSoak(statedOptions());
console.log(JSON.stringify(report));
process.exit(soakPassed(report) ? 0 : 1);

function statedOptions(): SoakOptions {
  try {
    return parsedOptions();
  } catch (error) {
    console.error(`ticket soak: ${error instanceof Error ? error.message : error}`);
    process.exit(2);
  }
}

function parsedOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      resumptions: { type: "string", default: "100000" },
      clients: { type: "string", default: "5000" },
      loss: { type: "string", default: "0.05" },
      duplication: { type: "string", default: "0.02" },
      kills: { type: "string", default: "3" },
      "replay-every": { type: "string", default: "1" },
      store: { type: "string" },
      tickets: { type: "string", default: "value" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  const { tickets } = values;
  if (tickets !== "value" && tickets !== "reference") {
    throw new RangeError(`--tickets is ${tickets}, expected value or reference`);
  }
  if (values.store === "memory") throw new RangeError("--store is memory, which is killed with the gateway");
  return {
    resumptions: whole("resumptions", values.resumptions, 1, 100_000_000),
    clients: whole("clients", values.clients, 1, 100_000),
    loss: inRange("loss", values.loss, 0, HIGHEST_SHARE),
    duplication: inRange("duplication", values.duplication, 0, HIGHEST_SHARE),
    kills: whole("kills", values.kills, 0, 1_000),
    replayEvery: whole("replay-every", values["replay-every"], 1, 1_000_000),
    store: values.store,
    tickets,
    seed: whole("seed", values.seed, 0, HIGHEST_SEED),
    program: { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", GATEWAY_ENTRY] },
    note: (line) => values.json || console.error(line),
  };
}

function inRange(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= least && value <= most)) throw new RangeError(`--${name} is "${text}", expected ${least} to ${most}`);
  return value;
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = inRange(name, text, least, most);
  if (!Number.isInteger(value)) throw new RangeError(`--${name} is "${text}", expected a whole number`);
  return value;
}
