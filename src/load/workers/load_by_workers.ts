/**
 * A load in several processes: each has its part of the clients and of the beginnings, and what they count is added up second by second.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../gateway_process.ts";
import type { GatewayCpu } from "../generator/gateway_cpu.ts";
import type { LoadObserver } from "../generator/load.ts";
import type { LoadResult } from "../generator/load_result.ts";
import type { WorkerReport } from "../generator/load_report.ts";
import { LatencyHistogram } from "../generator/latency_histogram.ts";
import type { Recorder } from "../generator/recorder.ts";
import { LoadWorker } from "./load_worker.ts";

export interface LoadByWorkersOptions {
  readonly program: Program;
  /** The command line of each worker. */
  readonly words: readonly (readonly string[])[];
  /** When to begin, in milliseconds of the system's clock. Default: as soon as all are ready. */
  readonly beginAt?: number;
  /** Ends the load: what there is by then is reported. */
  readonly signal: AbortSignal;
  /** How long a worker may say nothing, once it was told when to begin. Default {@link SILENCE_MS}. */
  readonly silenceMs?: number;
  readonly gateway?: GatewayCpu;
  /** Told as they are let loose. */
  readonly onBegin?: () => void;
}

export interface LoadByWorkers {
  /** How many clients the whole load has, and how many of them were here. */
  readonly clients: { readonly all: number; readonly own: number };
  readonly results: readonly LoadResult[];
  readonly workers: readonly WorkerReport[];
}

/** All begin in the same moment: they hear of it before it is there. */
const NOTICE_MS = 50;
/** A worker tells of each second: one that tells nothing for so long stands still, and all others would be waited for in vain. */
const SILENCE_MS = 30_000;
/** How long those that were told to end have to say what there is. */
const LAST_WORDS_MS = 5_000;

/**
 * @throws {LoadWorkerError} a worker ended before it began; none goes on. One that ends later is counted as failed, and named.
 */
export async function loadByWorkers(
  options: LoadByWorkersOptions,
  observer: LoadObserver,
  recorder: Recorder,
): Promise<LoadByWorkers> {
  const over = Promise.withResolvers<void>();
  let second = 1;
  // While a worker goes on, its second is waited for: all seconds are of the same moment.
  const advanced = () => {
    while (workers.some(({ seconds }) => seconds.length > 0)) {
      if (workers.some(({ seconds, ended }) => seconds.length === 0 && ended === undefined)) return;
      let up = 0;
      for (const { seconds } of workers) {
        const detail = seconds.shift();
        if (detail === undefined) continue;
        recorder.add(detail);
        up += detail.up;
      }
      const ended = recorder.endSecond(second++, up, options.gateway?.share());
      observer.second(ended.second, ended.detail);
    }
    if (workers.every(({ ended }) => ended !== undefined)) over.resolve();
  };
  const workers: LoadWorker[] = [];
  let watch: ReturnType<typeof setInterval> | undefined;
  const stop = async () => {
    for (const worker of workers) worker.tell({ stop: true });
    await sleep(LAST_WORDS_MS, undefined, { ref: false });
    for (const worker of workers) worker.kill();
  };
  try {
    for (const [index, words] of options.words.entries()) {
      const number = index + 1;
      const note = (line: string) => observer.note(`worker ${number}: ${line}`);
      workers.push(new LoadWorker(options.program, words, number, { advanced, note }));
    }
    const ready = await Promise.all(workers.map((worker) => worker.ready));
    const begin = Math.max(options.beginAt ?? 0, Date.now() + NOTICE_MS);
    options.signal.addEventListener("abort", () => void stop(), { once: true });
    options.onBegin?.();
    for (const worker of workers) worker.tell(options.signal.aborted ? { stop: true } : { begin });
    watch = watchSilence(workers, begin, options.silenceMs ?? SILENCE_MS, observer);
    await over.promise;
    const lost = workers.filter(({ result }) => result === undefined);
    for (const worker of lost) {
      recorder.fail("worker-lost", `worker ${worker.number} ended by ${worker.ended}: what its clients did since is not known`);
    }
    if (lost.length > 0) {
      const ended = recorder.endSecond(second, 0);
      observer.second(ended.second, ended.detail);
    }
    return {
      clients: { all: ready[0].all, own: ready.reduce((sum, { own }) => sum + own, 0) },
      results: workers.map(({ result }) => result).filter((result) => result !== undefined),
      workers: workers.map((worker, index) => reportOf(worker, ready[index].own)),
    };
  } finally {
    clearInterval(watch);
    for (const worker of workers) worker.kill();
  }
}

/** Ends workers that stand still, which counts as lost. */
function watchSilence(
  workers: readonly LoadWorker[],
  begin: number,
  silenceMs: number,
  observer: LoadObserver,
): ReturnType<typeof setInterval> {
  const sinceMs = performance.now() + begin - Date.now();
  return setInterval(() => {
    const limitMs = performance.now() - silenceMs;
    for (const worker of workers) {
      if (worker.ended !== undefined || Math.max(worker.heardAtMs, sinceMs) > limitMs) continue;
      observer.note(`worker ${worker.number} told nothing for ${silenceMs / 1_000} s, and is ended`);
      worker.kill();
    }
  }, silenceMs / 4);
}

function reportOf({ result, ended = "" }: LoadWorker, clients: number): WorkerReport {
  if (result === undefined) return { clients, cpu_share: null, lag_p99_ms: null, lost: ended };
  const lag = new LatencyHistogram();
  lag.add(result.own.lag_us);
  return { clients, cpu_share: Math.round(100 * result.own.cpu_share) / 100, lag_p99_ms: lag.percentileMs(99) };
}
