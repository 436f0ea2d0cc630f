/**
 * `ike-resume gateway`: a gateway until it is told to stop.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { ConfigurationError, parseIdentity } from "../configuration/mod.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import { responderConfiguration } from "../ike/responder.ts";
import type { Effect } from "../ike/states/effect.ts";
import { HookError, HookFaults } from "../ike/steps/hook_faults.ts";
import { childSaFingerprint, ikeSaName } from "../load/child_sa_fingerprint.ts";
import { commandOf, type ControlAnswers, type ControlCommand, readJsonLines } from "../load/control_protocol.ts";
import { loadProvider } from "../providers/mod.ts";
import type { Identity } from "../ticket/identity.ts";
import { kindOfTicketId } from "../ticket/issued_ticket.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { chooseTransport, type TransportName } from "../transport/open_transport.ts";
import { systemClock } from "../transport/system_clock.ts";
import { addCommonOptions, type CommonOptions, openKeyLog, statedConfiguration } from "./common_options.ts";
import { type EventObject, eventOf, formatEvent } from "./effect_event.ts";
import { EventLimit } from "./event_limit.ts";
import { EXIT_OK } from "./exit_status.ts";
import { addTicketKeyOptions, gatewayTicketKeys, type TicketKeyOptions } from "./gateway_ticket_keys.ts";
import { addGatewayAddressOptions, type GatewayAddressOptions, statedInnerAddresses } from "./inner_address_options.ts";
import { addLifeOptions, type LifeOptions, statedLifeOptions } from "./life_options.ts";
import { ipAddress, port, repeated, transportName } from "./option_values.ts";
import { Output } from "./output.ts";
import { addPeerOptions, type PeerOptions, statedPeerOptions } from "./peer_options.ts";
import { readPresharedKey } from "./secret_files.ts";
import { addStoreOptions, openStoreOf, storeChangeLine, type StoreOptions } from "./store_option.ts";
import { addTicketOptions, statedTicketOptions, type TicketOptions } from "./ticket_options.ts";

interface GatewayCommandOptions
  extends TicketKeyOptions, TicketOptions, CommonOptions, StoreOptions, GatewayAddressOptions, PeerOptions, LifeOptions {
  readonly address: readonly string[];
  readonly port: number;
  readonly natPort: number;
  readonly control?: boolean;
  readonly lane: boolean;
  readonly transport: TransportName;
}

export function addGatewayCommand(program: Command): Command {
  const command = program.command("gateway")
    .description("Answer clients that know the shared key, issue tickets to them, and take them back by IKE_SESSION_RESUME.")
    .requiredOption(
      "--address <ip>",
      "address of this machine to listen on (may be repeated); the wildcard, such as 0.0.0.0, needs the transport batched",
      repeated(ipAddress),
    )
    .option("--port <port>", "IKE port; 0 lets the system choose", port, IKE_PORT)
    .option("--nat-port <port>", "port for clients behind NAT", port, NAT_PORT)
    .option(
      "--no-lane",
      "serve every message alone: plain resumptions of a wave are served together otherwise, with the provider wasm",
    )
    .option(
      "--transport <name>",
      "how sockets are read and written: batched (many datagrams a system call, by foreign functions on Linux), dgram, or auto",
      transportName,
      "auto" as const,
    )
    .option("--control", "take commands as JSON lines on standard input, and end when it ends (for load tests)");
  addTicketKeyOptions(command);
  addGatewayAddressOptions(command);
  addPeerOptions(command);
  addLifeOptions(command);
  addTicketOptions(command);
  return addCommonOptions(addStoreOptions(command)).action((options: GatewayCommandOptions) => runGateway(options));
}

async function runGateway(options: GatewayCommandOptions): Promise<void> {
  const presharedKey = readPresharedKey(options.pskFile);
  const format = options.json || options.control ? JSON.stringify : formatEvent;
  // Under control, every line of standard output is an answer.
  const leftOutLine = (count: number) => format({ event: "events-left-out", count, reason: "nobody-reads" });
  const output = new Output("ike-resume gateway", options.control ? undefined : leftOutLine);
  const complain = (line: string) => output.complain(`ike-resume gateway: ${line}`);
  const write = (event: EventObject) => output.say(format(event));
  const report = options.control ? undefined : (line: string) => console.error(line);
  const provider = await loadProvider(options.provider, report);
  const keyLog = openKeyLog(options, complain);
  const ticketKeys = gatewayTicketKeys(options, provider);
  const childSas = new Map<string, ChildSa>();
  const store = await openStoreOf(options);
  const limit = new EventLimit(write, () => systemClock().monotonicMs);
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      ...statedConfiguration(options),
      ...statedInnerAddresses(options),
      ...statedPeerOptions(options),
      ...statedLifeOptions(options),
      ...statedTicketOptions(options),
      identity: options.identity,
      presharedKeyOf: () => presharedKey,
      ticketKeys: ticketKeys.ring,
      exposeKeys: keyLog !== undefined,
    }),
    addresses: options.address,
    port: options.port,
    natPort: options.natPort,
    openTransport: chooseTransport(options.transport, report),
    provider,
    lane: options.lane,
    store,
    storeFailure: options.storeFailure,
    revocation: options.revocation,
    onStoreChange: (change) => output.complain(storeChangeLine(change, options.storeFailure)),
    onEffect: (effect) => {
      if (effect.type === "ike-sa-keys") keyLog?.write(effect);
      if (options.control) remember(childSas, effect);
      else writeEvent(effect, limit);
    },
    onFault: faultLines(complain),
  });
  // Before anything is said: whoever reads it may stop the gateway at once.
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
  for (const [index, { address, port }] of gateway.local.entries()) {
    const natPort = gateway.encapsulatedLocal[index].port;
    write({ event: "listening", address, port, natPort, provider: provider.name, transport: gateway.transports[index] });
  }
  // Under control, lines on standard output are answers.
  const watch = ticketKeys.follow(
    (event) => options.control || write(event),
    complain,
  );
  if (options.control) {
    const outputCounters = () => ({
      output_lines_left_out_total: output.leftOut,
      key_log_lines_lost_total: keyLog?.lostLines ?? 0,
    });
    serveControl(gateway, childSas, outputCounters, (line) => output.answer(line), () => stopped.resolve());
  }
  await stopped.promise;
  watch?.close();
  await gateway.close();
  await Promise.all([store.close(), keyLog?.close(), output.close()]);
  process.exit(EXIT_OK);
}

function writeEvent(effect: Effect, limit: EventLimit): void {
  const event = eventOf(effect, false);
  if (event !== undefined) limit.take(effect, event);
}

/** A load test asks for fingerprints only after its last measurement: until then a Child SA is just kept. */
function remember(childSas: Map<string, ChildSa>, effect: Effect): void {
  if (effect.type === "child-sa-up") childSas.set(ikeSaName(effect.spis), effect.childSa);
  else if (effect.type === "ike-sa-down") childSas.delete(ikeSaName(effect.spis));
}

