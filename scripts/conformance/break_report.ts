/**
 * What `deno task conformance --break` prints.
 *
 * @module
 */
import type { BreakResult } from "./try_breaks.ts";

const WORDS = { noticed: "noticed", missed: "MISSED", skipped: "skipped" } as const;

/** One line a break: whether it was noticed, by which rows' tests, what was broken and where. */
export function breakLine({ broken: { rows, within, what }, verdict }: BreakResult): string {
  const why = verdict.kind === "noticed" ? "" : `: ${verdict.why}`;
  return `${WORDS[verdict.kind].padEnd(7)}  [${rows.join("] [")}] ${what} (${within})${why}`;
}

/** In the form that `.ci/run` reads. */
export function breakSum(results: readonly BreakResult[]): string {
  const count = (kind: BreakResult["verdict"]["kind"]) => results.filter(({ verdict }) => verdict.kind === kind).length;
  return `${count("noticed")} passed, ${count("missed")} failed, ${count("skipped")} skipped`;
}
