/**
 * The program `ip` of iproute2, which speaks to Linux: lines in batches, one batch after the other.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { wipe } from "../../crypto/wipe.ts";
import { toHexadecimal } from "../../wire/hexadecimal.ts";
import type { Line, Word } from "./lines.ts";

/**
 * Runs `ip` once; rejects where it cannot be run, or does not come back. Standard input may hold keys, and is not kept. With `onOutput` what it prints
 * is handed on as it comes, and not kept either. For tests another one.
 */
export type RunIp = (
  args: readonly string[],
  input?: Uint8Array,
  onOutput?: (text: string) => void,
) => Promise<{ readonly output: string; readonly errors: string }>;

/** Lines that wait: what comes beyond is left out, but for deletions. */
const MOST_WAITING = 200_000;
/** Lines of one batch. */
const MOST_IN_BATCH = 2_000;
/** Milliseconds after which `ip` is killed: a batch takes some hundreds. */
const TIMEOUT_MS = 30_000;

/**
 * Lines in the order in which they came. Each stands for itself: one that fails stops none behind it. `ip` itself ends at an error of XFRM, whatever it is
 * told, and does not say where: then all lines of the batch are run once more, one by one. What was done already does not do anything twice.
 */
export class IpBatches {
  readonly #run: RunIp;
  readonly #onFault: (fault: Error) => void;
  #waiting: (Line | (() => Promise<readonly Line[]>))[] = [];
  #isRunning = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(run: RunIp, onFault: (fault: Error) => void) {
    this.#run = run;
    this.#onFault = onFault;
  }

  /** Copies keys: their owner may wipe them. */
  add(lines: readonly Line[]): void {
    if (this.#waiting.length + lines.length > MOST_WAITING && !lines.every(isDeletion)) {
      this.#onFault(new Error(`xfrm: ${this.#waiting.length} lines wait for ip, and ${lines.length} are left out`));
      return;
    }
    // One by one: all of a large gateway are more than a call takes as arguments.
    for (const line of lines) this.#waiting.push(ownCopy(line));
    this.#begin();
  }

  /** Lines that are made once those before them are done; their keys are wiped then. */
  addLater(make: () => Promise<readonly Line[]>): void {
    this.#waiting.push(make);
    this.#begin();
  }

  /** Resolves when nothing waits any more. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  #begin(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#idle = this.#serve();
  }

  async #serve(): Promise<void> {
    // What comes in the same turn goes in one batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      if (typeof first === "function") {
        this.#waiting.shift();
        // A state that is made anew in its own place must not be made twice.
        await this.#runEach(await this.#made(first));
        continue;
      }
      let count = 1;
      while (count < MOST_IN_BATCH && Array.isArray(this.#waiting[count])) count++;
      await this.#runBatch(this.#waiting.splice(0, count) as Line[]);
    }
    this.#isRunning = false;
  }

  async #made(make: () => Promise<readonly Line[]>): Promise<readonly Line[]> {
    try {
      return await make();
    } catch (fault) {
      this.#onFault(asError(fault));
      return [];
    }
  }

  async #runBatch(lines: readonly Line[]): Promise<void> {
    if (lines.length > 1 && (await this.#runLines(lines)).errors === "") lines.forEach(forget);
    else await this.#runEach(lines);
  }

  /** Where `ip` itself fails, those behind are left out: each would wait as long, and others wait for them. */
  async #runEach(lines: readonly Line[]): Promise<void> {
    let done = 0;
    for (let isRun = true; isRun && done < lines.length; done++) {
      const line = lines[done];
      const outcome = await this.#runLines([line]);
      if (outcome.errors !== "" && !isDoneAlready(line, outcome.errors)) {
        this.#onFault(new Error(`xfrm: ${outcome.errors}: ip ${describe(line)}`));
      }
      isRun = outcome.isRun;
    }
    if (done < lines.length) this.#onFault(new Error(`xfrm: lines behind it that are left out: ${lines.length - done}`));
    lines.forEach(forget);
  }

  async #runLines(lines: readonly Line[]): Promise<{ readonly errors: string; readonly isRun: boolean }> {
    const input = inputOf(lines);
    try {
      const { errors } = await this.#run(["-batch", "-"], input);
      const told = errors.split("\n").map((text) => text.trim()).filter((text) => text !== "" && !FAILED.test(text));
      return { errors: told.join("; "), isRun: true };
    } catch (fault) {
      return { errors: asError(fault).message, isRun: false };
    } finally {
      wipe(input);
    }
  }
}

const FAILED = /^Command failed /;

/** What is gone need not be deleted, and what is there need not be added. */
function isDoneAlready(line: Line, errors: string): boolean {
  return isDeletion(line) ? /No such (process|file)/.test(errors) : line[2] === "add" && /File exists/.test(errors);
}

/** The keys in a line are no more. */
export function forget(line: Line): void {
  for (const word of line) if (typeof word !== "string") wipe(word.secret);
}

/** The line without its keys, for people. */
export function describe(line: Line): string {
  return line.map((word) => typeof word === "string" ? word : "(key)").join(" ");
}

export const runIp: RunIp = ipOf("ip", TIMEOUT_MS);

/** Runs a program in the place of `ip`, and kills it after so many milliseconds. */
export function ipOf(program: string, timeoutMs: number): RunIp {
  return (args, input, onOutput) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], { stdio: ["pipe", "pipe", "pipe"] });
      let output = "";
      let errors = "";
      // What waits for the kernel does not even end when it is killed: nobody waits for that.
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
        child.unref();
        reject(new Error(`ip was killed after ${timeoutMs} ms`));
      }, timeoutMs);
      child.stdout.setEncoding("utf8").on("data", (text: string) => onOutput ? onOutput(text) : output += text);
      child.stderr.on("data", (chunk) => errors += chunk);
      child.stdin.on("error", () => {});
      child.once("error", (error) => {
        clearTimeout(timer);
        reject(new Error(`ip cannot be run: ${error.message}`));
      });
      child.once("close", () => {
        clearTimeout(timer);
        resolve({ output, errors });
      });
      child.stdin.end(input);
    });
}

function isDeletion(line: Line): boolean {
  return line[2] === "delete";
}

/** A line with keys of its own. */
export function ownCopy(line: Line): Line {
  return line.map(copied);
}

function copied(word: Word): Word {
  return typeof word === "string" ? word : { secret: word.secret.slice() };
}

const encoder = new TextEncoder();

/** Octets alone, which can be wiped: no text with keys in it is ever made but the digits of one key at a time. */
function inputOf(lines: readonly Line[]): Uint8Array {
  const octetsOf = (word: Word) => encoder.encode(typeof word === "string" ? word : `0x${toHexadecimal(word.secret)}`);
  const parts = lines.flatMap((line) =>
    line.map((word, index) => ({ octets: octetsOf(word), end: index === line.length - 1 }))
  );
  const input = new Uint8Array(parts.reduce((sum, { octets }) => sum + octets.length + 1, 0));
  let at = 0;
  for (const { octets, end } of parts) {
    input.set(octets, at);
    input[at + octets.length] = end ? 0x0a : 0x20;
    at += octets.length + 1;
    wipe(octets);
  }
  return input;
}

function asError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(String(fault));
}
