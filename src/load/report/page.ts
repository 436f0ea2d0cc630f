/**
 * The page of a report: one file that needs nothing beside it.
 *
 * @module
 */
import { type ComparedMeasure, type ComparedValue, compareLoads, compareStorms, type Comparison } from "./comparison.ts";
import { type Drawing, escaped } from "./drawing.ts";
import type { LoadRun, StormRuns } from "./runs.ts";
import { colourSheet } from "./theme.ts";

const STYLE = `${colourSheet(":root")}
:root{color-scheme:light dark}
body{margin:0 auto;max-width:46rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;background:var(--paper);color:var(--ink)}
h1{font-size:1.5rem;line-height:1.2}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p,figcaption{color:var(--faint)}figure{margin:0 0 1rem;break-inside:avoid}figcaption{font-size:.875rem}
svg{display:block;max-width:100%;height:auto}.narrow{display:none}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
th,td{padding:.3rem .75rem .3rem 0;text-align:right;border-bottom:1px solid var(--grid);vertical-align:top}
th:first-child,td:first-child{text-align:left;font-weight:normal}small{display:block;color:var(--faint)}
.bad{font-weight:bold}
@media screen and (max-width:46rem){.wide{display:none}.narrow{display:block}}
@media print{:root{color-scheme:light}body{max-width:none;padding:0}}`;

export function pageOf(
  title: string,
  loads: readonly LoadRun[],
  storms: readonly StormRuns[],
  drawings: readonly Drawing[],
): string {
  const sections = [
    ...loads.map(loadWords),
    ...storms.map(stormWords),
    loads.length > 0 ? comparisonTable(compareLoads(loads)) : "",
    storms.length > 0 ? comparisonTable(compareStorms(storms)) : "",
    ...drawings.map(figure),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${sections.filter((section) => section !== "").join("\n")}
</body>
</html>
`;
}

function loadWords({ name, reports }: LoadRun): string {
  const [report] = reports;
  const repeated = reports.length > 1 ? `, the first of ${reports.length} runs` : "";
  const words = [
    `${report.scenario} at ${report.target}, ${report.clients} clients, ${report.seconds} s, ${report.runtime} on ${report.cpu}, ${report.started_at}${repeated}${
      report.interrupted ? ", ended early" : ""
    }.`,
    ...report.generator.warnings.map((warning) => `Warning: ${warning}.`),
    ...Object.entries(report.failures).map(([kind, { count, example }]) =>
      `Failed: ${count} times ${kind}${example ? ` (${example})` : ""}.`
    ),
  ];
  const thresholds = reports.flatMap((each) => each.thresholds).map(({ threshold, value, held }) =>
    `<span${held ? "" : ' class="bad"'}>${held ? "Held" : "Missed"}: fail if ${escaped(threshold)} (${
      value ?? "nothing to judge by"
    }).</span>`
  );
  return `<section><h2>${escaped(name)}</h2><p>${[...words.map(escaped), ...thresholds].join("<br>")}</p></section>`;
}

function stormWords({ name, report }: StormRuns): string {
  const words =
    `A storm of ${report.clients} clients (${report.auth}), store ${report.store}, tickets by ${report.tickets}, ${report.runtime} on ${report.cpu}.`;
  return `<section><h2>${escaped(name)}</h2><p>${escaped(words)}</p></section>`;
}

function comparisonTable({ names, measures }: Comparison): string {
  const note = names.length > 1
    ? `<p>×: times the value of ${escaped(names[0])}; in brackets, the least and the most of all repetitions.</p>`
    : "";
  const head = names.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  return `<section><h2>${names.length > 1 ? "Side by side" : "In numbers"}</h2><div class="scroll"><table>
<thead><tr><th scope="col"></th>${head}</tr></thead>
<tbody>
${measures.map(comparisonRow).join("\n")}
</tbody></table></div>${note}</section>`;
}

function comparisonRow({ measure, unit, values }: ComparedMeasure): string {
  const cells = values.map((value) => `<td>${cell(value, unit)}</td>`).join("");
  return `<tr><th scope="row">${escaped(measure)}</th>${cells}</tr>`;
}

function cell({ value, ratio, spread }: ComparedValue, unit: string): string {
  if (value === null) return "–";
  const times = ratio === null ? "" : `<small>×${ratio}${spread === null ? "" : ` (${spread[0]}–${spread[1]})`}</small>`;
  return `${grouped(value)} ${escaped(unit)}${times}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-GB", { maximumFractionDigits: value < 100 ? 2 : 0 });
}

/** Words that say more than the title does. */
function caption(about: string, title: string): string {
  return about.startsWith(`${title}, in `) ? "" : `<figcaption>${escaped(about)}</figcaption>`;
}

function figure({ id, title, about, wide, narrow }: Drawing): string {
  const picture = (kind: "wide" | "narrow", svg: string) =>
    svg.replace(/^<svg/, `<svg class="${kind}" role="img" aria-label="${escaped(title)}"`).replace(' class="marks"', "");
  return `<figure id="${escaped(id)}"><h2>${escaped(title)}</h2>${picture("wide", wide)}${picture("narrow", narrow)}${
    caption(about, title)
  }</figure>`;
}
