/**
 * What must not happen: `p99>500ms`, `failed>0`, `resumption.p95>=1s`.
 *
 * @module
 */
import type { LoadReport, ThresholdReport } from "./load_report.ts";
import type { Operation } from "./load_outcome.ts";

type Comparison = ">" | ">=" | "<" | "<=";

export interface Threshold {
  /** As it was written. */
  readonly text: string;
  readonly operation: Operation | undefined;
  readonly measure: Measure;
  readonly comparison: Comparison;
  /** Milliseconds, counts, or counts a second. */
  readonly value: number;
}

const TIMES = ["min", "mean", "p50", "p90", "p95", "p99", "p999", "max"] as const;
/** `kept`: the share of what succeeds that an operation kept beside hostile datagrams, 1 for all of it. */
const COUNTS = ["failed", "succeeded", "per_s", "kept"] as const;
type Measure = typeof TIMES[number] | typeof COUNTS[number];
const FORM = /^(?:(full|resumption|rekey|move)\.)?([a-z0-9_]+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)(ms|s)?$/;

/** @throws {RangeError} what is allowed */
export function parseThreshold(text: string): Threshold {
  const [, operation, measure, comparison, digits, unit] = FORM.exec(text.trim()) ?? [];
  const isTime = (TIMES as readonly string[]).includes(measure);
  const isCount = (COUNTS as readonly string[]).includes(measure);
  if (!isTime && !isCount || isTime !== (unit !== undefined)) {
    throw new RangeError(
      `Allowed are ${TIMES.join(", ")} with ms or s, and ${COUNTS.join(", ")}: p99>500ms, failed>0, resumption.p95>=1s.`,
    );
  }
  return {
    text: text.trim(),
    operation: operation as Operation | undefined,
    measure: measure as Measure,
    comparison: comparison as Comparison,
    value: Number(digits) * (unit === "s" ? 1_000 : 1),
  };
}

/** Whether what must not happen has not. Without an operation's name, the worst of all counts; what cannot be judged has failed. */
export function judge(
  threshold: Threshold,
  report: Pick<LoadReport, "operations" | "failed" | "hostile">,
): ThresholdReport {
  const { operations, failed } = report;
  const { text, operation, measure } = threshold;
  // What came to nothing beside hostile datagrams is kept all the less.
  const known = measure === "kept" ? report.hostile?.kept ?? {} : operations;
  const names = operation ? [operation] : Object.keys(known) as Operation[];
  // Turns that no client was free to take are failures of no operation.
  const values = measure === "failed" && !operation
    ? [failed]
    : names.map((name) => valueOf(report, name, measure)).filter((value) => value !== null && value !== undefined);
  const isWorst = threshold.comparison.startsWith(">") ? Math.max : Math.min;
  if (values.length === 0) return { threshold: text, value: null, held: false };
  const value = isWorst(...values);
  return { threshold: text, value, held: !happens(value, threshold) };
}

function valueOf(
  { operations, hostile }: Pick<LoadReport, "operations" | "hostile">,
  name: Operation,
  measure: Measure,
): number | null | undefined {
  if (measure === "kept") return hostile?.kept[name]?.share;
  const operation = operations[name];
  if (measure === "failed" || measure === "succeeded" || measure === "per_s") return operation?.[measure];
  return operation?.latency_ms?.[measure];
}

function happens(value: number, { comparison, value: bound }: Threshold): boolean {
  switch (comparison) {
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
  }
}
