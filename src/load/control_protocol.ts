/**
 * How a load test talks to its gateway's process: one JSON object a line, commands on the gateway's standard input, answers on
 * its standard output. The gateway ends when its standard input does, so it never outlives the test.
 *
 * @module
 */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Fingerprints } from "./child_sa_fingerprint.ts";

export interface ControlAnswers {
  /** Processor time of the gateway's process so far: user and system, in microseconds. */
  cpu: { readonly cpu_us: number };
  /** Resident memory of the gateway's process, in octets. */
  memory: { readonly rss_bytes: number };
  /** Fingerprints of every Child SA that is up. */
  fingerprints: { readonly fingerprints: Fingerprints };
  /** The gateway's counters. */
  counters: { readonly counters: { readonly [name: string]: number } };
  /**
   * Takes back the ticket that `ticket_id` names, or every ticket of `identity`. `revoked`: `false` where a store failed, or no list of
   * revoked tickets is kept.
   */
  revoke: { readonly revoked: boolean } | { readonly error: string };
}

export type ControlCommand = keyof ControlAnswers;

/** The first line that a gateway under control writes. */
export interface ListeningAnnouncement {
  readonly event: "listening";
  readonly address: string;
  readonly port: number;
  readonly nat_port: number;
  readonly provider: string;
  readonly transport: string;
}

export const CONTROL_COMMANDS: readonly ControlCommand[] = ["cpu", "memory", "fingerprints", "counters", "revoke"];

/** Calls `onLine` for each JSON object that arrives, and `onEnd` when the stream has ended. What is not JSON is ignored. */
export function readJsonLines(stream: Readable, onLine: (value: unknown) => void, onEnd: () => void): void {
  const lines = createInterface({ input: stream });
  lines.on("line", (line) => {
    const value = parse(line);
    if (value !== undefined) onLine(value);
  });
  lines.on("close", onEnd);
}

/** The command that a line holds, if it holds one. */
export function commandOf(value: unknown): ControlCommand | undefined {
  if (typeof value !== "object" || value === null || !("command" in value)) return undefined;
  return CONTROL_COMMANDS.find((command) => command === value.command);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
