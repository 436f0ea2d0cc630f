/**
 * The report of `bench flood` for people.
 *
 * @module
 */
import { type FloodPoint, type FloodReport, LEAST_KEPT } from "./report.ts";

const KIND_WIDTH = 26;
const NUMBER_WIDTH = 10;
const MEGABYTE = 2 ** 20;

export function floodTable(report: FloodReport): string {
  const { baseline } = report;
  return [
    `${report.cpu}, gateway on ${report.runtime} with ${report.provider}, ${report.rate} resumptions a second for ${report.seconds} s`,
    ...(report.store_delay_ms > 0 ? [`the gateway's store answers ${report.store_delay_ms} ms later`] : []),
    ...(report.quick ? ["--quick: too little for figures"] : []),
    `without an attack: ${baseline.resumed} of ${baseline.offered} resumed, ` +
    `${Math.round(baseline.gateway_cpu_us / Math.max(1, baseline.resumed))} µs of the gateway's processor each, ` +
    `p95 ${baseline.latency_ms?.p95 ?? "-"} ms`,
    "",
    row("attack", ["ratio", "kept", "full", "µs/datagr", "dropped", "p95 ms", "MB more"], ""),
    ...report.points.map(pointRow),
    "",
    `kept: share of the resumptions of the same run without an attack. The gateway grew by at most ${
      megabytes(report.rss_growth_bytes)
    } MB.`,
  ].join("\n");
}

function pointRow(point: FloodPoint): string {
  const { kind, ratio, kept, full, us_per_datagram, dropped_by_kernel, latency_ms, rss_growth_bytes } = point;
  const numbers = [
    `${ratio}`,
    `${(100 * kept).toFixed(1)} %`,
    `${full}`,
    us_per_datagram.toFixed(1),
    `${dropped_by_kernel ?? "?"}`,
    `${latency_ms?.p95 ?? "-"}`,
    megabytes(rss_growth_bytes),
  ];
  return row(kind, numbers, remarkOn(point));
}

function remarkOn({ kept, bottleneck, clients_lag_ms, attacker_lag_ms, other_load, gateway_waited }: FloodPoint): string {
  switch (bottleneck) {
    case "generator":
      return `  no verdict: the generator was late (clients ${clients_lag_ms} ms, attacker ${attacker_lag_ms} ms)`;
    case "machine":
      return `  no verdict: other work took ${other_load} cores, the gateway had none for ${
        gateway_waited === null ? "?" : (100 * gateway_waited).toFixed(0)
      } % of the time`;
    case null:
      return kept < LEAST_KEPT ? "  too little" : "";
  }
}

function row(kind: string, numbers: readonly string[], remark: string): string {
  return kind.padEnd(KIND_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join("") + remark;
}

function megabytes(octets: number): string {
  return (octets / MEGABYTE).toFixed(0);
}
