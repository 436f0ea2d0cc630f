/**
 * `ike-resume connect`: one client, from its first message to its delete.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { connect } from "../client/client.ts";
import { ConnectionError } from "../client/connection_error.ts";
import type { ReconnectionEvent } from "../client/reconnect_policy.ts";
import type { Session } from "../client/session.ts";
import { parseIdentity } from "../configuration/mod.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "../ike/authentication/signed_content.ts";
import { initiatorConfiguration } from "../ike/initiator.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import { loadProvider } from "../providers/mod.ts";
import { ClientTicketFile } from "../store/client_ticket_file.ts";
import { Passphrase } from "../store/passphrase.ts";
import type { Identity } from "../ticket/identity.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { ownIdentity, readProofs } from "./certificate_options.ts";
import { addCommonOptions, type CommonOptions, openKeyLog, statedConfiguration } from "./common_options.ts";
import { type EventObject, eventOf, formatEvent } from "./effect_event.ts";
import { addClientEapOptions, type ClientEapOptions, statedClientEap } from "./eap_options.ts";
import type { CarriedReports } from "../esp/carried_reports.ts";
import { addEspOptions, type EspOptions, leaveEspOf, letIkePass, openChildSas, reportCarried } from "./esp_options.ts";
import { EXIT_ENDED, EXIT_FAILED, EXIT_OK, UsageError } from "./exit_status.ts";
import { addChildSaOptions, type ChildSaOptions, statedChildSaOptions } from "./child_sa_options.ts";
import { addClientAddressOption, type ClientAddressOptions, statedInnerAddress } from "./inner_address_options.ts";
import {
  configured,
  decimal,
  hostAndIdentity,
  ipAddress,
  port,
  repeated,
  resumptionAuthentication,
  wholeNumber,
} from "./option_values.ts";
import { Output } from "./output.ts";
import { addClientPathOptions, type ClientPathOptions, statedClientPath } from "./path_options.ts";
import { atAddresses, HostNameError, isHostName } from "./host_addresses.ts";
import { followRevocations } from "./revocation_options.ts";
import { profileOption } from "./ticket_options.ts";
import { readPassphrase } from "./secret_files.ts";

const LONGEST_HOLD_SECONDS = 86_400;
/** 30 days. */
const LONGEST_SECONDS = 2_592_000;
const seconds = wholeNumber(0, LONGEST_SECONDS);

type Peer = Endpoint & { readonly identity?: Identity };

interface ConnectCommandOptions
  extends CommonOptions, ClientEapOptions, ChildSaOptions, ClientAddressOptions, ClientPathOptions, EspOptions {
  readonly peer: readonly Peer[];
  readonly peerNatPort: number;
  readonly peerIdentity?: Identity;
  readonly local?: string;
  readonly localPort: number;
  readonly localNatPort: number;
  readonly ticket?: string;
  readonly ticketPassphraseFile?: string;
  readonly profile: ResumptionProfile;
  readonly resumeAttempts?: number;
  readonly authAttempts?: number;
  readonly resumptionAuthentication: ResumptionAuthentication;
  readonly hold?: number;
  readonly abandon?: boolean;
  readonly reconnect?: boolean;
  readonly liveness?: number;
  readonly natKeepalive?: number;
  readonly ikeLifetime?: number;
  readonly initialContact: boolean;
  readonly showKeys?: boolean;
}

