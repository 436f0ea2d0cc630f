/**
 * Breaks one row after the other in copies of the checkout, and has the tests that claim it run there: a proof is good when it fails under
 * the break.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Break } from "../../tests/conformance/breaks/break.ts";
import { type BreakVerdict, noticersOf, outcomeUnnoticed, type RowOutcome, verdictOf } from "./break_verdict.ts";
import { BrokenCopy } from "./broken_copy.ts";
import { filesByClaim, quickAndSlow } from "./claims.ts";
import { parseJunitReport, type TestResult } from "./junit_report.ts";

/** Longer than the slowest row takes on a busy machine: what does not end by then, a break has kept from ending. */
const PATIENCE_MS = 240_000;

export interface BreakResult {
  readonly broken: Break;
  readonly verdict: BreakVerdict;
}

export interface BreakListener {
  /** A result, as soon as it is there. */
  readonly tried: (result: BreakResult) => void;
  /** The title of a test that fails where nothing is broken: it tells nothing of any break. */
  readonly failsAnyway: (title: string) => void;
}

/**
 * Tries the breaks, as many at once as there are workers.
 *
 * @param checkout what is copied; it stays as it is.
 */
export async function tryBreaks(
  checkout: string,
  breaks: readonly Break[],
  workers: number,
  listener: BreakListener,
): Promise<BreakResult[]> {
  const files = filesByClaim(checkout);
  const known = new Map<string, boolean>();
  const results: BreakResult[] = [];
  const waiting = [...breaks];
  await Promise.all(Array.from({ length: Math.min(workers, breaks.length) }, async () => {
    const trial = new Trial(checkout, files, known, listener);
    try {
      for (let broken = waiting.shift(); broken; broken = waiting.shift()) {
        const result = { broken, verdict: await trial.verdictOn(broken) };
        results.push(result);
        listener.tried(result);
      }
    } finally {
      trial.end();
    }
  }));
  return results;
}

/** One copy, and what is tried in it. */
class Trial {
  readonly #copy: BrokenCopy;
  readonly #files: ReadonlyMap<string, readonly string[]>;
  /** By title: whether a test passes where nothing is broken. */
  readonly #passesWhole: Map<string, boolean>;
  readonly #listener: BreakListener;

  constructor(
    checkout: string,
    files: ReadonlyMap<string, readonly string[]>,
    passesWhole: Map<string, boolean>,
    listener: BreakListener,
  ) {
    this.#copy = new BrokenCopy(checkout);
    this.#files = files;
    this.#passesWhole = passesWhole;
    this.#listener = listener;
  }

  async verdictOn(broken: Break): Promise<BreakVerdict> {
    const outcomes = new Map<string, RowOutcome>();
    for (const row of broken.rows) {
      const applied = this.#copy.apply(broken);
      if (applied !== "applied") return { kind: "missed", why: NOT_APPLIED[applied] };
      outcomes.set(row, await this.#outcomeOf(row, broken));
    }
    return verdictOf(outcomes);
  }

  end(): void {
    this.#copy.remove();
  }

  /** The quick rooms come first: where a test of theirs notices, nobody waits for the slow ones. */
  async #outcomeOf(row: string, broken: Break): Promise<RowOutcome> {
    const seen: TestResult[] = [];
    for (const files of quickAndSlow(this.#files.get(row) ?? [])) {
      // One failure tells all, unless the test fails anyway.
      for (const options of [["--fail-fast"], []]) {
        this.#copy.apply(broken);
        const results = await this.#run(files, escaped(`[${row}]`), options);
        this.#copy.mend();
        if (results === undefined) return "no report";
        seen.push(...results);
        const noticers = noticersOf(row, results);
        for (const title of noticers) if (await this.#isSound(files, title)) return "noticed";
        if (noticers.length === 0) break;
      }
    }
    return outcomeUnnoticed(row, seen);
  }

  async #isSound(files: readonly string[], title: string): Promise<boolean> {
    const before = this.#passesWhole.get(title);
    if (before !== undefined) return before;
    const results = await this.#run(files, `^${escaped(title)}$`, []);
    const passes = results?.some((result) => result.title === title && result.outcome === "passed") ?? false;
    this.#passesWhole.set(title, passes);
    if (!passes) this.#listener.failsAnyway(title);
    return passes;
  }

  /** The results of the tests of these titles; `undefined`: there is no report. */
  async #run(files: readonly string[], titles: string, options: readonly string[]): Promise<TestResult[] | undefined> {
    const { top } = this.#copy;
    const report = join(top, "report.xml");
    rmSync(report, { force: true });
    // Types are for `deno check`: what a break leaves unused is no error of its row.
    const fixed = ["test", "-A", "--no-check", "--quiet", `--filter=/${titles}/`, `--junit-path=${report}`];
    await ended([...fixed, ...options, ...files], top);
    return existsSync(report) ? parseJunitReport(readFileSync(report, "utf8")) : undefined;
  }
}

const NOT_APPLIED = {
  "no-such-path": "there is no such path any more: say where the code is now",
  "no-match": "its text stands there no more: write the break anew for the code as it is now",
  "several-matches": "its text stands there more than once: take a text that is unique",
} as const;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function ended(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: "ignore", timeout: PATIENCE_MS, killSignal: "SIGKILL" });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}
