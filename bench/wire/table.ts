/**
 * The report of `bench wire` for people.
 *
 * @module
 */
import { isGeneratorTheBottleneck, type WireReport, type WireRun } from "./report.ts";

const NAME_WIDTH = 38;
const NUMBER_WIDTH = 11;
const SECOND_US = 1_000_000;
/** In cores: what is more is told. */
const MOST_OTHER_LOAD = 0.3;

export function wireTable(report: WireReport): string {
  const { cpu, generator, clients, resumptions, fulls, burst, repeat, quick, runs } = report;
  return [
    `${cpu}, ${clients} clients on ${generator}, ${resumptions} resumptions and ${fulls} full exchanges in bursts of ${burst}` +
    (repeat > 1 ? `, medians of ${repeat}` : ""),
    ...(quick ? ["--quick: too little for figures"] : []),
    "",
    row("gateway", ["µs CPU/res", "µs CPU/full", "µs CPU/lone", "res/s", "cold s", "start s", "generator", "lost"], ""),
    ...runs.map((run) =>
      row(nameOf(run), [
        inverse(run.resumptions_per_cpu_s),
        inverse(run.fulls_per_cpu_s),
        shown(run.one_at_a_time_us),
        shown(run.resumptions_per_s),
        shown(run.cold_s),
        shown(run.start_s),
        shown(run.generator_cpu_share),
        `${run.lost}`,
      ], remarkOn(run))
    ),
    "",
    row("latency, ms: p50 / p99", ["one", ...(runs[0]?.latency ?? []).map(({ load }) => `${load} %`)], ""),
    ...runs.map((run) =>
      row(
        nameOf(run),
        [run.one_at_a_time_latency_ms, ...run.latency.map(({ latency_ms }) => latency_ms)].map((latency) =>
          latency === null ? "-" : `${latency.p50.toFixed(1)}/${latency.p99.toFixed(1)}`
        ),
        "",
      )
    ),
  ].join("\n");
}

function remarkOn(run: WireRun): string {
  const busy = run.other_load > MOST_OTHER_LOAD ? `  other work took ${run.other_load} cores` : "";
  return isGeneratorTheBottleneck(run) ? `  the clients are the bottleneck: res/s and latencies are theirs${busy}` : busy;
}

function nameOf({ runtime, runtime_version, transport, provider, workers, checkout }: WireRun): string {
  return [
    `${runtime} ${runtime_version} ${transport} ${provider}`,
    ...(workers === 1 ? [] : [`x${workers}`]),
    ...(checkout === null ? [] : ["(other)"]),
  ].join(" ");
}

function inverse(perSecond: number | null): string {
  return perSecond === null ? "-" : (SECOND_US / perSecond).toFixed(1);
}

function shown(value: number | null): string {
  return value === null ? "-" : `${value}`;
}

function row(name: string, numbers: readonly string[], remark: string): string {
  return name.padEnd(NAME_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join(" ") + remark;
}
