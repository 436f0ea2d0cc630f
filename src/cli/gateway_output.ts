/**
 * What `ike-resume gateway` says, and how it is told to stop, in one thread or several.
 *
 * @module
 */
import process from "node:process";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { type EventObject, formatEvent } from "./effect_event.ts";
import type { EventLogOptions } from "./log/event_log.ts";
import type { LogThreshold } from "./log/log_levels.ts";
import { Output } from "./output.ts";
import type { GatewayCommandOptions } from "./stated_gateway.ts";

export interface GatewayOutput {
  readonly output: Output;
  /** An event. */
  readonly write: (event: EventObject) => void;
  /** A line for people. */
  readonly complain: (line: string) => void;
  /** Which lines of a log are written; `undefined`: there is no log. */
  readonly threshold: LogThreshold | undefined;
  /** What was chosen at the start, for people; under control nobody reads it. */
  readonly report: ((line: string) => void) | undefined;
}

export async function gatewayOutput(
  options: Pick<GatewayCommandOptions, "json" | "control" | "logFormat" | "logLevel" | "logRedact">,
): Promise<GatewayOutput> {
  const { json, control, logFormat, logLevel, logRedact = [] } = options;
  if (logFormat !== undefined && !control) return await loggedOutput({ format: logFormat, level: logLevel, redact: logRedact });
  const format = json || control ? JSON.stringify : formatEvent;
  // Under control, every line of standard output is an answer.
  const leftOutLine = (count: number) => format({ event: "events-left-out", count, reason: "nobody-reads" });
  const output = new Output("ike-resume gateway", control ? undefined : leftOutLine);
  return {
    output,
    threshold: undefined,
    write: (event) => output.say(format(event)),
    complain: (line) => output.complain(`ike-resume gateway: ${line}`),
    report: control ? undefined : (line) => console.error(line),
  };
}

/** Events and complaints as one stream. What nobody reads is left out and counted, as everywhere. */
async function loggedOutput(options: EventLogOptions): Promise<GatewayOutput> {
  const log = (await import("./log/event_log.ts")).openEventLog(options);
  const output = new Output(
    "ike-resume gateway",
    (count) => log.anyLine({ event: "events-left-out", count, reason: "nobody-reads" }),
  );
  const write = (event: EventObject) => {
    const line = log.line(event);
    if (line !== undefined) output.say(line);
  };
  return {
    output,
    threshold: log,
    write,
    complain: (message) => write({ event: "message", level: "warn", message }),
    report: (message) => write({ event: "message", message }),
  };
}

/** Where a gateway listens. */
interface Listening {
  readonly local: readonly Endpoint[];
  readonly encapsulatedLocal: readonly Endpoint[];
  readonly transports: readonly string[];
}

/** An event for each address. Whoever reads it may stop the gateway at once: {@link stopRequest} comes first. */
export function writeListening(
  write: GatewayOutput["write"],
  { local, encapsulatedLocal, transports }: Listening,
  more: { readonly provider: string; readonly [name: string]: unknown },
): void {
  const { provider, ...others } = more;
  for (const [index, { address, port }] of local.entries()) {
    write({
      event: "listening",
      address,
      port,
      nat_port: encapsulatedLocal[index].port,
      provider,
      transport: transports[index],
      ...others,
    });
  }
}

/** Resolves when a signal asks the process to end; `resolve` does the same. */
export function stopRequest(): PromiseWithResolvers<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
  return stopped;
}
