/**
 * The gateway's process, new for each point, with files that stay: its shared key, and the keys of its tickets.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlAnswers, ControlCommand } from "../../src/load/control_protocol.ts";
import { GatewayProcess } from "../../src/load/gateway_process.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { Starter } from "../runtimes.ts";
import { GATEWAY_ADDRESS, GATEWAY_IDENTITY } from "./setting.ts";

const OWNER_ONLY = 0o600;
const PRESHARED_KEY_FILE = "psk";
const TICKET_KEY_FILE = "ticket-keys";
/** How long a gateway may leave a question unanswered, in milliseconds: under attack, that it is late is no fault of the bench. */
const ANSWER_PATIENCE_MS = 30_000;
/** In a millisecond. */
const NANOSECONDS = 1_000_000;

/** How to start gateways that know one another's tickets. */
export interface GatewaySetting {
  readonly starter: Starter;
  readonly presharedKey: Uint8Array;
  readonly folder: string;
  /** How much later its store answers. */
  readonly storeDelayMs: number;
}

/** What a gateway has used and counted so far. */
export interface Reading {
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Datagrams that the kernel dropped because the gateway did not take them in time; `undefined` where the kernel does not say. */
  readonly droppedByKernel: number | undefined;
  /** For how long its main thread was ready and had no core, in milliseconds; `undefined` likewise. */
  readonly waitedMs: number | undefined;
}

export async function startGateway({ starter, presharedKey, folder, storeDelayMs }: GatewaySetting): Promise<GatewayProcess> {
  writeFileSync(join(folder, PRESHARED_KEY_FILE), `0x${toHexadecimal(presharedKey)}\n`, { mode: OWNER_ONLY });
  const program = { ...starter, arguments: [...starter.arguments, "--store-delay", `${storeDelayMs}`] };
  return await GatewayProcess.start(program, [
    ...["--address", GATEWAY_ADDRESS, "--port", "0", "--nat-port", "0", "--identity", GATEWAY_IDENTITY],
    ...["--psk-file", join(folder, PRESHARED_KEY_FILE), "--ticket-keys", join(folder, TICKET_KEY_FILE)],
  ]);
}

export async function readGateway(gateway: GatewayProcess): Promise<Reading> {
  const { cpu_us } = await ask(gateway, "cpu");
  const { rss_bytes } = await ask(gateway, "memory");
  const { counters } = await ask(gateway, "counters");
  return {
    cpuUs: cpu_us,
    rssBytes: rss_bytes,
    counters,
    droppedByKernel: droppedByKernel(gateway.local.port),
    waitedMs: gateway.pid === undefined ? undefined : waitedMs(gateway.pid),
  };
}

async function ask<Command extends ControlCommand>(
  gateway: GatewayProcess,
  command: Command,
): Promise<ControlAnswers[Command]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the gateway left "${command}" unanswered`)), ANSWER_PATIENCE_MS);
  });
  try {
    return await Promise.race([gateway.ask(command), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Linux tells it of each process in nanoseconds, second of three: time on a core, time in a queue for one, how often. */
function waitedMs(pid: number): number | undefined {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, "utf8").trim().split(" ");
    return Number(waitedNs) / NANOSECONDS;
  } catch {
    return undefined;
  }
}

/** Linux tells it of each socket, in the last column. */
function droppedByKernel(port: number): number | undefined {
  try {
    const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const lines = readFileSync("/proc/net/udp", "utf8").split("\n").map((line) => line.trim().split(/\s+/));
    const drops = lines.filter(([, local]) => local?.endsWith(ending)).map((columns) => Number(columns.at(-1)));
    return drops.reduce((sum, count) => sum + count, 0);
  } catch {
    return undefined;
  }
}
