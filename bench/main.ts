/**
 * `deno task bench NAME`: the benches, by name.
 *
 * @module
 */
import process from "node:process";
import { coreCommand } from "./core/command.ts";
import { floodCommand } from "./flood/command.ts";
import { generatorCommand } from "./generator/command.ts";
import { growthCommand } from "./growth/command.ts";
import { peersCommand } from "./peers/command.ts";
import { pipelineCommand } from "./pipeline/command.ts";
import { printUnfinished } from "./unfinished.ts";
import { wireCommand } from "./wire/command.ts";

const USAGE = `Usage: deno task bench core|pipeline|growth|wire|generator|flood|peers [options]

  core      the cryptography of one resumption at the gateway, over implementations; some minutes, --help says how to have fewer
  pipeline  what one resumption costs a whole gateway, without sockets; some minutes
  growth    the same, and the memory of an IKE SA, by how many are up; minutes, and more the more there are
  wire      resumptions and full exchanges over UDP, by the gateway's processor time; a minute for each combination
  generator what a resumption costs the clients of storm and load: the generator's own processor time; 2 minutes
  flood     how much of its service a gateway keeps up under an attack; a quarter of an hour, --quick takes a minute
  peers     this gateway on Deno and Node, killed under 2,000 clients, and strongSwan's charon, if it is installed; 2 minutes

deno task bench NAME --help tells the options of each. One that is stopped (Ctrl-C) prints what it has measured until then.`;
const EXIT_USAGE = 2;
/** 128 + SIGINT, as shells have it. */
const EXIT_STOPPED = 130;

// The measured process is killed as this one exits, whichever way that is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
process.exit(await run(process.argv.slice(2)));

function stop(): void {
  try {
    printUnfinished();
  } catch (error) {
    console.error(`bench: stopped, and what was measured until then cannot be told: ${error}`);
  }
  process.exit(EXIT_STOPPED);
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  switch (name) {
    case "core":
      return await coreCommand(args);
    case "pipeline":
      return await pipelineCommand(args);
    case "growth":
      return await growthCommand(args);
    case "wire":
      return await wireCommand(args);
    case "generator":
      return await generatorCommand(args);
    case "flood":
      return await floodCommand(args);
    case "peers":
      return await peersCommand(args);
    case undefined:
    case "--help":
      console.log(USAGE);
      return 0;
    default:
      console.error(`bench: ${name} is no bench\n\n${USAGE}`);
      return EXIT_USAGE;
  }
}
