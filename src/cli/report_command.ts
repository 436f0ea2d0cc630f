/**
 * `ike-resume report`: reports of loads and storms as a page that people look at.
 *
 * @module
 */
import type { Command } from "commander";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { draw, standAlone } from "../load/report/drawing.ts";
import { loadCharts } from "../load/report/load_charts.ts";
import { pageOf } from "../load/report/page.ts";
import { loadReportSchema, parseReport } from "../load/report/report_schema.ts";
import { loadRunsOf, type NamedReport, stormRunsOf } from "../load/report/runs.ts";
import { stormCharts } from "../load/report/storm_charts.ts";
import { mergeLoads } from "../load/report/merge.ts";
import { EXIT_ENDED, UsageError } from "./exit_status.ts";
import { loadLines } from "./load_output.ts";

interface ReportCommandOptions {
  readonly output?: string;
  readonly svg?: string;
  readonly title: string;
  readonly schema?: boolean;
  readonly merge?: string;
}

/** A report of a day at 1,000 clients has 10 MB. */
const LARGEST_FILE = 64 * 1_024 * 1_024;
const MOST_FILES = 64;

const EXAMPLES = `
Examples:
  ike-resume report outage.json -o outage.html
  ike-resume report --merge whole.json tokyo.json paris.json -o whole.html
  ike-resume report before=a1.json before=a2.json after=b1.json after=b2.json -o comparison.html --svg pictures

Files of one name are repetitions: what is compared is their median, and the spread of the ratios is told. The first name is what
the others are compared to. Charts need the npm packages vega and vega-lite.`;

export function addReportCommand(program: Command): Command {
  return program.command("report")
    .description("Make a page with charts, in one file, of what load --json-file and storm --json wrote.")
    .argument("[files...]", "JSON files, each with a name before it if it is to have one: name=file")
    .option("-o, --output <file>", "the page, as HTML")
    .option("--svg <folder>", "each chart as a file of its own, for light and dark")
    .option(
      "--merge <file>",
      "the files are of the machines of one load --plan: write the one report of all as JSON, and show it",
    )
    .option("--title <text>", "what stands above it", "IKEv2 under load")
    .option("--schema", "print the JSON Schema of load --json, and nothing else")
    .addHelpText("after", EXAMPLES)
    .action(runReport);
}

async function runReport(files: readonly string[], { output, svg, title, schema, merge }: ReportCommandOptions): Promise<void> {
  if (schema) return console.log(JSON.stringify(loadReportSchema(), undefined, 2));
  if (files.length === 0) {
    throw new UsageError("report: no file was named; expected what load --json-file or storm --json wrote");
  }
  if (files.length > MOST_FILES) throw new UsageError(`report: ${files.length} files, expected at most ${MOST_FILES}`);
  if (output === undefined && svg === undefined && merge === undefined) {
    throw new UsageError("report: expected --output, --svg, --merge or several of them");
  }
  const read = files.map(readReport);
  const reports = merge === undefined ? read : [merged(read, merge)];
  if (output !== undefined || svg !== undefined) await drawn(reports, { output, svg, title });
  const isMissed = ({ parsed }: NamedReport) => parsed.kind === "load" && parsed.report.thresholds.some(({ held }) => !held);
  if (merge !== undefined && reports.some(isMissed)) process.exit(EXIT_ENDED);
}

async function drawn(
  reports: readonly NamedReport[],
  { output, svg, title }: Pick<ReportCommandOptions, "output" | "svg" | "title">,
): Promise<void> {
  const loads = loadRunsOf(reports);
  const storms = stormRunsOf(reports);
  const drawings = await draw([...loadCharts(loads), ...stormCharts(storms)]);
  if (output !== undefined) write(output, pageOf(title, loads, storms, drawings));
  if (svg === undefined) return;
  made(svg);
  for (const drawing of drawings) write(join(svg, `${drawing.id}.svg`), standAlone(drawing));
}

/** One report of all, which stands in a file, too, and is told as `load` tells its own. */
function merged(reports: readonly NamedReport[], path: string): NamedReport {
  try {
    const report = mergeLoads(reports.map(({ name, parsed }) => {
      if (parsed.kind === "load") return parsed.report;
      throw new RangeError(`${name} is of a storm, expected parts of one load`);
    }));
    write(path, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(loadLines(report).join("\n"));
    return { name: "all machines", parsed: { kind: "load", report } };
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`report: --merge: ${error.message}`) : error;
  }
}

function readReport(words: string): NamedReport {
  const [, name, file] = /^([^=/]+)=(.+)$/s.exec(words) ?? [undefined, basename(words).replace(/\.json$/, ""), words];
  try {
    const octets = readFileSync(file);
    if (octets.length > LARGEST_FILE) throw new RangeError(`${octets.length} octets, expected at most ${LARGEST_FILE}`);
    return { name, parsed: parseReport(new TextDecoder().decode(octets)) };
  } catch (error) {
    throw new UsageError(`report: ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`report: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function made(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`report: --svg: ${error instanceof Error ? error.message : String(error)}`);
  }
}
