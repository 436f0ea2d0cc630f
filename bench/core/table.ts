/**
 * The report of `bench core` for people.
 *
 * @module
 */
import type { CoreReport } from "./report.ts";

const NAME_WIDTH = 30;
const NUMBER_WIDTH = 9;
const SHORTEST_COLUMN = 8;

export function reportTable(report: CoreReport): string {
  const { us_per_resumption: times, us_per_operation: operations, by_batch: byBatch, ratio, spread, sessions } = report;
  const names = Object.keys(times);
  const core = times["core"] ?? NaN;
  const titled = (title: string, numbers: readonly string[]): string =>
    title.padEnd(NAME_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join("");
  return [
    `${report.cpu}, ${report.runtime}, median of ${report.processes} processes of ${report.rounds} rounds, all outputs compared`,
    `${sessions.count} sessions: tickets of ${range(sessions.ticket)} octets, requests of ${range(sessions.request)}, ` +
    `responses of ${range(sessions.response)}`,
    ...(report.quick ? ["--quick: too few rounds for figures"] : []),
    "",
    titled("one resumption, µs", ["median", "least", "most", "x core"]),
    ...names.map((name) => {
      const time = times[name];
      if (time === null) return titled(name, ["absent"]);
      return titled(name, [...[time, ...spread[name]].map(shown), (time / core).toFixed(2)]);
    }),
    "",
    titled("core by batch, µs", Object.keys(byBatch)),
    titled("", Object.values(byBatch).map(shown)),
    "",
    `noble / core ${ratio.vs_noble}, node:crypto / core ${ratio.vs_node_best}, core / native ring ` +
    `${ratio.vs_native_ring ?? "absent"}, two workers / one ${ratio.two_workers}`,
    "",
    "one operation, µs".padEnd(NAME_WIDTH) + names.map((name) => name.padStart(columnOf(name))).join(""),
    ...Object.entries(operations).map(([operation, byName]) =>
      operation.padEnd(NAME_WIDTH) + names.map((name) => {
        const time: number | undefined = byName[name];
        return (time === undefined ? "" : shown(time)).padStart(columnOf(name));
      }).join("")
    ),
    "",
    ...Object.entries(report.forms).map(([name, forms]) =>
      `${name}: ${Object.entries(forms).map(([what, form]) => `${what} by ${form}`).join(", ")}`
    ),
    `native libraries: ${report.native}`,
    Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(", "),
  ].join("\n");
}

function columnOf(name: string): number {
  return Math.max(name.length + 2, SHORTEST_COLUMN);
}

function shown(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}

function range([least, most]: readonly [number, number]): string {
  return `${least}-${most}`;
}