export function addConnectCommand(program: Command): Command {
  const command = program.command("connect")
    .description("Bring up an IKE SA with a Child SA: by IKE_SESSION_RESUME if there is a ticket, else by a full exchange.")
    .requiredOption(
      "--peer <host[:port][=id]>",
      "the gateway, by address or host name; port 500 if none is given, and who it must prove to be, if not --peer-identity (may be repeated: gateways that take each other's tickets, of which the next is tried when one does not answer)",
      repeated(hostAndIdentity(IKE_PORT)),
    )
    .option("--peer-nat-port <port>", "the gateways' port behind NAT", port, NAT_PORT)
    .option("--peer-identity <id>", "who the gateways must prove to be", configured(parseIdentity))
    .option("--local <ip>", "address of this machine to talk from; found out if not given", ipAddress)
    .option("--local-port <port>", "0 lets the system choose", port, 0)
    .option("--local-nat-port <port>", "0 lets the system choose", port, 0)
    .option("--ticket <file>", "present the ticket in this file, if there is one, and keep the next one there")
    .option("--ticket-passphrase-file <file>", "seal that file under the passphrase in this one: one line, without its end")
    .addOption(profileOption())
    .option("--resume-attempts <count>", "how often a ticket is presented before a full exchange", wholeNumber(1, 100))
    .option("--auth-attempts <count>", "how often IKE_AUTH is sent before the gateway is given up", wholeNumber(1, 100))
    .option(
      "--resumption-authentication <form>",
      `what AUTH covers after resumption: ${
        RESUMPTION_AUTHENTICATIONS.join(" or ")
      }, which is for peers that deviate so (Libreswan 5)`,
      resumptionAuthentication,
      "rfc5723" as const,
    )
    .option(
      "--hold <seconds>",
      "stay up that long; until Ctrl-C if not given. Exit status 3 when the connection ends before that",
      decimal(0, LONGEST_HOLD_SECONDS),
    )
    .option(
      "--reconnect",
      "come back when the gateway has fallen silent, and prove this end anew when it asks for that; not for the first connection, nor after a Delete",
    )
    .option(
      "--liveness <seconds>",
      "silence after which the gateway is asked for a sign of life; 0: never (default: 30)",
      seconds,
    )
    .option(
      "--nat-keepalive <seconds>",
      "silence after which a NAT before this end is kept open; 0: never (default: 20)",
      seconds,
    )
    .option("--ike-lifetime <seconds>", "rekey the IKE SA within that time, over and over", wholeNumber(10, LONGEST_SECONDS))
    .option("--no-initial-contact", "do not tell the gateway to forget earlier IKE SAs of this identity")
    .option("--abandon", "leave without a Delete, as a crash would: the ticket stays good")
    .option("--show-keys", "print the keys of the Child SA");
  addClientAddressOption(command);
  addChildSaOptions(command)
    .option("--no-remake-child-sa", "make no other Child SA where the gateway deletes one");
  addClientPathOptions(command);
  addClientEapOptions(command);
  addEspOptions(command);
  return addCommonOptions(command).action((options: ConnectCommandOptions) => runConnect(options));
}

