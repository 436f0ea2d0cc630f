/**
 * What a gateway's process on this machine takes of its processors, as Linux tells it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { roundTo } from "../storm_report.ts";
import type { GatewayReport } from "./load_report.ts";

/** Linux counts in these, whatever its own clock: USER_HZ. */
const TICKS_A_SECOND = 100;
/** Where utime stands behind the process's name, which may hold blanks and brackets (proc(5), /proc/pid/stat). */
const UTIME = 11;

interface Reading {
  readonly pid: string;
  readonly seconds: number;
}

export class GatewayCpu {
  readonly #process: string;
  #before: Reading | undefined;
  #beforeMs = performance.now();
  #total = 0;

  /** @param process its number, or the file that holds it: of a gateway that is started again, the file has the new one */
  constructor(process: string) {
    this.#process = process;
    this.#before = this.#read();
  }

  /** Cores since it was last asked; `null`: there is no such process. */
  share(): number | null {
    const nowMs = performance.now();
    const now = this.#read();
    // One that was started again counts from none.
    const used = now === undefined ? 0 : now.seconds - (now.pid === this.#before?.pid ? this.#before.seconds : 0);
    const share = 1_000 * used / Math.max(1, nowMs - this.#beforeMs);
    this.#total += used;
    this.#before = now;
    this.#beforeMs = nowMs;
    return now === undefined ? null : roundTo(share, 2);
  }

  report(succeeded: number): GatewayReport {
    this.share();
    return {
      cpu_s: roundTo(this.#total, 2),
      cpu_us_per_success: succeeded === 0 ? null : Math.round(1e6 * this.#total / succeeded),
    };
  }

  #read(): Reading | undefined {
    try {
      const pid = /^\d+$/.test(this.#process) ? this.#process : readFileSync(this.#process, "utf8").trim();
      if (!/^\d+$/.test(pid)) return undefined;
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return { pid, seconds: (Number(fields[UTIME]) + Number(fields[UTIME + 1])) / TICKS_A_SECOND };
    } catch {
      return undefined;
    }
  }
}
