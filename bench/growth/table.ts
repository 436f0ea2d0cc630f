/**
 * The report of `bench growth` for people.
 *
 * @module
 */
import type { GrowthReport } from "./report.ts";

const NAME_WIDTH = 12;
const NUMBER_WIDTH = 14;

export function growthTable(report: GrowthReport): string {
  const { points, ratio_max_to_min, slope_us_per_tenfold } = report;
  return [
    `${report.cpu}, gateway on ${report.runtime} with ${report.provider}, all keys compared`,
    ...(report.quick ? ["--quick: too little for figures"] : []),
    "",
    row("IKE SAs", ["µs", "least", "to fewest", "thread", "coming up", "octets an SA", "of the heap"]),
    ...points.map((
      { sas, us_per_resumption, least_us, ratio_to_fewest, thread_us, us_coming_up, bytes_per_sa, heap_bytes_per_sa },
    ) =>
      row(`${sas}`, [
        ...[us_per_resumption, least_us].map(shown),
        `${ratio_to_fewest}`,
        ...[thread_us, us_coming_up].map(shown),
        ...[bytes_per_sa, heap_bytes_per_sa].map(String),
      ])
    ),
    "",
    `a resumption with the most over one with the fewest: ${ratio_max_to_min}; ${slope_us_per_tenfold} µs more for ten times as many`,
    `ten minutes later: ${report.settled_bytes_per_sa} octets an IKE SA, ${report.settled_heap_bytes_per_sa} of the heap`,
    "",
    Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(", "),
  ].join("\n");
}

function row(title: string, numbers: readonly string[]): string {
  return title.padEnd(NAME_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join("");
}

function shown(us: number): string {
  return us.toFixed(1);
}
