/**
 * A command of the user's that is run when Child SAs come, change and go: its environment says which.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { formatIdentity, formatSelector } from "../configuration/mod.ts";
import { contain } from "../ike/steps/hook_faults.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import type { ChildSaSystem, EspEnds, InstalledChildSa } from "./child_sa_system.ts";

/** What is run, and how long it may take. */
export interface UpdownOptions {
  /** The program; it is run without arguments and without a shell. */
  readonly command: string;
  /** Milliseconds after which it is killed; above 0; default 10,000. */
  readonly timeoutMs?: number;
  /** What it finds in its environment beside what it is told; default: that of this process, with whatever secrets stand there. */
  readonly environment?: () => Readonly<Record<string, string | undefined>>;
  /** It is not run before this resolves. Must not reject. */
  readonly after?: Promise<void>;
  /** Told of commands that fail, are killed, or are not run because too many wait. What it throws goes nowhere. */
  readonly onFault: (fault: Error) => void;
  /** For tests. Default: it is run. */
  readonly run?: RunCommand;
}

/** Resolves with what went wrong, in a few words. Must not reject. */
export type RunCommand = (
  command: string,
  variables: Readonly<Record<string, string>>,
  timeoutMs: number,
) => Promise<string | undefined>;

/** What has happened to a Child SA: the command finds it in `IKE_RESUME_EVENT`. */
export type UpdownEvent = "up" | "rekeyed" | "moved" | "down";

/** Calls that wait for those before them. What comes beyond is not run. */
const MOST_WAITING = 4_096;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Runs one call after the other, in the order of what happened. No key is ever handed over. */
export class UpdownCommand implements ChildSaSystem {
  readonly #options: UpdownOptions;
  readonly #installed = new Map<number, InstalledChildSa>();
  #waiting = 0;
  #last: Promise<void>;

  /** Nothing is run yet. */
  constructor(options: UpdownOptions) {
    const { onFault, after = Promise.resolve() } = options;
    this.#last = after;
    this.#options = { ...options, onFault: (fault) => contain(() => onFault(fault), () => {}) };
  }

  /** Runs the command with "up". */
  install(one: InstalledChildSa): void {
    this.#run("up", one);
  }

  replace(one: InstalledChildSa): void {
    if (!one.receivesOnly) this.#run("rekeyed", one);
  }

  move(one: InstalledChildSa, before: EspEnds): void {
    if (!one.receivesOnly) this.#run("moved", one, { IKE_RESUME_REMOTE_BEFORE: before.remote.address });
  }

  remove(one: InstalledChildSa, isLast: boolean): void {
    if (isLast) this.#run("down", one);
  }

  /** Every Child SA that is still there goes down. */
  async close(): Promise<void> {
    for (const one of [...this.#installed.values()]) this.#run("down", one);
    await this.#last;
  }

  #run(event: UpdownEvent, one: InstalledChildSa, more: Readonly<Record<string, string>> = {}): void {
    // Of one that the command was never told of it is told nothing more: peers that come and go would make what waits grow without end.
    if (event !== "up" && !this.#installed.has(one.number)) return;
    const { command, timeoutMs = DEFAULT_TIMEOUT_MS, onFault, environment = () => process.env } = this.#options;
    const { run = runIn(environment) } = this.#options;
    const isLeftOut = this.#waiting >= MOST_WAITING && event !== "down";
    if (event === "down") this.#installed.delete(one.number);
    else if (event !== "up" || !isLeftOut) this.#installed.set(one.number, one);
    if (isLeftOut) {
      onFault(new Error(`updown command: ${command} was not run (${event}): ${MOST_WAITING} calls wait already`));
      return;
    }
    const variables = { ...environmentOf(event, one), ...more };
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      const fault = await run(command, variables, timeoutMs);
      this.#waiting--;
      if (fault !== undefined) onFault(new Error(`updown command: ${command} (${event}): ${fault}`));
    });
  }
}

/** What the command is told: see docs/esp.md. */
export function environmentOf(event: UpdownEvent, one: InstalledChildSa): Record<string, string> {
  const { number, spis, initiatorId, responderId, inner, ends, childSa } = one;
  return {
    IKE_RESUME_EVENT: event,
    IKE_RESUME_CHILD_SA: String(number),
    IKE_RESUME_INITIATOR_ID: formatIdentity(initiatorId),
    IKE_RESUME_RESPONDER_ID: formatIdentity(responderId),
    IKE_RESUME_INITIATOR_SPI: ikeSpiDigits(spis.initiatorSpi),
    IKE_RESUME_RESPONDER_SPI: ikeSpiDigits(spis.responderSpi),
    IKE_RESUME_LOCAL: ends.local.address,
    IKE_RESUME_LOCAL_PORT: String(ends.local.port),
    IKE_RESUME_REMOTE: ends.remote.address,
    IKE_RESUME_REMOTE_PORT: String(ends.remote.port),
    IKE_RESUME_UDP_ENCAPSULATION: ends.udpEncapsulation ? "yes" : "no",
    IKE_RESUME_INBOUND_SPI: childSa.inboundSpi.toString(16).padStart(8, "0"),
    IKE_RESUME_OUTBOUND_SPI: childSa.outboundSpi.toString(16).padStart(8, "0"),
    IKE_RESUME_MODE: childSa.transportMode ? "transport" : "tunnel",
    IKE_RESUME_LOCAL_TS: childSa.localSelectors.map(formatSelector).join(","),
    IKE_RESUME_REMOTE_TS: childSa.remoteSelectors.map(formatSelector).join(","),
    IKE_RESUME_INNER_IPV4: inner?.address ?? "",
    IKE_RESUME_INNER_IPV6: inner?.ipv6Address ?? "",
    IKE_RESUME_DNS: inner?.dns.join(",") ?? "",
    IKE_RESUME_DOMAINS: inner?.domains?.join(",") ?? "",
    IKE_RESUME_SUBNETS: inner?.subnets?.join(",") ?? "",
  };
}

/** Says what went wrong, in a few words. */
function runIn(environment: NonNullable<UpdownOptions["environment"]>): RunCommand {
  return (command, variables, timeoutMs) => runOnce(command, { ...environment(), ...variables }, timeoutMs);
}

function runOnce(command: string, env: Record<string, string | undefined>, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = (fault: string | undefined) => {
      clearTimeout(timer);
      resolve(fault);
    };
    try {
      const child = spawn(command, [], { env, stdio: "ignore" });
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        done(`killed after ${timeoutMs} ms`);
      }, timeoutMs);
      child.once("error", (error) => done(error.message));
      child.once(
        "exit",
        (code, signal) => done(code === 0 ? undefined : code === null ? `ended by ${signal}` : `status ${code}`),
      );
    } catch (error) {
      done(error instanceof Error ? error.message : String(error));
    }
  });
}
