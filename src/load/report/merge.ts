/**
 * Reports of several machines, each of its part of one load, as the one report of the whole.
 *
 * @module
 */
import type { LoadReport, PartReport } from "../generator/load_report.ts";
import { loadReportOf } from "../generator/load_result.ts";
import { Recorder, type SecondDetail } from "../generator/recorder.ts";
import { parseThreshold } from "../generator/thresholds.ts";

/** Machines that began so far apart, each by its own clock, did not load the gateway together. */
const APART_MS = 1_000;
/** A load of a day, the longest, and what it may have taken until all were done. */
const MOST_SECONDS = 90_000;

type OfPart = LoadReport & { readonly part: PartReport };

/** @throws {RangeError} they are not parts of one load */
export function mergeLoads(reports: readonly LoadReport[]): LoadReport {
  const parts = reports.map(partOrRefusal);
  const [first] = parts;
  for (const { part, scenario, seed } of parts) {
    if (scenario !== first.scenario || seed !== first.seed || part.portion.of !== first.part.portion.of) {
      throw new RangeError(`machine ${part.machine} had another scenario, seed or plan than machine ${first.part.machine}`);
    }
  }
  refuseOverlaps(parts);
  const recorder = new Recorder();
  for (const [index, { details, cpu }] of secondsOf(parts).entries()) {
    for (const detail of details) recorder.add(detail);
    recorder.endSecond(index + 1, details.reduce((sum, { up }) => sum + up, 0), cpu);
  }
  const began = parts.map(({ started_at }) => Date.parse(started_at));
  const report = loadReportOf(
    {
      target: [...new Set(parts.map(({ target }) => target))].join(", "),
      scenario: first.scenario,
      clients: parts.reduce((sum, { clients }) => sum + clients, 0),
      seed: first.seed,
      thresholds: first.thresholds.map(({ threshold }) => parseThreshold(threshold)),
    },
    new Date(Math.min(...began)).toISOString(),
    recorder,
    parts.flatMap(({ part }) => part.results),
    { gateway: gatewayOf(parts, recorder.succeeded) },
  );
  const { generator } = report;
  const warnings = [...generator.warnings, ...warningsOf(parts, Math.max(...began) - Math.min(...began))];
  return { ...report, runtime: sorts(parts, "runtime"), cpu: sorts(parts, "cpu"), generator: { ...generator, warnings } };
}

interface SecondOfAll {
  readonly details: SecondDetail[];
  /** Of the first machine that told it. */
  cpu?: number | null;
}

/** From the first on, without a gap. */
function secondsOf(parts: readonly OfPart[]): readonly SecondOfAll[] {
  const all: SecondOfAll[] = [];
  const at = (second: number, { machine }: PartReport): SecondOfAll => {
    if (second < 1 || second > MOST_SECONDS) {
      throw new RangeError(`machine ${machine} tells of second ${second}, expected 1 to ${MOST_SECONDS}`);
    }
    while (all.length < second) all.push({ details: [] });
    return all[second - 1];
  };
  for (const { part, series } of parts) {
    for (const { second, gateway_cpu } of series) {
      const ofAll = at(second, part);
      if (ofAll.cpu === undefined) ofAll.cpu = gateway_cpu;
    }
    for (const detail of part.seconds) at(detail.second, part).details.push(detail);
  }
  return all;
}

function partOrRefusal(report: LoadReport): OfPart {
  const { part } = report;
  if (part === undefined) throw new RangeError("a report of a whole load, expected parts of one: load --plan --json-file");
  return { ...report, part };
}

function refuseOverlaps(parts: readonly OfPart[]): void {
  const inOrder = parts.map(({ part }) => part).toSorted((one, other) => one.portion.first - other.portion.first);
  for (const [index, { machine, portion }] of inOrder.entries()) {
    const next = inOrder[index + 1];
    if (next && next.portion.first < portion.end) {
      throw new RangeError(`machines ${machine} and ${next.machine} had the same part of the load, expected each part once`);
    }
  }
}

function warningsOf(parts: readonly OfPart[], apartMs: number): readonly string[] {
  const done = parts.reduce((sum, { part: { portion } }) => sum + portion.end - portion.first, 0);
  const { of } = parts[0].part.portion;
  return [
    ...(done < of ? [`parts are missing: what is here is ${done} of ${of} shares of the load`] : []),
    ...(apartMs > APART_MS ? [`machines began ${apartMs} ms apart, by their own clocks`] : []),
    // What a machine said of lost workers and busy processes; turns left out are counted above for all.
    ...parts.flatMap(({ part, generator }) =>
      generator.warnings.filter((each) => !/had no client free/.test(each)).map((each) => `${part.machine}: ${each}`)
    ),
  ];
}

/** Of the machine that the gateway is on, where one is. */
function gatewayOf(parts: readonly OfPart[], succeeded: number): LoadReport["gateway"] {
  const cpu = parts.find(({ gateway }) => gateway !== undefined)?.gateway?.cpu_s;
  if (cpu === undefined) return undefined;
  return { cpu_s: cpu, cpu_us_per_success: succeeded === 0 ? null : Math.round(1e6 * cpu / succeeded) };
}

function sorts(parts: readonly OfPart[], name: "runtime" | "cpu"): string {
  return [...new Set(parts.map((each) => each[name]))].join(", ");
}
