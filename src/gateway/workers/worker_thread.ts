/**
 * One worker as the main thread sees it: started, asked, and started again when it dies.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { LATE, within } from "../../store/patience.ts";
import { type Counted, CountedOverLives } from "./counted.ts";
import { InFlight, newTaken } from "./in_flight.ts";
import { GatewayWorkerError, messageOf } from "./gateway_worker_error.ts";
import type { FromWorker, ToWorker, WorkerQuestion, WorkerStart } from "./messages.ts";

/** A worker that lives for so long has started well. */
const GOOD_LIFE_MS = 10_000;
/** How long a worker that dies again and again is waited with: doubled each time. The first time it is started at once. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/** How long a worker may take to say what it has counted, in milliseconds. */
const COUNTED_PATIENCE_MS = 1_000;
/** How long a worker may take to end, in milliseconds: a little longer than its gateway gives itself. */
const CLOSE_PATIENCE_MS = 1_000;

export interface WorkerThreadOptions {
  readonly module: URL;
  readonly argv: readonly string[];
  /** What a new thread is started with, and whose buffers it takes over. */
  readonly start: (taken: Int32Array<SharedArrayBuffer>) => { readonly data: WorkerStart; readonly transfer: ArrayBuffer[] };
  /** Whatever the worker says but answers and what it has counted, from `listening` on. `reply` reaches that thread, and none in its place. Must not throw. */
  readonly onMessage: (message: FromWorker, reply: (message: ToWorker) => void) => void;
  /** Its thread is no more, whatever ended it. Must not throw. */
  readonly onExit: () => void;
  /** It died, and is started again. Must not throw. */
  readonly onDied: (reason: string) => void;
}

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GatewayWorkerError) => void;
}

export class WorkerThread {
  readonly #options: WorkerThreadOptions;
  readonly #asked = new Map<number, Asked>();
  readonly #counted = new CountedOverLives();
  #thread: Worker | undefined;
  #started: Promise<void> = Promise.resolve();
  #inFlight = new InFlight(newTaken());
  #lastId = 0;
  #startedAtMs = -Infinity;
  #delayMs = 0;
  #isClosing = false;
  #isListening = false;
  #restart: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WorkerThreadOptions) {
    this.#options = options;
  }

  /** Whether it serves. */
  get isListening(): boolean {
    return this.#isListening;
  }

  get inFlight(): InFlight {
    return this.#inFlight;
  }

  /**
   * Starts it. Resolves when it listens.
   *
   * @throws {GatewayWorkerError} it died instead, and why. It is not started again.
   */
  start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#started = promise;
    const taken = newTaken();
    this.#inFlight = new InFlight(taken);
    this.#startedAtMs = performance.now();
    let thread: Worker;
    let name = "gateway worker";
    try {
      const { data, transfer } = this.#options.start(taken);
      name += ` ${data.index}`;
      const argv = [...this.#options.argv];
      thread = new Worker(this.#options.module, { workerData: data, transferList: transfer, argv });
    } catch (error) {
      // The system has no thread or no memory left, or what the thread is to know cannot be cloned.
      reject(new GatewayWorkerError(`${name}: ${messageOf(error)}`));
      this.#exited(messageOf(error));
      return promise;
    }
    this.#thread = thread;
    let reason = "it ended";
    thread.on("message", (message: FromWorker) => {
      if (message.type === "listening") this.#isListening = true;
      this.#receive(message, thread);
      if (message.type === "listening") resolve();
    });
    thread.on("error", (error: unknown) => reason = messageOf(error));
    thread.once("exit", () => {
      reject(new GatewayWorkerError(`${name}: ${reason}`));
      this.#exited(reason);
    });
    return promise;
  }

  /** Resolves when it serves, or is not going to: then it is started again. */
  settled(): Promise<void> {
    return this.#started.catch(() => {});
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, transfer);
  }

  /** @throws {GatewayWorkerError} it died before it answered, or the answer is an error. */
  ask(question: WorkerQuestion): Promise<unknown> {
    if (!this.#isListening) return Promise.reject(new GatewayWorkerError("gateway worker: it is being started"));
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, { resolve, reject });
    this.post({ type: "question", id, question });
    return promise;
  }

  /** What it has counted, those before it included. */
  async counted(): Promise<Counted> {
    // One that died, or does not answer: what it said last is told, and of one that died has been added up by now.
    const counted = await within(this.ask({ name: "counted" }).catch(() => undefined), COUNTED_PATIENCE_MS);
    if (counted !== undefined && counted !== LATE) this.#counted.take(counted as Counted);
    return this.#counted.sum;
  }

  /** Ends it, by force if it does not end by itself in time. */
  async close(patienceMs: number = CLOSE_PATIENCE_MS): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const thread = this.#thread;
    if (thread === undefined) return;
    if (this.#isListening) await within(this.ask({ name: "close" }).catch(() => {}), patienceMs);
    await thread.terminate();
  }

  /** Kills the thread, as a fault would: for tests. */
  async kill(): Promise<void> {
    await this.#thread?.terminate();
  }

  #receive(message: FromWorker, thread: Worker): void {
    switch (message.type) {
      case "answer":
        this.#take(message.id)?.resolve(message.value);
        break;
      case "refused":
        this.#take(message.id)?.reject(new GatewayWorkerError(message.message));
        break;
      case "counted":
        this.#counted.take(message.counted);
        break;
      default:
        this.#options.onMessage(message, (reply) => {
          // Another thread counts its questions anew: what was asked by this one would answer others there.
          if (this.#thread === thread) thread.postMessage(reply);
        });
    }
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #exited(reason: string): void {
    this.#options.onExit();
    const hasListened = this.#isListening;
    this.#isListening = false;
    this.#thread = undefined;
    this.#counted.died();
    for (const id of [...this.#asked.keys()]) this.#take(id)?.reject(new GatewayWorkerError(`gateway worker: ${reason}`));
    if (this.#isClosing || !hasListened && this.#delayMs === 0) return;
    const livedWell = performance.now() - this.#startedAtMs > GOOD_LIFE_MS;
    const delayMs = livedWell ? 0 : this.#delayMs;
    this.#delayMs = Math.min(LONGEST_DELAY_MS, Math.max(FIRST_DELAY_MS, 2 * delayMs));
    this.#options.onDied(reason);
    this.#restart = setTimeout(() => this.start().catch(() => {}), delayMs);
  }
}
