/**
 * What the program says, on standard output and standard error. Whoever reads it may stall, or go: the program neither waits nor ends for that.
 *
 * @module
 */
import { BoundedLines } from "../store/bounded_lines.ts";
import { standardSink } from "../store/line_sinks.ts";

/** How long events wait for others, in milliseconds: each write is another thread's work, which costs more than what it tells of. */
const GATHER_MS = 10;

/** How long the end of the program waits for a reader, in milliseconds. */
const END_PATIENCE_MS = 150;

export class Output {
  readonly #out: BoundedLines;
  readonly #error: BoundedLines;

  /**
   * @param name Stands before what it says by itself.
   * @param leftOutLine What stands on standard output where lines were left out, because nobody read them.
   */
  constructor(name: string, leftOutLine?: (count: number) => string) {
    this.#error = new BoundedLines({ sink: standardSink(2), leftOutLine: (count) => `${name}: ${count} lines left out here` });
    this.#out = new BoundedLines({
      sink: standardSink(1),
      gatherMs: GATHER_MS,
      ...(leftOutLine && { leftOutLine }),
      onFault: (fault) => this.complain(`${name}: standard output cannot be written: ${wordsOf(fault)}`),
      onRecovery: (count) => this.complain(`${name}: standard output is written again, ${count} lines were left out`),
    });
  }

  /** Lines of standard output that were left out so far. */
  get leftOut(): number {
    return this.#out.leftOut;
  }

  /** A line on standard output. It is left out where a mebibyte waits already. */
  say(line: string): void {
    this.#out.write(line);
  }

  /** A line on standard output that somebody has asked for: never left out. Resolves when it is written. */
  answer(line: string): Promise<void> {
    return this.#out.writeAlways(line);
  }

  /** A line on standard error. */
  complain(line: string): void {
    this.#error.write(line);
  }

  /** Writes what waits before the process ends. What nobody reads by then is lost. */
  async close(): Promise<void> {
    await Promise.all([this.#out.flush(END_PATIENCE_MS), this.#error.flush(END_PATIENCE_MS)]);
  }
}

function wordsOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
