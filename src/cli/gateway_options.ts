/**
 * The options of `ike-resume gateway`: of its command line, and of the file that it names. What reads files is loaded only where there is one: a
 * gateway without starts as soon as it can.
 *
 * @module
 */
import type { Command } from "commander";
import { gatewayWorkerData } from "../gateway/workers/is_gateway_worker.ts";
import { UsageError } from "./exit_status.ts";
import { inFileTerms, keyOfOption } from "./gateway_file/file_terms.ts";
import { optionOf } from "./gateway_file/option_of.ts";
import type { ReadGatewayFile } from "./gateway_file/read_gateway_file.ts";
import { checkTogether, type GatewayCommandOptions } from "./stated_gateway.ts";
import { hasPolicy } from "./users/policy_options.ts";

/** What no gateway can do without. */
const REQUIRED = ["--address", "--identity"];

/**
 * @param path the configuration file that the command line named
 * @param command `ike-resume gateway`, whose command line was parsed
 * @throws {UsageError} the file will not do, or something is missing
 */
export async function gatewayOptions(path: string | undefined, command: Command): Promise<GatewayCommandOptions> {
  if (path === undefined) return await withoutFile(requireAll(command, undefined));
  const { readGatewayFile } = await import("./gateway_file/read_gateway_file.ts");
  const { applyGatewayFile } = await import("./gateway_file/apply_file.ts");
  const { GatewayUsers } = await import("./gateway_users.ts");
  // A worker that takes the place of one that died serves by what the others do, whatever the file has become.
  const { file = readGatewayFile(path, command) } = (gatewayWorkerData() ?? {}) as WorkerData;
  applyGatewayFile(file, command);
  const options = requireAll(command, path);
  const { pskFile, ca, eapOnly } = options;
  if (file.users.length === 0 && pskFile === undefined && ca === undefined && eapOnly === undefined) {
    throw new UsageError(`${path}: neither users nor identity.psk_file nor clients.authorities: expected one of them at least`);
  }
  const { groundOf } = await import("./users/rules_ground.ts");
  const users = new GatewayUsers(file, groundOf(options));
  users.areAll = options.onlyUsers === true;
  return { ...options, file, users };
}

/** What the main thread gives its workers. */
export interface WorkerData {
  readonly file?: ReadGatewayFile;
}

/** Without a file there are no users, but somebody may keep some elsewhere. */
async function withoutFile(options: GatewayCommandOptions): Promise<GatewayCommandOptions> {
  if (options.onlyUsers) throw new UsageError("--only-users: there is no configuration file that names users");
  if (!hasPolicy(options)) return options;
  const { GatewayUsers } = await import("./gateway_users.ts");
  const { groundOf } = await import("./users/rules_ground.ts");
  return { ...options, users: new GatewayUsers(NOBODY, groundOf(options)) };
}

const NOBODY = { users: [], groups: [] };

/**
 * Does what options ask for; where they will not do, tells it in the terms of the file that they are from.
 *
 * @throws {UsageError} of `make`
 */
export async function blamingFile<T>(file: string | undefined, command: Command, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    // One that has faults of its own has told them in the file's terms.
    if (file === undefined || !(error instanceof UsageError) || "faults" in error) throw error;
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
  const options = command.opts<GatewayCommandOptions>();
  checkTogether(options);
  return options;
}
