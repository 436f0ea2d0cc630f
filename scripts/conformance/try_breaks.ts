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
import { type BreakVerdict, verdictOf } from "./break_verdict.ts";
import { BrokenCopy } from "./broken_copy.ts";
import { filesByClaim } from "./claims.ts";
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
 * @throws {Error} the tests do not even run where nothing is broken.
 */
export async function tryBreaks(
  checkout: string,
  breaks: readonly Break[],
  workers: number,
  listener: BreakListener,
): Promise<BreakResult[]> {
  const copies = Array.from({ length: Math.min(workers, breaks.length) }, () => new BrokenCopy(checkout));
  try {
    const files = filesByClaim(copies[0].top);
    const rows = [...new Set(breaks.flatMap((broken) => broken.rows))];
    const whole = await runTests(copies[0].top, rows, files, ["--parallel"]);
    if (whole === undefined) throw new Error("the tests do not run where nothing is broken");
    for (const { title, outcome } of whole) if (outcome === "failed") listener.failsAnyway(title);

    const results: BreakResult[] = [];
    const waiting = [...breaks];
    await Promise.all(copies.map(async (copy) => {
      for (let broken = waiting.shift(); broken; broken = waiting.shift()) {
        const result = { broken, verdict: await tryBreak(copy, broken, whole, files) };
        results.push(result);
        listener.tried(result);
      }
    }));
    return results;
  } finally {
    for (const copy of copies) copy.remove();
  }
}

async function tryBreak(
  copy: BrokenCopy,
  broken: Break,
  whole: readonly TestResult[],
  files: ReadonlyMap<string, readonly string[]>,
): Promise<BreakVerdict> {
  const applied = copy.apply(broken);
  if (applied !== "applied") return { kind: "missed", why: NOT_APPLIED[applied] };
  // One failure tells all of one row, unless it is one that tells nothing.
  const failsAnyway = whole.some(({ title, outcome }) => outcome === "failed" && title.includes(`[${broken.rows[0]}]`));
  const options = broken.rows.length === 1 && !failsAnyway ? ["--fail-fast"] : [];
  const results = await runTests(copy.top, broken.rows, files, options);
  copy.mend();
  return results === undefined
    ? { kind: "missed", why: "the tests that claim it do not load, or do not end" }
    : verdictOf(broken, whole, results);
}

const NOT_APPLIED = {
  "no-such-path": "there is no such path any more: say where the code is now",
  "no-match": "its text stands there no more: write the break anew for the code as it is now",
  "several-matches": "its text stands there more than once: take a text that is unique",
} as const;

/** The results of the tests that claim the rows; `undefined`: there is no report. */
async function runTests(
  top: string,
  rows: readonly string[],
  files: ReadonlyMap<string, readonly string[]>,
  options: readonly string[],
): Promise<TestResult[] | undefined> {
  const claiming = [...new Set(rows.flatMap((row) => files.get(row) ?? []))];
  if (claiming.length === 0) return [];
  const report = join(top, "report.xml");
  rmSync(report, { force: true });
  const filter = `/\\[(${rows.map((row) => row.replaceAll(".", "\\.")).join("|")})\\]/`;
  // Types are for `deno check`: what a break leaves unused is no error of its row.
  const args = ["test", "-A", "--no-check", "--quiet", `--filter=${filter}`, `--junit-path=${report}`, ...options, ...claiming];
  await ended(args, top);
  return existsSync(report) ? parseJunitReport(readFileSync(report, "utf8")) : undefined;
}

function ended(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: "ignore", timeout: PATIENCE_MS, killSignal: "SIGKILL" });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}
