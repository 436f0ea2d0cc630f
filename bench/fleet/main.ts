/**
 * `deno task fleet`: gateways of one domain, their clients, and what becomes of these when gateways and the store's server go.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { lacksRedisCli } from "../../tests/store/redis_group.ts";
import { lacksRedis } from "../../tests/store/redis_server.ts";
import { statedOptions } from "../stated_options.ts";
import { runFleet } from "./fleet.ts";
import { GATEWAYS } from "./fleet_gateways.ts";
import { parseOptions, USAGE } from "./options.ts";
import { isGood, type ProfileReport, reportLines } from "./report.ts";

const EXIT_FAILED = 1;

// Each gateway, server and folder listens for the end of this process.
process.setMaxListeners(64);
// The gateways and servers are killed as this process exits, whichever way that is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exit(await run(process.argv.slice(2)));

async function run(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "fleet", usage: USAGE, parse: parseOptions, showsUsage: true });
  if (typeof options === "number") return options;
  const lacking = lacksRedis() || lacksRedisCli();
  if (lacking) {
    console.error(`fleet: ${lacking}`);
    return EXIT_FAILED;
  }
  const program = {
    command: process.execPath,
    arguments: ["run", "--allow-all", "--quiet", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))],
  };
  const profiles: ProfileReport[] = [];
  for (const profile of options.profiles) {
    const startedAtMs = performance.now();
    const note = (line: string) => {
      const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
      if (!options.json) console.error(`${profile}, ${seconds} s: ${line}`);
    };
    profiles.push(await runFleet({ ...options, program, profile, note }));
  }
  const report = { gateways: GATEWAYS, clients: options.clients, profiles };
  console.log(options.json ? JSON.stringify(report) : reportLines(report).join("\n"));
  return isGood(report) ? 0 : EXIT_FAILED;
}
