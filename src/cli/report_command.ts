/**
 * `ike-resume report`: reports of loads and storms as a page that people look at.
 *
 * @module
 */
import type { Command } from "commander";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { draw, standAlone } from "../load/report/drawing.ts";
import { loadCharts } from "../load/report/load_charts.ts";
import { pageOf } from "../load/report/page.ts";
import { loadReportSchema, parseReport } from "../load/report/report_schema.ts";
import { loadRunsOf, type NamedReport, stormRunsOf } from "../load/report/runs.ts";
import { stormCharts } from "../load/report/storm_charts.ts";
import { UsageError } from "./exit_status.ts";

interface ReportCommandOptions {
  readonly output?: string;
  readonly svg?: string;
  readonly title: string;
  readonly schema?: boolean;
}

/** A report of a day at 1,000 clients has 10 MB. */
const LARGEST_FILE = 64 * 1_024 * 1_024;
const MOST_FILES = 64;

const EXAMPLES = `
Examples:
  ike-resume report outage.json -o outage.html
  ike-resume report before=a1.json before=a2.json after=b1.json after=b2.json -o comparison.html --svg pictures

Files of one name are repetitions: what is compared is their median, and the spread of the ratios is told. The first name is what
the others are compared to. Charts need the npm packages vega and vega-lite.`;

export function addReportCommand(program: Command): Command {
  return program.command("report")
    .description("Make a page with charts, in one file, of what load --json-file and storm --json wrote.")
    .argument("[files...]", "JSON files, each with a name before it if it is to have one: name=file")
    .option("-o, --output <file>", "the page, as HTML")
    .option("--svg <folder>", "each chart as a file of its own, for light and dark")
    .option("--title <text>", "what stands above it", "IKEv2 under load")
    .option("--schema", "print the JSON Schema of load --json, and nothing else")
    .addHelpText("after", EXAMPLES)
    .action(runReport);
}

async function runReport(files: readonly string[], { output, svg, title, schema }: ReportCommandOptions): Promise<void> {
  if (schema) return console.log(JSON.stringify(loadReportSchema(), undefined, 2));
  if (files.length === 0) {
    throw new UsageError("report: no file was named; expected what load --json-file or storm --json wrote");
  }
  if (files.length > MOST_FILES) throw new UsageError(`report: ${files.length} files, expected at most ${MOST_FILES}`);
  if (output === undefined && svg === undefined) throw new UsageError("report: expected --output, --svg or both");
  const reports = files.map(readReport);
  const loads = loadRunsOf(reports);
  const storms = stormRunsOf(reports);
  const drawings = await draw([...loadCharts(loads), ...stormCharts(storms)]);
  if (output !== undefined) write(output, pageOf(title, loads, storms, drawings));
  if (svg === undefined) return;
  made(svg);
  for (const drawing of drawings) write(join(svg, `${drawing.id}.svg`), standAlone(drawing));
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
