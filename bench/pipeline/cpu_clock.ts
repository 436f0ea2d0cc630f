/**
 * Processor time of this thread and of the whole process, whose other threads collect garbage and compile.
 *
 * @module
 */
import { openSync, readSync } from "node:fs";
import process from "node:process";

/** Microseconds, user and system. */
export interface CpuReading {
  readonly processUs: number;
  /** 0 where the runtime does not tell and the system does not either. */
  readonly threadUs: number;
}

/** In a microsecond. */
const NANOSECONDS = 1_000;
/** Of the first thread, on Linux: time on a core, time in a queue for one, how often. */
const THREAD_FILE = "/proc/self/schedstat";
const TEXT_LENGTH = 64;
const SPACE = 0x20;
const ZERO = 0x30;

/**
 * What reading the clocks costs stays outside of what is between a reading "before" and one "after" on the clock of the process, which is the one
 * that counts.
 */
export function readCpu(moment: "before" | "after"): CpuReading {
  // First: the kernel brings the thread's own account up to date with it.
  const first = processUs();
  const thread = threadUs();
  return { processUs: moment === "before" ? processUs() : first, threadUs: thread };
}

function processUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const threadUs: () => number = clockOfThread();

/** Linux tells nanoseconds. What runtimes tell is as fine on Node, and ten milliseconds on Deno. */
function clockOfThread(): () => number {
  try {
    const file = openSync(THREAD_FILE, "r");
    const text = new Uint8Array(TEXT_LENGTH);
    return () => {
      const length = readSync(file, text, 0, TEXT_LENGTH, 0);
      let nanoseconds = 0;
      for (let at = 0; at < length && text[at] !== SPACE; at++) nanoseconds = 10 * nanoseconds + text[at] - ZERO;
      return nanoseconds / NANOSECONDS;
    };
  } catch {
    const { threadCpuUsage } = process as { threadCpuUsage?: () => { readonly user: number; readonly system: number } };
    return () => {
      const { user = 0, system = 0 } = threadCpuUsage?.() ?? {};
      return user + system;
    };
  }
}
