/**
 * Notices that a file was written or replaced.
 *
 * It looks at the file from time to time: notifications of the file system miss files that are replaced by a rename, are
 * reached by a symbolic link, as containers mount secrets, or lie on a network.
 *
 * @module
 */
import { statSync } from "node:fs";
// The global timers are numbers in one runtime and objects in another; these can be unreferenced in all.
import { clearInterval, setInterval } from "node:timers";
import { contain } from "../ike/steps/hook_faults.ts";
import { warnOfFault } from "./fault_warning.ts";

const DEFAULT_INTERVAL_MS = 1_000;

export interface FileWatchOptions {
  readonly path: string;
  /**
   * Called when the file is another, has other content, or is gone. What it throws becomes a warning of the runtime, no more.
   */
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

  /** Looks from now on. The timer does not keep the process alive. */
  constructor({ path, onChange, intervalMs = DEFAULT_INTERVAL_MS }: FileWatchOptions) {
    this.#path = path;
    this.#onChange = onChange;
    this.#seen = signatureOf(path);
    this.#timer = setInterval(() => this.check(), intervalMs);
    this.#timer.unref();
  }

  /** Looks now. A read after this sees the content that this call saw, or newer content, which the next look will notice. */
  check(): void {
    const signature = signatureOf(this.#path);
    if (signature === this.#seen) return;
    this.#seen = signature;
    contain(this.#onChange, (fault) => warnOfFault("file watch: onChange", fault));
  }

  /** Looks no more. May be called again. */
  close(): void {
    clearInterval(this.#timer);
  }
}

/** Which file it is, and when it was last written or changed. A file that cannot be looked at is identified by the reason. */
function signatureOf(path: string): string {
  try {
    const { dev, ino, mode, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, mode, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
