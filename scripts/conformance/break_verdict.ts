/**
 * Whether the tests that claim a row noticed that it was broken.
 *
 * @module
 */
import type { Break } from "../../tests/conformance/breaks/break.ts";
import type { TestResult } from "./junit_report.ts";
import { identifiersIn } from "./matrix.ts";

export type BreakVerdict =
  | { readonly kind: "noticed" }
  | { readonly kind: "missed"; readonly why: string }
  /** What would notice it cannot run on this machine. */
  | { readonly kind: "skipped"; readonly why: string };

/**
 * @param whole how the tests ended before anything was broken: one that failed then tells nothing.
 * @param broken how those that claim a row of the break ended under it.
 */
export function verdictOf({ rows }: Break, whole: readonly TestResult[], broken: readonly TestResult[]): BreakVerdict {
  const passedWhole = new Set(whole.filter(({ outcome }) => outcome === "passed").map(({ title }) => title));
  const unnoticed = rows.filter((row) =>
    !claimersOf(row, broken).some(({ title, outcome }) => outcome === "failed" && passedWhole.has(title))
  );
  if (unnoticed.length === 0) return { kind: "noticed" };
  const withoutTest = unnoticed.filter((row) => claimersOf(row, whole).length === 0);
  if (withoutTest.length > 0) return { kind: "missed", why: `no test claims ${withoutTest.join(", ")}` };
  const skipped = unnoticed.filter((row) => claimersOf(row, whole).every(({ outcome }) => outcome === "skipped"));
  if (skipped.length === unnoticed.length) return { kind: "skipped", why: `tests of ${skipped.join(", ")} are skipped here` };
  return { kind: "missed", why: `no test that claims ${unnoticed.join(", ")} notices` };
}

function claimersOf(row: string, results: readonly TestResult[]): TestResult[] {
  return results.filter(({ title }) => identifiersIn(title).includes(row));
}
