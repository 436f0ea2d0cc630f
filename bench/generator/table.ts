/**
 * The report of `bench generator` for people.
 *
 * @module
 */
import type { Cost, GeneratorReport } from "./report.ts";
import { SCENARIOS } from "./protocol.ts";

const NAME_WIDTH = 36;
const NUMBER_WIDTH = 10;

export function generatorTable(report: GeneratorReport): string {
  const { against } = report;
  return [
    `${report.cpu}, generator on ${report.runtime}, median of ${report.passes} passes of ${report.clients} clients, all of them back`,
    ...(report.quick ? ["--quick: too little for figures"] : []),
    "",
    ...costRows("one resumption, µs of the processor", report.costs),
    ...(against
      ? [
        "",
        ...costRows(`${against.ref} (${against.commit})`, against.costs),
        "",
        row("that over this", ["", "of least"]),
        ...SCENARIOS.filter((name) => against.ratio[name] !== undefined).map((name) =>
          row(
            against.costs[name] === undefined ? `${name}, by its storm` : name,
            [`${against.ratio[name]}`, `${against.ratio_of_least[name]}`],
          )
        ),
      ]
      : []),
    ...profileRows("by room, µs", report.rooms_us),
    ...profileRows("by function alone, µs", report.functions_us),
  ].join("\n");
}

export function costRows(title: string, costs: GeneratorReport["costs"]): string[] {
  const rows = SCENARIOS.flatMap((name) => costs[name] === undefined ? [] : [row(name, numbersOf(costs[name]))]);
  return [row(title, ["all", "least", "system", "wave"]), ...rows];
}

function profileRows(title: string, times: Readonly<Record<string, number>> = {}): string[] {
  const rows = Object.entries(times).map(([name, us]) => `${us.toFixed(1).padStart(NUMBER_WIDTH)}  ${name}`);
  return rows.length === 0 ? [] : ["", title, ...rows];
}

function numbersOf({ us, least_us, system_us, wave }: Cost): string[] {
  return [us.toFixed(1), least_us.toFixed(1), system_us.toFixed(1), wave === null ? "-" : wave.toFixed(1)];
}

function row(title: string, numbers: readonly string[]): string {
  return title.padEnd(NAME_WIDTH) + numbers.map((text) => text.padStart(NUMBER_WIDTH)).join("");
}
