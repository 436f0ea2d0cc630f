/**
 * `ike-resume check`: whether a gateway would start with a configuration file, without starting it.
 *
 * @module
 */
import { Command } from "commander";
import { existsSync } from "node:fs";
import process from "node:process";
import { loadProvider } from "../providers/mod.ts";
import { EXIT_USAGE, UsageError } from "./exit_status.ts";
import { addGatewayCommand } from "./gateway_command.ts";
import { blamingFile, gatewayOptions } from "./gateway_options.ts";
import { GatewayFileError } from "./gateway_file/read_gateway_file.ts";
import { jsonSchemaOfFile } from "./gateway_file/schema.ts";
import { checkPageOptions } from "./http/page/page_options.ts";
import { gatewayTicketKeys } from "./gateway_ticket_keys.ts";
import { accountOf, refuseUserWith } from "./unprivileged_user.ts";
import { policyOf } from "./users/policy_of.ts";
import { type GatewayCommandOptions, readGatewayProofs, statedGateway } from "./stated_gateway.ts";

export function addCheckCommand(program: Command): Command {
  return program.command("check")
    .description("Say what is wrong with the configuration file of a gateway, a line for each fault; status 0: it would do.")
    .argument("[file]", "the configuration file")
    .option("--json-schema", "print the JSON Schema of such files instead, for editors")
    .action((file: string | undefined, { jsonSchema }: { readonly jsonSchema?: boolean }) => check(file, jsonSchema === true));
}

async function check(file: string | undefined, isSchemaWanted: boolean): Promise<void> {
  const gateway = addGatewayCommand(new Command());
  if (isSchemaWanted) return console.log(JSON.stringify(jsonSchemaOfFile(gateway), undefined, 2));
  if (file === undefined) {
    throw new UsageError("check: no file, expected the configuration file of a gateway, or --json-schema");
  }
  try {
    const options = await blamingFile(file, gateway, async () => {
      const stated = await gatewayOptions(file, gateway);
      await makeAll(stated);
      return stated;
    });
    console.log(`${file}: a gateway would start with it, with ${options.users?.count ?? 0} users`);
  } catch (error) {
    if (!(error instanceof GatewayFileError)) throw error;
    for (const fault of error.faults) console.error(fault);
    process.exitCode = EXIT_USAGE;
  }
}

/** Reads what is named, secrets too, and makes nothing that stays. */
async function makeAll(options: GatewayCommandOptions): Promise<void> {
  refuseUserWith(options);
  if (options.user !== undefined) accountOf(options.user);
  checkPageOptions(options);
  const proofs = await readGatewayProofs(options);
  const { ticketKeys } = options;
  // A file of ticket keys that is not there is made when the gateway starts.
  const isThere = ticketKeys === undefined || existsSync(ticketKeys);
  const { ring } = gatewayTicketKeys(
    isThere ? options : { ...options, ticketKeys: undefined },
    await loadProvider(options.provider),
  );
  statedGateway(options, proofs, ring, await policyOf(options, () => {}, () => {}));
}