async function runConnect(options: ConnectCommandOptions): Promise<void> {
  const proofs = await readProofs(options);
  const eap = await statedClientEap(options, proofs.certificates);
  const hosts = options.peer.map(({ identity = options.peerIdentity, ...peer }) => ({
    ...peer,
    ...(identity && { identity }),
    natPort: options.peerNatPort,
  }));
  const isNamed = hosts.map(({ identity }) => identity !== undefined);
  if (isNamed.includes(true) && isNamed.includes(false)) {
    throw new UsageError("--peer: identities of some gateways and not of others, expected one of each, or --peer-identity");
  }
  if (proofs.certificates && !isNamed[0]) {
    throw new UsageError(
      "--ca without --peer-identity, or an identity of each --peer: every other client of the authority could pass for the gateway",
    );
  }
  const tickets = ticketsOf(options);
  const format = options.json ? JSON.stringify : formatEvent;
  const leftOutLine = (count: number) => format({ event: "events-left-out", count, reason: "nobody-reads" });
  const output = new Output("ike-resume connect", leftOutLine);
  const complain = (line: string) => output.complain(`ike-resume connect: ${line}`);
  const innerAddress = statedInnerAddress(options);
  const path = statedClientPath(options);
  const provider = await loadProvider(options.provider, (line) => console.error(line));
  const keyLog = openKeyLog(options, complain);
  const write = (event: EventObject) => output.say(format(event));
  const installed = await openChildSas(options, complain);
  followRevocations(options, proofs.certificates, write, complain);
  let carried: CarriedReports | undefined;
  const end = async (status: number) => {
    carried?.close();
    await installed?.close();
    await Promise.all([keyLog?.close(), output.close()]);
    process.exit(status);
  };
  let natPort: number | undefined;
  const onEffect = (effect: Effect) => {
    if (effect.type === "ike-sa-up" || effect.type === "addresses-updated") letIkePass([effect.local.port], options, complain);
    installed?.take(effect);
    if (effect.type === "ike-sa-up" || effect.type === "addresses-updated") natPort = effect.local.port;
    const isInUdp = effect.type === "child-sa-up" && effect.childSa.udpEncapsulation ||
      effect.type === "addresses-updated" && effect.udpEncapsulation;
    if (isInUdp && natPort !== undefined) leaveEspOf([natPort], options, complain);
    if (effect.type === "ike-sa-keys") keyLog?.write(effect);
    const event = eventOf(effect, options.showKeys ?? false);
    if (event !== undefined) write(event);
  };
  try {
    const [gateway, ...otherGateways] = await atAddresses(hosts);
    const session = await connect({
      configuration: initiatorConfiguration({
        ...statedConfiguration(options),
        identity: ownIdentity(options.identity, proofs.certificates),
        ...(gateway.identity && { peerIdentity: gateway.identity }),
        presharedKey: proofs.presharedKey,
        certificates: proofs.certificates,
        ...eap,
        ...innerAddress,
        ...path.configuration,
        profile: options.profile,
        resumeAttempts: options.resumeAttempts,
        authAttempts: options.authAttempts,
        resumptionAuthentication: options.resumptionAuthentication,
        exposeKeys: keyLog !== undefined,
        initialContact: options.initialContact,
        ...(options.liveness !== undefined && { livenessSeconds: options.liveness }),
        ...(options.natKeepalive !== undefined && { natKeepaliveSeconds: options.natKeepalive }),
        ikeSaLifetimeSeconds: options.ikeLifetime,
        childSas: statedChildSaOptions(options),
      }),
      gateway,
      otherGateways,
      ...(hosts.some(({ address }) => isHostName(address)) && { lookUpGateways: () => atAddresses(hosts) }),
      ...(options.local && { address: options.local }),
      port: options.localPort,
      natPort: options.localNatPort,
      tickets,
      onTicketStoreError: (error) => complain(error instanceof Error ? error.message : String(error)),
      provider,
      onEffect,
      reconnect: options.reconnect ?? false,
      watchAddressSeconds: path.watchAddressSeconds,
      onReconnection: (event) => write(eventOfReconnection(event)),
    });
    carried = reportCarried(installed, options, { onCarried: (_, report) => session.childSaUsed(report) }, complain);
    const ended = await hold(session, options.hold);
    if (ended !== undefined) {
      complain(`the connection has ended: ${ended.replaceAll("-", " ")}`);
      return await end(EXIT_ENDED);
    }
    await leave(session, options);
    await end(EXIT_OK);
  } catch (error) {
    if (!(error instanceof ConnectionError || error instanceof HostNameError)) throw error;
    complain(error.message);
    await end(EXIT_FAILED);
  }
}

/** Until the time is over, Ctrl-C, or the end of the session: why, if that came first. */
async function hold(session: Session, seconds: number | undefined): Promise<DownReason | undefined> {
  const over = Promise.withResolvers<void>();
  const timer = seconds === undefined ? undefined : setTimeout(() => over.resolve(), seconds * 1000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => over.resolve());
  const ended = await Promise.race([over.promise, session.closed]);
  clearTimeout(timer);
  return ended ?? undefined;
}

function eventOfReconnection(event: ReconnectionEvent): EventObject {
  switch (event.type) {
    case "connection-lost":
      return { event: event.type, reason: event.reason };
    case "reconnecting":
      return {
        event: event.type,
        attempt: event.attempt,
        delay_ms: event.delayMs,
        cause: event.cause instanceof Error ? event.cause.message : null,
      };
    case "connection-back":
      return { event: event.type, attempt: event.attempt, resumed: event.resumed };
    case "reauthenticated":
      return { event: event.type };
    case "redirected":
      return { event: event.type, to: event.to, resumed: event.resumed };
  }
}

async function leave(session: Session, { abandon }: ConnectCommandOptions): Promise<void> {
  if (!abandon) return await session.close();
  session.abandon();
  await session.closed;
}

/** Checks what was said of tickets before anything is sent. */
function ticketsOf({ ticket, ticketPassphraseFile }: ConnectCommandOptions): ClientTicketFile | undefined {
  if (ticketPassphraseFile === undefined) return ticket === undefined ? undefined : new ClientTicketFile(ticket);
  if (ticket === undefined) throw new UsageError("--ticket-passphrase-file: there is no --ticket to seal under it");
  return new ClientTicketFile(ticket, { passphrase: new Passphrase(readPassphrase(ticketPassphraseFile)) });
}