/** A hook's fault by its own words; a programmer's error with where it was, every ten seconds at most: a datagram may be enough to cause it. */
function faultLines(complain: (line: string) => void): (fault: unknown) => void {
  const waves = new HookFaults(({ cause, times }) => {
    const where = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    complain(`${times === 1 ? "a datagram or a wave was" : `${times} datagrams or waves were`} lost: ${where}`);
  }, () => performance.now());
  return (fault) => fault instanceof HookError ? complain(fault.message) : waves.take("wave", fault);
}

function serveControl(
  gateway: Gateway,
  childSas: ReadonlyMap<string, ChildSa>,
  outputCounters: () => { readonly [name: string]: number },
  tell: (answer: string) => Promise<void>,
  stop: () => void,
): void {
  const answers: {
    readonly [Command in ControlCommand]: (line: object) => ControlAnswers[Command] | Promise<ControlAnswers[Command]>;
  } = {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return { cpu_us: user + system };
    },
    memory: () => ({ rss_bytes: process.memoryUsage().rss }),
    fingerprints: () => ({
      fingerprints: Object.fromEntries(
        Array.from(childSas, ([name, childSa]) => [name, childSaFingerprint(childSa, "responder")]),
      ),
    }),
    counters: () => ({ counters: { ...gateway.counters, ...outputCounters() } }),
    revoke: async (line) => {
      const what = revokedBy(line);
      if (what === undefined) return { error: "revoke: expected ticket_id, the name of a ticket, or identity" };
      const before = gateway.counters.tickets_not_revoked_total;
      await gateway.revoke(what);
      return { revoked: gateway.counters.tickets_not_revoked_total === before };
    },
  };
  const answer = async (line: unknown) => {
    const command = commandOf(line);
    const allowed = Object.keys(answers).join(", ");
    await tell(JSON.stringify(
      command === undefined ? { error: `unknown command, allowed are ${allowed}` } : await answers[command](line as object),
    ));
  };
  // Answers stand in the order of their commands.
  let last = Promise.resolve();
  readJsonLines(process.stdin, (line) => {
    last = last.then(() => answer(line));
  }, stop);
}

/** What the command `revoke` names; `undefined`: nothing that can be revoked. */
function revokedBy(line: object): { readonly ticketId: string } | { readonly identity: Identity } | undefined {
  if ("ticket_id" in line && typeof line.ticket_id === "string") {
    return kindOfTicketId(line.ticket_id) === undefined ? undefined : { ticketId: line.ticket_id };
  }
  if (!("identity" in line) || typeof line.identity !== "string") return undefined;
  try {
    return { identity: parseIdentity(line.identity) };
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
