/**
 * The options of `ike-resume gateway`: of its command line, and of the file that it names. What reads files is loaded only where there is one: a
 * gateway without starts as soon as it can.
 *
 * @module
 */
import type { Command } from "commander";
import { UsageError } from "./exit_status.ts";
import { inFileTerms, keyOfOption } from "./gateway_file/file_terms.ts";
import { optionOf } from "./gateway_file/option_of.ts";
import type { GatewayCommandOptions } from "./stated_gateway.ts";

/** What no gateway can do without. */
const REQUIRED = ["--address", "--identity"];

/**
 * @param path the configuration file that the command line named
 * @param command `ike-resume gateway`, whose command line was parsed
 * @throws {UsageError} the file will not do, or something is missing
 */
export async function gatewayOptions(path: string | undefined, command: Command): Promise<GatewayCommandOptions> {
  if (path === undefined) return requireAll(command, undefined);
  const { readGatewayFile } = await import("./gateway_file/read_gateway_file.ts");
  const { applyGatewayFile } = await import("./gateway_file/apply_file.ts");
  const { GatewayUsers } = await import("./gateway_users.ts");
  const file = readGatewayFile(path, command);
  applyGatewayFile(file, command);
  const options = requireAll(command, path);
  const { pskFile, ca, eapOnly } = options;
  if (file.users.length === 0 && pskFile === undefined && ca === undefined && eapOnly === undefined) {
    throw new UsageError(`${path}: neither users nor identity.psk_file nor clients.authorities: expected one of them at least`);
  }
  return { ...options, file, users: new GatewayUsers(file.users) };
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

function requireAll(command: Command, path: string | undefined): GatewayCommandOptions {
  for (const flag of REQUIRED) {
    const option = optionOf(command, flag);
    if (command.getOptionValue(option.attributeName()) !== undefined) continue;
    const orField = path === undefined ? "" : `, and ${path} has no ${keyOfOption(flag)}`;
    throw new UsageError(`required option '${option.flags}' not specified${orField}: ${option.description}`);
  }
  return command.opts<GatewayCommandOptions>();
}
