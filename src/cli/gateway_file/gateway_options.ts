/**
 * The options of `ike-resume gateway`: of its command line, and of the file that it names.
 *
 * @module
 */
import type { Command } from "commander";
import { UsageError } from "../exit_status.ts";
import { GatewayUsers } from "../gateway_users.ts";
import type { GatewayCommandOptions } from "../stated_gateway.ts";
import { applyGatewayFile } from "./apply_file.ts";
import { readGatewayFile } from "./read_gateway_file.ts";
import { inFileTerms, keyOfOption } from "./file_terms.ts";
import { optionOf } from "./schema.ts";

/** What no gateway can do without. */
const REQUIRED = ["--address", "--identity"];

/**
 * @param file the configuration file that the command line named
 * @param command `ike-resume gateway`, whose command line was parsed
 * @throws {UsageError} the file will not do, or something is missing
 */
export function gatewayOptions(file: string | undefined, command: Command): GatewayCommandOptions {
  const read = file === undefined ? undefined : readGatewayFile(file, command);
  if (read) applyGatewayFile(read, command);
  for (const flag of REQUIRED) {
    const option = optionOf(command, flag);
    if (command.getOptionValue(option.attributeName()) !== undefined) continue;
    const orField = file === undefined ? "" : `, and ${file} has no ${keyOfOption(flag)}`;
    throw new UsageError(`required option '${option.flags}' not specified${orField}: ${option.description}`);
  }
  const options = command.opts<GatewayCommandOptions>();
  if (read === undefined) return options;
  if (read.users.length === 0 && options.pskFile === undefined && options.ca === undefined) {
    throw new UsageError(`${file}: neither users nor identity.psk_file nor clients.authorities: expected one of them at least`);
  }
  return { ...options, file: read, users: new GatewayUsers(read.users) };
}

/**
 * Does what options ask for; where they will not do, tells it in the terms of the file that they are from.
 *
 * @throws {UsageError} of `make`
 */
export async function blamingFile<T>(file: string | undefined, command: Command, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (file === undefined || !(error instanceof UsageError)) throw error;
    const words = inFileTerms(error.message, command);
    throw words === error.message ? error : new UsageError(`${file}: ${words}`);
  }
}
