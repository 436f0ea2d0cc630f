/**
 * Whether the tests that claim the rows of a break noticed it.
 *
 * @module
 */
import type { TestResult } from "./junit_report.ts";
import { identifiersIn } from "./matrix.ts";

/** What became of the tests that claim one row, under a break of it. */
export type RowOutcome = "noticed" | "missed" | "skipped" | "no test" | "no report";

export type BreakVerdict =
  | { readonly kind: "noticed" }
  | { readonly kind: "missed"; readonly why: string }
  /** What would notice it cannot run on this machine. */
  | { readonly kind: "skipped"; readonly why: string };

/** The titles of tests that claim a row and failed under the break of it. */
export function noticersOf(row: string, broken: readonly TestResult[]): string[] {
  return claimersOf(row, broken).filter(({ outcome }) => outcome === "failed").map(({ title }) => title);
}

/** What becomes of a row when no test noticed. */
export function outcomeUnnoticed(row: string, broken: readonly TestResult[]): RowOutcome {
  const claimers = claimersOf(row, broken);
  if (claimers.length === 0) return "no test";
  return claimers.every(({ outcome }) => outcome === "skipped") ? "skipped" : "missed";
}

/** All rows of a break have to be noticed. */
export function verdictOf(outcomes: ReadonlyMap<string, RowOutcome>): BreakVerdict {
  for (const [outcome, why] of UNNOTICED) {
    const rows = [...outcomes].filter(([, ofRow]) => ofRow === outcome).map(([row]) => row);
    if (rows.length > 0) return { kind: outcome === "skipped" ? "skipped" : "missed", why: why(rows.join(", ")) };
  }
  return { kind: "noticed" };
}

/** The gravest first. */
const UNNOTICED: readonly [RowOutcome, (rows: string) => string][] = [
  ["no report", (rows) => `the tests that claim ${rows} do not load, or do not end`],
  ["no test", (rows) => `no test claims ${rows}`],
  ["missed", (rows) => `no test that claims ${rows} notices`],
  ["skipped", (rows) => `the tests of ${rows} are skipped here`],
];

function claimersOf(row: string, results: readonly TestResult[]): TestResult[] {
  return results.filter(({ title }) => identifiersIn(title).includes(row));
}
