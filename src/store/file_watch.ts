/**
 * Notices that a file was written or replaced.
 *
 * By looking at it, not by being told: notifications of the file system miss files that are replaced by a rename, are reached by a symbolic
 * link, as containers mount secrets, or lie on a network.
 *
 * @module
 */
import { statSync } from "node:fs";
// Those of the runtime are numbers here and objects there; these can be let go of everywhere.
import { clearInterval, setInterval } from "node:timers";
import { contain } from "../ike/steps/hook_faults.ts";
import { warnOfFault } from "./fault_warning.ts";

const DEFAULT_INTERVAL_MS = 1_000;

export interface FileWatchOptions {
  readonly path: string;
  /** Called when the file is another, or has other content; also when it is gone. What it throws is a warning of the runtime, and that is all. */
  readonly onChange: () => void;
  /** Milliseconds between two looks. Default: 1,000. */
  readonly intervalMs?: number;
}

/** Looks at a file from now on. It keeps no process alive. */
export class FileWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #seen: string;

  constructor({ path, onChange, intervalMs = DEFAULT_INTERVAL_MS }: FileWatchOptions) {
    this.#path = path;
    this.#onChange = onChange;
    this.#seen = signatureOf(path);
    this.#timer = setInterval(() => this.check(), intervalMs);
    this.#timer.unref();
  }

  /** Looks now. What is read after this was called belongs to what it saw, or to something newer, which the next look will notice. */
  check(): void {
    const signature = signatureOf(this.#path);
    if (signature === this.#seen) return;
    this.#seen = signature;
    contain(this.#onChange, (fault) => warnOfFault("file watch: onChange", fault));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Which file it is, and when it was last written or changed. A file that cannot be looked at is told by the reason. */
function signatureOf(path: string): string {
  try {
    const { dev, ino, mode, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, mode, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
