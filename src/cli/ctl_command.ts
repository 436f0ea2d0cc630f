/**
 * `ike-resume ctl`: commands for a gateway that runs, over its control socket.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { EXIT_OK } from "./exit_status.ts";
import { askControl, type ControlLine } from "./control/control_client.ts";
import { detailLines, LIST_HEADING, listRow, statusLines } from "./control/control_tables.ts";
import type { IkeSaJson } from "./control/ike_sa_json.ts";
import { LOG_LEVELS } from "./log/log_levels.ts";
import { decimal } from "./option_values.ts";

/** Where the service that examples/systemd starts has it. */
const DEFAULT_SOCKET = "/run/ike-resume/control.sock";
const SOCKET_VARIABLE = "IKE_RESUME_CONTROL_SOCKET";

interface ConnectionOptions {
  readonly socket?: string;
  readonly json?: boolean;
}

interface ClientOptions extends ConnectionOptions {
  readonly spi?: string;
  readonly identity?: string;
  readonly address?: string;
  readonly all?: boolean;
}

/** How the lines of an answer are told to people. */
type Tell = (line: ControlLine) => void;

export function addCtlCommand(program: Command): Command {
  const ctl = program.command("ctl").description(
    "Look at a gateway that runs and change what it does, over the socket that it was given by --control-socket.",
  );
  command(ctl, "status", "how the gateway fares").action((options: ClientOptions) =>
    ask(options, { command: "status" }, ({ status }) => say(...statusLines(status as object)))
  );
  naming(command(ctl, "list", "the IKE SAs that are up, of all clients or of one")).action((options: ClientOptions) => {
    if (!options.json) say(LIST_HEADING);
    return ask(options, { command: "list", ...whichOf(options) }, tellList);
  });
  naming(command(ctl, "show", "all that may be told of the IKE SAs of one client")).action((options: ClientOptions) =>
    ask(options, { command: "show", ...whichOf(options) }, tellDetails)
  );
  withAll(naming(command(ctl, "terminate", "end IKE SAs: their clients are told, and their tickets taken back")))
    .action((options: ClientOptions) => ask(options, { command: "terminate", ...whichOf(options) }, counted("told to end")));
  withAll(naming(command(ctl, "rekey", "offer clients new IKE SAs in place of theirs")))
    .action((options: ClientOptions) => ask(options, { command: "rekey", ...whichOf(options) }, counted("offered a new one")));
  command(ctl, "revoke", "take tickets back: one, or all of a client. IKE SAs that are up stay up")
    .option("--ticket-id <name>", "the ticket, as events and show name it")
    .option("--identity <id>", "all tickets of this client")
    .action((options: ConnectionOptions & { ticketId?: string; identity?: string }) => {
      const { ticketId, identity } = options;
      const what = { ...(ticketId !== undefined && { ticket_id: ticketId }), ...(identity !== undefined && { identity }) };
      return ask(options, { command: "revoke", ...what }, () => say("revoked"));
    });
  const keys = ctl.command("keys").description("Ticket keys.");
  command(keys, "rotate", "have the next ticket key seal at once; tickets under those before it stay good")
    .action((options: ClientOptions) =>
      ask(options, { command: "keys-rotate" }, ({ current }) => say(`ticket key ${current} seals now`))
    );
  command(ctl, "drain", "send the clients that are up, and whoever comes, to another gateway; nobody comes up here any more")
    .option("--to <gateway>", "an IP address or a host name; not given: that of --drain-to")
    .option("--seconds <count>", "wait so long for them to go, and say how many are left (default: 0)", decimal(0, 86_400))
    .action((options: ConnectionOptions & { to?: string; seconds?: number }) =>
      ask(
        options,
        {
          command: "drain",
          ...(options.to !== undefined && { to: options.to }),
          ...(options.seconds !== undefined && { seconds: options.seconds }),
        },
        ({ to, left }) => say(`clients are sent to ${to}: ${ikeSas(left)} left`),
      )
    );
  command(ctl, "reload", "read the configuration file again, as at SIGHUP")
    .action((options: ClientOptions) => ask(options, { command: "reload" }, tellReload));
  command(ctl, "log-level", "write lines of the log from this level on, until the next start")
    .argument("<level>", LOG_LEVELS.join(", "))
    .action((level: string, options: ConnectionOptions) =>
      ask(options, { command: "log-level", level }, () => say(`lines are written from ${level} on`))
    );
  return ctl;
}

function command(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description)
    .option("--socket <path>", `the gateway's control socket (default: $${SOCKET_VARIABLE}, or ${DEFAULT_SOCKET})`)
    .option("--json", "the answer as the gateway gives it, one JSON object a line");
}

function naming(made: Command): Command {
  return made
    .option("--spi <digits>", "either SPI of the IKE SA")
    .option("--identity <id>", "the client that proved to be this")
    .option("--address <ip>", "who comes from this address, or has it as an inner address");
}

function withAll(made: Command): Command {
  return made.option("--all", "all clients");
}

function whichOf({ spi, identity, address, all }: ClientOptions): object {
  return {
    ...(spi !== undefined && { spi }),
    ...(identity !== undefined && { identity }),
    ...(address !== undefined && { address }),
    ...(all && { all }),
  };
}

async function ask({ socket, json }: ConnectionOptions, request: object, tell: Tell): Promise<void> {
  // As "ctl list | head": whoever has read enough is gone.
  process.stdout.on("error", () => process.exit(EXIT_OK));
  const path = socket ?? process.env[SOCKET_VARIABLE] ?? DEFAULT_SOCKET;
  for await (const line of askControl(path, request)) json ? say(JSON.stringify(line)) : tell(line);
}

function tellList({ ike_sa: sa, count }: ControlLine): void {
  say(sa === undefined ? ikeSas(count) : listRow(sa as IkeSaJson));
}

function tellDetails({ ike_sa: sa, count }: ControlLine): void {
  if (sa !== undefined) say(...detailLines(sa as object), "");
  else if (count === 0) say("no such IKE SA is up");
}

function counted(what: string): Tell {
  return ({ count }) => say(`${ikeSas(count)} ${count === 1 ? "was" : "were"} ${what}`);
}

function ikeSas(count: unknown): string {
  return `${count} IKE SA${count === 1 ? "" : "s"}`;
}

function tellReload({ users, need_restart: needRestart, ended }: ControlLine): void {
  const fields = needRestart as readonly string[];
  say(`read again: ${users} users`);
  if (typeof ended === "number" && ended > 0) say(`${ikeSas(ended)} ended, whose users may not stay`);
  if (fields.length > 0) say(`changed, and counts from the next start on: ${fields.join(", ")}`);
}

function say(...lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
