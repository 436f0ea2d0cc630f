/**
 * What a load kept of its successes and its latency beside hostile datagrams.
 *
 * @module
 */
import type { HostileFlowReport, HostileReport, KeptReport, LoadReport, OperationReport } from "../generator/load_report.ts";

export function hostileReport(
  flows: readonly HostileFlowReport[],
  without: Pick<LoadReport, "operations" | "failed">,
  beside: Pick<LoadReport, "operations">,
): HostileReport {
  const kept = Object.entries(without.operations).map(([name, before]) =>
    [name, keptOf(before, beside.operations[name as keyof LoadReport["operations"]])] as const
  );
  return { flows, without: { operations: without.operations, failed: without.failed }, kept: Object.fromEntries(kept) };
}

function keptOf(before: OperationReport, beside: OperationReport | undefined): KeptReport {
  const times = (name: "p50" | "p99") => {
    const [one, other] = [before.latency_ms?.[name], beside?.latency_ms?.[name]];
    return one && other ? Math.round(100 * other / one) / 100 : null;
  };
  return {
    share: before.succeeded === 0 ? null : Math.round(1_000 * (beside?.succeeded ?? 0) / before.succeeded) / 1_000,
    p50_times: times("p50"),
    p99_times: times("p99"),
  };
}
