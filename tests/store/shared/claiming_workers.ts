/**
 * Threads that claim the same tickets, and the main thread that they ask.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { answerStoreCalls } from "../../../src/gateway/workers/remote_store.ts";
import type { SharedMemoryStore } from "../../../src/store/shared/shared_memory_store.ts";
import type { ClaimingWorkerData } from "./claiming_worker.ts";

export interface Claimed {
  /** Tickets that it got, by number. */
  readonly claimed: readonly number[];
  /** Batches for which the main thread was asked. */
  readonly asked: number;
  readonly unanswered: number;
}

export interface ClaimingWorker {
  readonly done: Promise<Claimed>;
  /** Ends it wherever it is. */
  kill(): Promise<void>;
}

export function claimingWorker(store: SharedMemoryStore, data: Omit<ClaimingWorkerData, "memory">): ClaimingWorker {
  const workerData: ClaimingWorkerData = { ...data, memory: store.memory };
  const thread = new Worker(new URL("./claiming_worker.ts", import.meta.url), { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<Claimed>();
  thread.on("message", (message) => {
    if ("done" in message) resolve(message.done);
    else answerStoreCalls(store, message.calls, (answers) => thread.postMessage(answers));
  });
  thread.on("error", reject);
  thread.once("exit", () => reject(new Error("it ended before it was done")));
  const done = promise.finally(() => thread.terminate());
  return {
    done,
    kill: async () => {
      done.catch(() => {});
      await thread.terminate();
      store.left(data.worker);
    },
  };
}
