/**
 * The report of `bench pipeline` for people.
 *
 * @module
 */
import type { Comparison, PipelineReport } from "./report.ts";

const NAME_WIDTH = 44;
const NUMBER_WIDTH = 10;
/** Shorter ones are left out of a profile, in microseconds. */
const LEAST_SHOWN_US = 0.3;

export function pipelineTable(report: PipelineReport, withProfile: boolean): string {
  const { us, thread_us, least_us, split_us, by_wave, cold_us_by_provider, ratio, against } = report;
  const counts = Object.keys(report.cold_us);
  return [
    `${report.cpu}, gateway on ${report.runtime}, median of ${report.processes} processes of ${report.passes} passes of ` +
    `${report.clients} clients, all keys compared`,
    ...(report.lane ? [] : ["all by the steps, without the lane"]),
    ...(report.steady ? ["the gateway stays the same from pass to pass"] : []),
    ...(report.quick ? ["--quick: too little for figures"] : []),
    "",
    row("one resumption, µs of the processor", ["all", "thread", "least", ...counts.map((count) => `first ${count}`)]),
    ...Object.keys(us).map((provider) =>
      row(
        provider,
        [us[provider], thread_us[provider], least_us[provider], ...Object.values(cold_us_by_provider[provider])].map(shown),
      )
    ),
    "",
    row("that arrive together", Object.keys(by_wave)),
    row(Object.keys(us)[0], Object.values(by_wave).map(shown)),
    "",
    `core ${shown(split_us.core)}, codec ${shown(split_us.codec)}, all else ${shown(split_us.state)}; ` +
    `ts / wasm ${ratio.ts_to_wasm ?? "-"}, node / wasm ${ratio.node_to_wasm ?? "-"}; 64 make waves of ${report.mean_wave}`,
    ...(against ? ["", ...comparisonRows(against)] : []),
    ...(withProfile ? ["", ...profileRows("by room, µs", report.rooms_us)] : []),
    ...(withProfile ? ["", ...profileRows("by function alone, µs", report.functions_us)] : []),
    ...(withProfile ? ["", ...allocationRows(report)] : []),
    "",
    Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(", "),
  ].join("\n");
}

function comparisonRows({ ref, commit, us, ratio, ratio_of_least, ratio_spread, by_wave }: Comparison): string[] {
  return [
    row(`against ${ref} (${commit})`, ["µs", "this/that", "of least", "quartiles"]),
    ...Object.keys(us).map((provider) =>
      row(provider, [
        shown(us[provider]),
        `${ratio[provider]}`,
        `${ratio_of_least[provider]}`,
        ratio_spread[provider].join("-"),
      ])
    ),
    row("that arrive together", Object.keys(by_wave)),
    row(Object.keys(us)[0], Object.values(by_wave).map(shown)),
  ];
}

function profileRows(title: string, times: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(times).filter(([, us]) => us >= LEAST_SHOWN_US);
  return [title, ...rows.map(([name, us]) => `${shown(us).padStart(NUMBER_WIDTH)}  ${name}`)];
}

function allocationRows({ allocated_octets, functions_allocated }: PipelineReport): string[] {
  const rows = Object.entries(functions_allocated).map(([name, octets]) => `${octets}`.padStart(NUMBER_WIDTH) + `  ${name}`);
  return [`octets allocated: ${allocated_octets}, by function with the runtime's own for it`, ...rows];
}

function row(title: string, numbers: readonly string[]): string {
  return title.padEnd(NAME_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join("");
}

function shown(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
