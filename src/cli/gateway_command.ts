/**
 * `ike-resume gateway`: a gateway until it is told to stop.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { Gateway } from "../gateway/gateway.ts";
import type { Effect } from "../ike/effect.ts";
import { responderConfiguration } from "../ike/responder.ts";
import { childSaFingerprint, ikeSaName } from "../load/child_sa_fingerprint.ts";
import { commandOf, type ControlAnswers, type ControlCommand, readJsonLines } from "../load/control_protocol.ts";
import type { ChildSa } from "../ike/child_sa.ts";
import { loadProvider } from "../providers/mod.ts";
import { loadOrCreateTicketKeyRing, TicketKeyFileError } from "../store/ticket_key_file.ts";
import { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { systemClock } from "../transport/system_clock.ts";
import { systemRandom } from "../crypto/system_random.ts";
import { addCommonOptions, type CommonOptions, openKeyLog, statedConfiguration } from "./common_options.ts";
import { type EventObject, eventOf, formatEvent } from "./effect_event.ts";
import { EventLimit } from "./event_limit.ts";
import { EXIT_OK, UsageError } from "./exit_status.ts";
import { listenAddress, port, readPresharedKey, repeated, wholeNumber } from "./option_values.ts";

interface GatewayCommandOptions extends CommonOptions {
  readonly address: readonly string[];
  readonly port: number;
  readonly natPort: number;
  readonly ticketKeys?: string;
  readonly ticketLifetime: number;
  readonly control?: boolean;
}

export function addGatewayCommand(program: Command): Command {
  const command = program.command("gateway")
    .description("Answer clients that know the shared key, issue tickets to them, and take them back by IKE_SESSION_RESUME.")
    .requiredOption(
      "--address <ip>",
      "address of this machine to listen on, not the wildcard (may be repeated)",
      repeated(listenAddress),
    )
    .option("--port <port>", "IKE port; 0 lets the system choose", port, IKE_PORT)
    .option("--nat-port <port>", "port for clients behind NAT", port, NAT_PORT)
    .option("--ticket-keys <file>", "keep ticket keys in this file, so that tickets outlive a restart; made if it is not there")
    .option("--ticket-lifetime <seconds>", "how long a ticket is good for", wholeNumber(1, 30 * 86_400), 3_600)
    .option("--control", "take commands as JSON lines on standard input, and end when it ends (for load tests)");
  return addCommonOptions(command).action((options: GatewayCommandOptions) => runGateway(options));
}

async function runGateway(options: GatewayCommandOptions): Promise<void> {
  const presharedKey = readPresharedKey(options.pskFile);
  const write = (event: EventObject) => {
    console.log(options.json || options.control ? JSON.stringify(event) : formatEvent(event));
  };
  const provider = await loadProvider(options.provider, options.control ? undefined : (line) => console.error(line));
  const keyLog = openKeyLog(options);
  const childSas = new Map<string, ChildSa>();
  const limit = new EventLimit(write, () => systemClock().monotonicMs);
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      ...statedConfiguration(options),
      identity: options.identity,
      presharedKeyOf: () => presharedKey,
      ticketKeys: ticketKeyRing(options.ticketKeys),
      ticketLifetimeSeconds: options.ticketLifetime,
      exposeKeys: keyLog !== undefined,
    }),
    addresses: options.address,
    port: options.port,
    natPort: options.natPort,
    provider,
    onEffect: (effect) => {
      if (effect.type === "ike-sa-keys") keyLog?.write(effect);
      if (options.control) remember(childSas, effect);
      else writeEvent(effect, limit);
    },
    onFault: (fault) => console.error("ike-resume gateway: a wave was lost:", fault),
  });
  for (const [index, { address, port }] of gateway.local.entries()) {
    write({ event: "listening", address, port, natPort: gateway.encapsulatedLocal[index].port, provider: provider.name });
  }
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
  if (options.control) serveControl(gateway, childSas, () => stopped.resolve());
  await stopped.promise;
  await gateway.close();
  keyLog?.close();
  process.exit(EXIT_OK);
}

function ticketKeyRing(path: string | undefined): TicketKeyRing {
  const { epochSeconds } = systemClock();
  if (path === undefined) return TicketKeyRing.generate(systemRandom, epochSeconds);
  try {
    return loadOrCreateTicketKeyRing(path, systemRandom, epochSeconds);
  } catch (error) {
    if (error instanceof TicketKeyFileError) throw new UsageError(`--ticket-keys: ${error.message}`);
    throw error;
  }
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

function serveControl(gateway: Gateway, childSas: ReadonlyMap<string, ChildSa>, stop: () => void): void {
  const answers: { readonly [Command in ControlCommand]: () => ControlAnswers[Command] } = {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return { cpu_us: user + system };
    },
    fingerprints: () => ({
      fingerprints: Object.fromEntries(
        Array.from(childSas, ([name, childSa]) => [name, childSaFingerprint(childSa, "responder")]),
      ),
    }),
    counters: () => ({ counters: { ...gateway.counters } }),
  };
  readJsonLines(process.stdin, (line) => {
    const command = commandOf(line);
    const allowed = Object.keys(answers).join(", ");
    console.log(
      JSON.stringify(command === undefined ? { error: `unknown command, allowed are ${allowed}` } : answers[command]()),
    );
  }, stop);
}
