/**
 * Processor time of this thread and of the whole process, whose other threads collect garbage and compile.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";

/** Microseconds, user and system. */
export interface CpuReading {
  readonly processUs: number;
  /** 0 where the runtime does not tell and the system does not either. */
  readonly threadUs: number;
}

/** In a microsecond. */
const NANOSECONDS = 1_000;
/** Of the first thread, on Linux. */
const THREAD_FILE = "/proc/self/schedstat";

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

function clockOfThread(): () => number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { readonly user: number; readonly system: number } };
  if (threadCpuUsage !== undefined) {
    return () => {
      const { user, system } = threadCpuUsage();
      return user + system;
    };
  }
  try {
    readFileSync(THREAD_FILE);
    return () => Number(readFileSync(THREAD_FILE, "utf8").split(" ")[0]) / NANOSECONDS;
  } catch {
    return () => 0;
  }
}
