/**
 * What a load says to people, and to spreadsheets.
 *
 * @module
 */
import type { LoadReport, LoadSecond } from "../load/generator/load_report.ts";

/** A line for each second that is over. */
export function secondLine({ second, begun, succeeded, failed, p50_ms, p99_ms }: LoadSecond): string {
  const times = p50_ms === null ? "" : `, p50 ${p50_ms} ms, p99 ${p99_ms} ms`;
  return `${String(second).padStart(4)} s: ${begun} begun, ${succeeded} succeeded, ${failed} failed${times}`;
}

export function loadLines(report: LoadReport): readonly string[] {
  const { operations, failures, outage, generator, thresholds } = report;
  const lines = [
    `${report.scenario} at ${report.target}: ${report.clients} clients, ${report.seconds} s, seed ${report.seed}, ${report.runtime} on ${report.cpu}${
      report.interrupted ? ", ended early" : ""
    }`,
  ];
  for (const [name, { succeeded, failed, per_s, latency_ms: latency }] of Object.entries(operations)) {
    const times = latency === null
      ? ""
      : `, latency min ${latency.min} ms, p50 ${latency.p50}, p95 ${latency.p95}, p99 ${latency.p99}, p99.9 ${latency.p999}, max ${latency.max}`;
    lines.push(`${name}: ${succeeded} succeeded (${per_s}/s), ${failed} failed${times}`);
  }
  for (const { kind, rate, per_s, sent, answers } of report.hostile?.flows ?? []) {
    lines.push(`hostile: ${kind}, ${sent} sent (${per_s}/s of ${rate}/s), ${answers} answers`);
  }
  for (const [name, { share, p50_times, p99_times }] of Object.entries(report.hostile?.kept ?? {})) {
    const kept = share === null
      ? "nothing to compare with"
      : `${Math.round(1_000 * share) / 10} % of what succeeded without them`;
    const times = p50_times === null || p99_times === null ? "" : `, p50 ${p50_times} times as long, p99 ${p99_times} times`;
    lines.push(`kept: ${name}, ${kept}${times}`);
  }
  for (const [kind, { count, example }] of Object.entries(failures)) {
    lines.push(`failed: ${count} times ${kind}${example ? `: ${example}` : ""}`);
  }
  if (outage) {
    lines.push(
      outage.away_ms === null
        ? "outage: the gateway did not go away, or did not come back"
        : `outage: the first client was back after ${outage.away_ms} ms, ${
          outage.all_back_ms === null ? `${outage.back} in all` : `all ${outage.back} after ${outage.all_back_ms} ms`
        }`,
    );
  }
  const lag = generator.lag_ms === null ? "" : `, turns late p50 ${generator.lag_ms.p50} ms, p99 ${generator.lag_ms.p99} ms`;
  lines.push(`generator: ${Math.round(100 * generator.cpu_share)} % of a core${lag}`);
  for (const warning of generator.warnings) lines.push(`warning: ${warning}`);
  for (const { threshold, value, held } of thresholds) {
    lines.push(`${held ? "held" : "MISSED"}: fail if ${threshold} (${value === null ? "nothing to judge by" : value})`);
  }
  return lines;
}

export function loadCsv({ series }: LoadReport): string {
  const names = ["second", "begun", "succeeded", "failed", "p50_ms", "p99_ms"] as const;
  return [names.join(","), ...series.map((second) => names.map((name) => second[name] ?? "").join(","))].join("\n") + "\n";
}
