/**
 * Tells systemd that the gateway is ready, lives, reloads or stops, where systemd has started it (`Type=notify`): by its own program, because no runtime
 * here sends datagrams to a Unix socket.
 *
 * @module
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { within } from "../store/patience.ts";

const PROGRAM = "systemd-notify";
/** How long the program may take, in milliseconds: a gateway waits for nobody. */
const PATIENCE_MS = 5_000;
/** How long the end of the process waits for it. */
const END_PATIENCE_MS = 1_000;
const US_PER_MS = 1_000;

export interface ServiceNotify {
  ready(): void;
  /** Its configuration is read again; {@link ready} follows. */
  reloading(): void;
  stopping(): void;
  /** Resolves when all was told, or will not be in time for the end of the process. */
  close(): Promise<void>;
}

const SILENT: ServiceNotify = { ready() {}, reloading() {}, stopping() {}, close: () => Promise.resolve() };

/** @param complain told once that systemd cannot be told */
export function serviceNotify(
  complain: (line: string) => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ServiceNotify {
  if (!environment.NOTIFY_SOCKET) return SILENT;
  let hasComplained = false;
  // One after the other: systemd goes by what it was told last.
  let told: Promise<void> = Promise.resolve();
  const tell = (...lines: readonly string[]) => {
    told = told.then(() => run([`--pid=${process.pid}`, ...lines])).catch((error: Error) => {
      if (hasComplained) return;
      hasComplained = true;
      complain(`${PROGRAM}: systemd cannot be told how the gateway fares: ${error.message.trim()}`);
    });
  };
  const watchdogMs = Number(environment.WATCHDOG_USEC ?? 0) / US_PER_MS;
  // Twice in the time that systemd waits, as it asks for; by the same event loop that serves clients.
  const timer = watchdogMs > 0 ? setInterval(() => tell("WATCHDOG=1"), watchdogMs / 2).unref() : undefined;
  return {
    ready: () => tell("--ready"),
    reloading: () => tell("RELOADING=1"),
    stopping: () => tell("STOPPING=1"),
    close: async () => {
      clearInterval(timer);
      await within(told, END_PATIENCE_MS);
    },
  };
}

function run(words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) =>
    execFile(PROGRAM, words, { timeout: PATIENCE_MS }, (error) => error === null ? resolve() : reject(error))
  );
}
