/**
 * Reports as they are compared: by name, each with its repetitions.
 *
 * @module
 */
import type { LoadReport } from "../generator/load_report.ts";
import type { ParsedReport, ShownStorm } from "./report_schema.ts";

/** Loads of one name: the first is shown, all are compared. */
export interface LoadRun {
  readonly name: string;
  readonly reports: readonly [LoadReport, ...LoadReport[]];
}

export interface StormRuns {
  readonly name: string;
  readonly report: ShownStorm;
}

export interface NamedReport {
  readonly name: string;
  readonly parsed: ParsedReport;
}

/** In the order in which they were named. */
export function loadRunsOf(reports: readonly NamedReport[]): readonly LoadRun[] {
  const byName = new Map<string, [LoadReport, ...LoadReport[]]>();
  for (const { name, parsed } of reports) {
    if (parsed.kind !== "load") continue;
    const known = byName.get(name);
    if (known) known.push(parsed.report);
    else byName.set(name, [parsed.report]);
  }
  return [...byName].map(([name, repeated]) => ({ name, reports: repeated }));
}

export function stormRunsOf(reports: readonly NamedReport[]): readonly StormRuns[] {
  return reports.flatMap(({ name, parsed }) => parsed.kind === "storm" ? [{ name, report: parsed.report }] : []);
}
