/**
 * A thread with a batch core of its own, which works for so long as it is asked to. See two_workers.ts.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { loadBatchCore } from "./batch_core.ts";
import { inBatches } from "./batches.ts";
import { timeResumptions, WrongOutput } from "./check.ts";
import { decodeSessions } from "./session_file.ts";
import type { WorkerAnswer, WorkerSetting } from "./two_workers.ts";

const { sessionsPath, batch } = workerData as WorkerSetting;
const sessions = decodeSessions(readFileSync(sessionsPath));
const batches = inBatches(sessions, batch);
const core = await loadBatchCore();

parentPort?.on("message", (milliseconds: number) => void work(milliseconds));
answer({ resumptionsPerMs: 0 });

/** Comparing is left out of the time. */
async function work(milliseconds: number): Promise<void> {
  try {
    let resumed = 0;
    let tookMs = 0;
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      tookMs += await timeResumptions(core, batches);
      resumed += sessions.length;
    }
    answer({ resumptionsPerMs: resumed / tookMs });
  } catch (error) {
    answer({ wrong: error instanceof WrongOutput ? error.message : String(error) });
  }
}

function answer(answer: WorkerAnswer): void {
  parentPort?.postMessage(answer);
}
