/**
 * Whether a module runs in a gateway's worker, apart: a program asks that before it loads what either needs.
 *
 * @module
 */
import { isMainThread, workerData } from "node:worker_threads";
import { WORKER_KIND, type WorkerStart } from "./messages.ts";

/** What the program gave as `data`, apart from the context that has it: for what a program does before it serves. Not in a worker: `undefined`. */
export function gatewayWorkerData(): unknown {
  return isGatewayWorker() ? (workerData as WorkerStart).data : undefined;
}

/** Whether this module runs in a worker of {@link GatewayWorkers}. */
export function isGatewayWorker(): boolean {
  return !isMainThread && (workerData as Partial<WorkerStart> | null)?.kind === WORKER_KIND;
}
