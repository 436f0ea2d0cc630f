/**
 * The processor time of a process, its threads and the processes that it started, as Linux tells it: in nanoseconds, not in ticks of the clock.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

/** In a microsecond. */
const NANOSECONDS = 1_000;

export class ProcessorTime {
  readonly #pid: number;
  /** By thread, also those that have ended since: Linux tells of none that is gone. */
  readonly #ofThreads = new Map<string, number>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** User and system, in microseconds, up to now. @throws {Error} this is no Linux, or the process is gone. */
  readUs(): number {
    this.#readProcess(`${this.#pid}`);
    let sum = 0;
    for (const nanoseconds of this.#ofThreads.values()) sum += nanoseconds;
    return sum / NANOSECONDS;
  }

  #readProcess(pid: string): void {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const folder = `/proc/${pid}/task/${thread}`;
      const onProcessor = contentOf(`${folder}/schedstat`)?.split(" ")[0];
      if (onProcessor !== undefined) this.#ofThreads.set(thread, Number(onProcessor));
      for (const child of contentOf(`${folder}/children`)?.split(" ") ?? []) if (child !== "") this.#readChild(child);
    }
  }

  #readChild(pid: string): void {
    try {
      this.#readProcess(pid);
    } catch {
      // It has ended in between.
    }
  }
}

/** `undefined`: the thread has ended in between. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
