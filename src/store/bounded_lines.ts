/**
 * Lines on their way to a file, a pipe or a terminal that may be slow, full, stalled or gone: their writer never waits and
 * never fails. Lines without room are left out, and counted.
 *
 * @module
 */
// The global timers are numbers in one runtime and objects in another; these can be unreferenced in all.
import { clearTimeout, setTimeout } from "node:timers";
import { within } from "./patience.ts";

/** Where lines go. */
export interface LineSink {
  /**
   * Writes some of the octets, and tells how many. It must not block.
   *
   * @throws `EAGAIN`: not now; `EPIPE`: never again; anything else is tried again later.
   */
  write(octets: Uint8Array): Promise<number>;
}

export interface BoundedLinesOptions {
  readonly sink: LineSink;
  /** How long lines wait for others to be written with, in milliseconds. Default 0: each is written at once. */
  readonly gatherMs?: number;
  /** Octets that may wait. Default: 1 MiB. */
  readonly limitOctets?: number;
  /** Called once when the sink fails, until it works again. Must not throw. */
  readonly onFault?: (fault: unknown) => void;
  /** Called when the sink works again, with the number of lines left out meanwhile. Must not throw. */
  readonly onRecovery?: (leftOut: number) => void;
  /** A line to stand where lines were left out. */
  readonly leftOutLine?: (count: number) => string;
}

const DEFAULT_LIMIT_OCTETS = 1 << 20;
/** Octets that are written at once. */
const CHUNK_OCTETS = 64 << 10;
/** The pause before a full pipe is tried again. */
const FULL_PIPE_PAUSE_MS = 20;
/** The pause before a sink that has failed is tried again. */
const FAULT_PAUSE_MS = 1_000;
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

interface Line {
  readonly octets: Uint8Array;
  /** Called when the line is written, or never will be. */
  readonly done?: () => void;
}

export class BoundedLines {
  readonly #options: BoundedLinesOptions;
  readonly #limitOctets: number;
  readonly #encoder = new TextEncoder();
  #waiting: Line[] = [];
  #waitingOctets = 0;
  #leftOut = 0;
  #untold = 0;
  /** How many lines had been left out when the sink last took something. */
  #leftOutBefore = 0;
  #isFailing = false;
  #isGone = false;
  #running: Promise<void> | undefined;
  /** Ends the wait for other lines. */
  #endGathering: () => void = () => {};

  constructor(options: BoundedLinesOptions) {
    this.#options = options;
    this.#limitOctets = options.limitOctets ?? DEFAULT_LIMIT_OCTETS;
  }

  /** Lines that were left out so far. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Adds a line end. False: there is no room, and the line is left out. */
  write(line: string): boolean {
    const octets = this.#encoder.encode(`${line}\n`);
    if (this.#isGone || this.#waitingOctets + octets.length > this.#limitOctets) {
      this.#leaveOut();
      return false;
    }
    this.#add({ octets });
    return true;
  }

  /**
   * Writes a line that must not be left out. Resolves when it is written, or never will be; keeps the process alive until then.
   */
  async writeAlways(line: string): Promise<void> {
    if (this.#isGone) {
      this.#leaveOut();
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#add({ octets: this.#encoder.encode(`${line}\n`), done: resolve });
    this.#endGathering();
    await within(promise, LONGEST_TIMEOUT_MS);
  }

  /**
   * Resolves when all is written, or never will be; or after `patienceMs`, whatever waits then. Default: as long as it takes.
   */
  async flush(patienceMs: number = LONGEST_TIMEOUT_MS): Promise<void> {
    this.#endGathering();
    await within(this.#running ?? Promise.resolve(), patienceMs);
  }

  /** As {@link flush}; lines that come afterwards are left out. */
  async close(patienceMs?: number): Promise<void> {
    await this.flush(patienceMs);
    this.#isGone = true;
  }

  #add(line: Line): void {
    this.#waiting.push(line);
    this.#waitingOctets += line.octets.length;
    this.#running ??= this.#run();
    if (this.#waitingOctets >= CHUNK_OCTETS) this.#endGathering();
  }

  #leaveOut(): void {
    this.#leftOut++;
    this.#untold++;
  }

  async #run(): Promise<void> {
    const { gatherMs = 0 } = this.#options;
    if (gatherMs > 0) await this.#gather(gatherMs);
    while (this.#waiting.length > 0 && !this.#isGone) {
      const lines = this.#takeChunk();
      await this.#writeAll(joined(lines));
      for (const { octets, done } of lines) {
        this.#waitingOctets -= octets.length;
        if (this.#isGone) this.#leaveOut();
        done?.();
      }
      this.#tellLeftOut();
    }
    for (const { done } of this.#waiting.splice(0)) {
      this.#leaveOut();
      done?.();
    }
    this.#running = undefined;
  }

  async #gather(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endGathering = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endGathering = () => {};
  }

  #takeChunk(): Line[] {
    let octets = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || octets + this.#waiting[count].octets.length <= CHUNK_OCTETS)) {
      octets += this.#waiting[count++].octets.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeAll(octets: Uint8Array): Promise<void> {
    let written = 0;
    while (written < octets.length && !this.#isGone) {
      try {
        written += await this.#options.sink.write(octets.subarray(written));
        this.#succeeded();
      } catch (fault) {
        const code = codeOf(fault);
        if (code === "EAGAIN") await pause(FULL_PIPE_PAUSE_MS);
        else {
          this.#failed(fault);
          if (code === "EPIPE") this.#isGone = true;
          else await pause(FAULT_PAUSE_MS);
        }
      }
    }
  }

  #failed(fault: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.onFault?.(fault);
  }

  #succeeded(): void {
    const since = this.#leftOut - this.#leftOutBefore;
    this.#leftOutBefore = this.#leftOut;
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.onRecovery?.(since);
  }

  /**
   * Adds the line that says so, behind those accepted before. It has room whatever waits: there is at most one for each chunk.
   */
  #tellLeftOut(): void {
    const { leftOutLine } = this.#options;
    if (this.#untold === 0 || this.#isGone || leftOutLine === undefined) return;
    this.#add({ octets: this.#encoder.encode(`${leftOutLine(this.#untold)}\n`) });
    this.#untold = 0;
  }
}

function joined(lines: readonly Line[]): Uint8Array {
  if (lines.length === 1) return lines[0].octets;
  const all = new Uint8Array(lines.reduce((sum, { octets }) => sum + octets.length, 0));
  let at = 0;
  for (const { octets } of lines) {
    all.set(octets, at);
    at += octets.length;
  }
  return all;
}

function codeOf(fault: unknown): string | undefined {
  return fault instanceof Error && "code" in fault ? String(fault.code) : undefined;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
