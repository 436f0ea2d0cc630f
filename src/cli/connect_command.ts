/**
 * `ike-resume connect`: one client, from its first message to its delete.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { connect } from "../client/client.ts";
import { ConnectionError } from "../client/connection_error.ts";
import type { Session } from "../client/session.ts";
import { parseIdentity } from "../configuration/mod.ts";
import type { Endpoint } from "../ike/datagram.ts";
import type { Effect } from "../ike/effect.ts";
import { initiatorConfiguration } from "../ike/initiator.ts";
import { loadProvider } from "../providers/mod.ts";
import { loadClientTicket, removeClientTicket, saveClientTicket } from "../store/client_ticket_file.ts";
import type { Identity } from "../ticket/identity.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { addCommonOptions, type CommonOptions, openKeyLog, statedConfiguration } from "./common_options.ts";
import { type EventObject, eventOf, formatEvent } from "./effect_event.ts";
import { EXIT_FAILED, EXIT_OK } from "./exit_status.ts";
import { addressAndPort, configured, decimal, ipAddress, port, readPresharedKey } from "./option_values.ts";

const LONGEST_HOLD_SECONDS = 86_400;

interface ConnectCommandOptions extends CommonOptions {
  readonly peer: Endpoint;
  readonly peerNatPort: number;
  readonly peerIdentity?: Identity;
  readonly local?: string;
  readonly localPort: number;
  readonly localNatPort: number;
  readonly ticket?: string;
  readonly hold?: number;
  readonly abandon?: boolean;
  readonly showKeys?: boolean;
}

export function addConnectCommand(program: Command): Command {
  const command = program.command("connect")
    .description("Bring up an IKE SA with a Child SA: by IKE_SESSION_RESUME if there is a ticket, else by a full exchange.")
    .requiredOption("--peer <address[:port]>", "the gateway; port 500 if none is given", addressAndPort(IKE_PORT))
    .option("--peer-nat-port <port>", "the gateway's port behind NAT", port, NAT_PORT)
    .option("--peer-identity <id>", "who the gateway must prove to be", configured(parseIdentity))
    .option("--local <ip>", "address of this machine to talk from; found out if not given", ipAddress)
    .option("--local-port <port>", "0 lets the system choose", port, 0)
    .option("--local-nat-port <port>", "0 lets the system choose", port, 0)
    .option("--ticket <file>", "present the ticket in this file, if there is one, and keep the next one there")
    .option("--hold <seconds>", "stay up that long; until Ctrl-C if not given", decimal(0, LONGEST_HOLD_SECONDS))
    .option("--abandon", "leave without a Delete, as a crash would: the ticket stays good")
    .option("--show-keys", "print the keys of the Child SA");
  return addCommonOptions(command).action((options: ConnectCommandOptions) => runConnect(options));
}

async function runConnect(options: ConnectCommandOptions): Promise<void> {
  const presharedKey = readPresharedKey(options.pskFile);
  const provider = await loadProvider(options.provider, (line) => console.error(line));
  const keyLog = openKeyLog(options);
  const write = (event: EventObject) => console.log(options.json ? JSON.stringify(event) : formatEvent(event));
  const onEffect = (effect: Effect) => {
    if (effect.type === "ike-sa-keys") keyLog?.write(effect);
    if (options.ticket !== undefined) keepTicket(options.ticket, effect);
    const event = eventOf(effect, options.showKeys ?? false);
    if (event !== undefined) write(event);
  };
  try {
    const session = await connect({
      configuration: initiatorConfiguration({
        ...statedConfiguration(options),
        identity: options.identity,
        ...(options.peerIdentity && { peerIdentity: options.peerIdentity }),
        presharedKey,
        exposeKeys: keyLog !== undefined,
      }),
      gateway: { ...options.peer, natPort: options.peerNatPort },
      ...(options.local && { address: options.local }),
      port: options.localPort,
      natPort: options.localNatPort,
      ticket: options.ticket === undefined ? undefined : loadClientTicket(options.ticket),
      provider,
      onEffect,
    });
    await hold(session, options.hold);
    await leave(session, options);
    process.exit(EXIT_OK);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    console.error(`ike-resume connect: ${error.message}`);
    process.exit(EXIT_FAILED);
  }
}

/** A ticket that was resumed with is spent; one that was refused, or met no answer, may still be good (RFC 5723, section 4.3.1). */
function keepTicket(path: string, effect: Effect): void {
  if (effect.type === "ticket-received") saveClientTicket(path, effect.ticket);
  else if (effect.type === "ike-sa-up") removeClientTicket(path);
}

/** Until the time is over, Ctrl-C, or the gateway's end of the IKE SA. */
async function hold(session: Session, seconds: number | undefined): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = seconds === undefined ? undefined : setTimeout(() => over.resolve(), seconds * 1000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => over.resolve());
  await Promise.race([over.promise, session.closed]);
  clearTimeout(timer);
}

async function leave(session: Session, { abandon, ticket }: ConnectCommandOptions): Promise<void> {
  if (abandon) {
    session.abandon();
    return;
  }
  await session.close();
  // Deleting an IKE SA takes its ticket with it (RFC 5723, section 6.2).
  if (ticket !== undefined) removeClientTicket(ticket);
}
