/**
 * What a second thread is worth: the batch core in one worker alone, in both at once, and in turn again.
 *
 * @module
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { WrongOutput } from "./check.ts";
import { median } from "./median.ts";

export interface WorkerSetting {
  readonly sessionsPath: string;
  readonly batch: number;
}

export type WorkerAnswer = { readonly resumptionsPerMs: number } | { readonly wrong: string };

/** The throughput of two workers over that of one: the median of `repetitions`. */
export async function timeTwoWorkers(setting: WorkerSetting, repetitions: number, phaseMs: number): Promise<number> {
  const workers = [startWorker(setting), startWorker(setting)];
  try {
    await Promise.all(workers.map(throughput)); // Each answers once it is ready.
    const both = () => Promise.all(workers.map((worker) => work(worker, phaseMs)));
    await both();
    const ratios: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const first = await work(workers[0], phaseMs);
      const together = await both();
      const second = await work(workers[1], phaseMs);
      ratios.push((together[0] + together[1]) / ((first + second) / 2));
    }
    return median(ratios);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Bundled for Node, both files are JavaScript and stand side by side. */
function startWorker(workerData: WorkerSetting): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./core_worker.ts" : "./core_worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData });
}

function work(worker: Worker, phaseMs: number): Promise<number> {
  const answered = throughput(worker);
  worker.postMessage(phaseMs);
  return answered;
}

async function throughput(worker: Worker): Promise<number> {
  const [answer] = await once(worker, "message") as [WorkerAnswer];
  if ("wrong" in answer) throw new WrongOutput(`in a worker: ${answer.wrong}`);
  return answer.resumptionsPerMs;
}
