/**
 * A worker as its load sees it: a process of its own, heard until it ends, and never left behind.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { readJsonLines } from "../control_protocol.ts";
import type { Program } from "../gateway_process.ts";
import type { LoadResult } from "../generator/load_result.ts";
import type { SecondDetail } from "../generator/recorder.ts";
import { LoadWorkerError } from "./load_worker_error.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** Told by a worker to its load. */
export interface WorkerListener {
  /** A second is over, or the worker is. */
  advanced(): void;
  note(line: string): void;
}

export class LoadWorker {
  /** From 1. */
  readonly number: number;
  /** Resolves when its sockets are open. Rejects with a {@link LoadWorkerError} where it ends before. */
  readonly ready: Promise<{ readonly all: number; readonly own: number }>;
  /** Seconds that are over and were not taken yet, in their order. */
  readonly seconds: SecondDetail[] = [];
  /** What it told when it was done. */
  result: LoadResult | undefined;
  /** When it was heard last, by `performance.now()`. */
  heardAtMs: number = performance.now();
  /** How it ended, once it has: `undefined` while it goes on. */
  ended: string | undefined;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ready = Promise.withResolvers<{ readonly all: number; readonly own: number }>();
  readonly #listener: WorkerListener;
  readonly #killAtExit: () => void;
  #lastComplaint = "";

  constructor(program: Program, words: readonly string[], number: number, listener: WorkerListener) {
    this.number = number;
    this.#listener = listener;
    this.ready = this.#ready.promise;
    // Heard by its load, or of no interest any more.
    this.ready.catch(() => {});
    this.#child = spawn(program.command, [...program.arguments, ...words], { stdio: ["pipe", "pipe", "pipe"] });
    this.#killAtExit = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#killAtExit);
    this.#child.stdin.on("error", () => {});
    readJsonLines(this.#child.stdout, (line) => this.#hear(line as FromWorker), () => {});
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#complain(line));
    this.#child.once("error", (error) => this.#end(error.message, null));
    // Not before all that it said was read.
    this.#child.once("close", (status, signal) => this.#end(signal === null ? `status ${status}` : `${signal}`, status));
  }

  tell(message: ToWorker): void {
    if (this.ended === undefined) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(message: FromWorker): void {
    this.heardAtMs = performance.now();
    if ("ready" in message) this.#ready.resolve(message.ready);
    else if ("note" in message) this.#listener.note(message.note);
    else if ("result" in message) this.result = message.result;
    else if ("second" in message) {
      this.seconds.push(message.second);
      this.#listener.advanced();
    }
  }

  #complain(line: string): void {
    this.#lastComplaint = line.replace(/^ike-resume: /, "");
    // What it says before it is ready is said once for all, by the error.
    void this.ready.then(() => this.#listener.note(line), () => {});
  }

  #end(how: string, status: number | null): void {
    if (this.ended !== undefined) return;
    this.ended = how;
    process.off("exit", this.#killAtExit);
    this.#ready.reject(new LoadWorkerError(this.#lastComplaint || `worker ${this.number} of the load ended by ${how}`, status));
    this.#listener.advanced();
  }
}
