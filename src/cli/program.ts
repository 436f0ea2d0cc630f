/**
 * The program: its commands, and how it ends.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { ConfigurationError } from "../configuration/mod.ts";
import { GatewayWorkerError } from "../gateway/workers/gateway_worker_error.ts";
import { GatewayProcessError } from "../load/gateway_process_error.ts";
import { DrawingError } from "../load/report/drawing_error.ts";
import { NoTicketError } from "../load/hostile/no_ticket_error.ts";
import { LoadWorkerError } from "../load/workers/load_worker_error.ts";
import { ProviderError } from "../providers/mod.ts";
import { ClientTicketFileError } from "../store/client_ticket_file_error.ts";
import { TicketKeyFileError } from "../store/ticket_key_file.ts";
import { TicketKeyChangeError } from "../ticket/ticket_key_changes.ts";
import { TransportError } from "../transport/transport_error.ts";
import { ControlError } from "./control/control_client.ts";
import { HostNameError } from "./host_addresses.ts";
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, UsageError } from "./exit_status.ts";
import { VERSION } from "./version.ts";

const NAME = "ike-resume";

/** Errors for reasons outside of the program, which are told in one line. */
const EXPLAINED = [
  ConfigurationError,
  ProviderError,
  TransportError,
  ClientTicketFileError,
  TicketKeyFileError,
  TicketKeyChangeError,
  GatewayProcessError,
  HostNameError,
  LoadWorkerError,
  NoTicketError,
  DrawingError,
  GatewayWorkerError,
  ControlError,
];

/**
 * Runs the program.
 *
 * @param words what stands behind the program's name on the command line.
 * @returns the exit status, where no command has ended the process itself.
 */
export async function run(words: readonly string[]): Promise<number> {
  try {
    await (await buildProgram(words)).parseAsync(words, { from: "user" });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK;
    if (error instanceof UsageError || error instanceof CommanderError) return refuse(error.message, EXIT_USAGE);
    if (EXPLAINED.some((kind) => error instanceof kind)) return refuse((error as Error).message, EXIT_FAILED);
    throw error;
  }
}

type AddCommand = (program: Command) => Command;

/** In the order of the help. Each is loaded only when it is asked for: a gateway starts without the client's code. */
const COMMANDS: { readonly [name: string]: () => Promise<AddCommand> } = {
  storm: async () => (await import("./storm_command.ts")).addStormCommand,
  load: async () => (await import("./load_command.ts")).addLoadCommand,
  report: async () => (await import("./report_command.ts")).addReportCommand,
  gateway: async () => (await import("./gateway_command.ts")).addGatewayCommand,
  init: async () => (await import("./init_command.ts")).addInitCommand,
  check: async () => (await import("./check_command.ts")).addCheckCommand,
  ctl: async () => (await import("./ctl_command.ts")).addCtlCommand,
  connect: async () => (await import("./connect_command.ts")).addConnectCommand,
  decode: async () => (await import("./decode_command.ts")).addDecodeCommand,
  ticket: async () => (await import("./ticket_keys_command.ts")).addTicketKeysCommand,
};

/** The commands that are needed for what was said: the one that was named, or all, for the help, and to tell what there is. */
async function commandsFor([name]: readonly string[]): Promise<AddCommand[]> {
  const loaders = Object.hasOwn(COMMANDS, name ?? "") ? [COMMANDS[name]] : Object.values(COMMANDS);
  return await Promise.all(loaders.map((load) => load()));
}

async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command(NAME)
    .description("IKEv2 session resumption (RFC 5723): gateway, client, and a mass reconnect to measure them with.")
    .version(VERSION)
    .showSuggestionAfterError(false)
    // Errors are printed once, in one line, by `run`.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 tried and failed, 2 bad options, 3 a connection that was up ended early, 130 ended by Ctrl-C.",
    );
  for (const add of await commandsFor(words)) add(program);
  sayWhatIsAllowed(program);
  // Without a command the help is shown, and nothing was done.
  return program.action(() => program.help({ error: true }));
}

/** Has commander throw its refusals; where one names only what is wrong, what would be right is added. */
function sayWhatIsAllowed(command: Command): void {
  for (const subcommand of command.commands) sayWhatIsAllowed(subcommand);
  command.exitOverride((error) => {
    const allowed = allowedFor(error, command);
    if (allowed === undefined) throw error;
    throw new UsageError(`${error.message.replace(/\.$/, "")}: ${allowed}`);
  });
}

function allowedFor({ code, message }: CommanderError, command: Command): string | undefined {
  switch (code) {
    case "commander.unknownOption":
      return `allowed are ${command.options.map(({ long }) => long).join(", ")}`;
    case "commander.unknownCommand":
    case "commander.excessArguments":
      return command.commands.length > 0
        ? `allowed are the commands ${command.commands.map((each) => each.name()).join(", ")}`
        : "allowed are options only";
    case "commander.optionMissingArgument":
    case "commander.missingMandatoryOptionValue":
      return command.options.find(({ flags }) => message.includes(flags))?.description;
    default:
      return undefined;
  }
}

function refuse(message: string, status: number): number {
  if (message !== "(outputHelp)") console.error(`${NAME}: ${message.replace(/^error: /, "").replaceAll("\n", " ")}`);
  return status;
}
