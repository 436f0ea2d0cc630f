/**
 * `deno task bench NAME`: the benches, by name.
 *
 * @module
 */
import process from "node:process";
import { coreCommand } from "./core/command.ts";
import { floodCommand } from "./flood/command.ts";
import { growthCommand } from "./growth/command.ts";
import { pipelineCommand } from "./pipeline/command.ts";
import { wireCommand } from "./wire/command.ts";

const USAGE = `Usage: deno task bench core|pipeline|growth|wire|flood [options]

  core      the cryptography of one resumption at the gateway: deno task bench core --help
  pipeline  what one resumption costs a whole gateway, without sockets: deno task bench pipeline --help
  growth    the same, and the memory of an IKE SA, by how many are up: deno task bench growth --help
  wire      resumptions and full exchanges over UDP, by the gateway's processor time: deno task bench wire --help
  flood     how much of its service a gateway keeps up under an attack: deno task bench flood --help`;
const EXIT_USAGE = 2;

// The measured process is killed as this one exits, whichever way that is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exit(await run(process.argv.slice(2)));

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
    case "flood":
      return await floodCommand(args);
    case "--help":
      console.log(USAGE);
      return 0;
    default:
      console.error(`bench: ${name === undefined ? "no bench was named" : `${name} is no bench`}\n\n${USAGE}`);
      return EXIT_USAGE;
  }
}
