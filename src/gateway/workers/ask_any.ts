/**
 * Asks whichever worker serves.
 *
 * @module
 */
import { GatewayWorkerError, messageOf } from "./gateway_worker_error.ts";
import type { WorkerQuestion } from "./messages.ts";
import type { WorkerThread } from "./worker_thread.ts";

/** @throws {GatewayWorkerError} none serves: `what` was not done. */
export async function askAny(workers: readonly WorkerThread[], question: WorkerQuestion, what: string): Promise<void> {
  let reason: unknown;
  for (const worker of workers) {
    try {
      await worker.ask(question);
      return;
    } catch (error) {
      reason = error;
    }
  }
  throw new GatewayWorkerError(`${what}, ask again once a worker serves: ${messageOf(reason)}`);
}
