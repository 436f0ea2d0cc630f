/**
 * `deno task conformance`: which requirements are proven, by which tests. Runs the tests, or reads reports of a run.
 *
 * Usage: deno task conformance [--json] [--write | --check] [--report <file> …]
 *
 * --json prints {"rows": [{"id", "status": "proven" | "open", "tests": [title, …]}]}; --write writes docs/conformance.md, --check fails
 * where a row of it is not what this run says; --report reads a
 * report of `deno test --junit-path` instead of running the tests, and may be given more than once. Exit status 0: every test passed;
 * 1: one did not, or a title carries an identifier that does not exist; 2: the options make no sense. Open rows alone are no failure.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { REQUIREMENTS } from "../tests/conformance/requirements.ts";
import { parseJunitReport, type TestResult } from "./conformance/junit_report.ts";
import { differingRows, matrixDocument, matrixOf, matrixText, unknownIdentifiers } from "./conformance/matrix.ts";

const TOP = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENT = join(TOP, "docs", "conformance.md");
const TEST = ["test", "-A", "--parallel", "--quiet", "--ignore=tests/interop,tests/runtimes"];

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface Options {
  readonly json?: boolean;
  readonly write?: boolean;
  readonly check?: boolean;
  readonly report?: readonly string[];
}

process.exitCode = main(optionsOf(process.argv.slice(2)));

function main({ json, write, check, report }: Options): number {
  let run: TestRun;
  try {
    run = report ? { results: report.flatMap(resultsIn) } : runTests();
  } catch (error) {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_FAILED;
  }
  const { results, complaint } = run;
  const rows = matrixOf(REQUIREMENTS, results);
  const document = matrixDocument(REQUIREMENTS, rows);
  if (write) writeFileSync(DOCUMENT, document);
  process.stdout.write(json ? `${JSON.stringify({ rows }, undefined, 2)}\n` : matrixText(REQUIREMENTS, rows));

  const complaints = [
    ...(complaint === undefined ? [] : [complaint]),
    ...results.filter(({ outcome }) => outcome === "failed").map(({ title }) => `failed: ${title}`),
    ...unknownIdentifiers(REQUIREMENTS, results).map((id) => `no requirement has the identifier ${id}`),
    ...(check ? differingRows(readFileSync(DOCUMENT, "utf8"), document).map(stale) : []),
  ];
  for (const line of complaints) console.error(`conformance: ${line}`);
  return complaints.length === 0 ? 0 : EXIT_FAILED;
}

function stale(id: string): string {
  return `docs/conformance.md says otherwise of ${id}: write it anew with deno task conformance --write`;
}

interface TestRun {
  readonly results: TestResult[];
  readonly complaint?: string;
}

/** All tests that need nothing but this checkout. Their own output goes to standard error if one fails. */
function runTests(): TestRun {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const path = join(folder, "report.xml");
    const { status, stdout, stderr } = spawnSync(process.execPath, [...TEST, `--junit-path=${path}`, "tests/"], {
      cwd: TOP,
      encoding: "utf8",
      maxBuffer: Infinity,
    });
    if (status === 0) return { results: resultsIn(path) };
    process.stderr.write(stdout + stderr);
    // Tests that do not compile leave no report.
    const results = existsSync(path) ? resultsIn(path) : [];
    return { results, complaint: `the tests ended with exit status ${status}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws {Error} the report cannot be read: which, and why. */
function resultsIn(path: string): TestResult[] {
  try {
    return parseJunitReport(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function optionsOf(args: readonly string[]): Options {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: "boolean" },
        write: { type: "boolean" },
        check: { type: "boolean" },
        report: { type: "string", multiple: true },
      },
    }).values;
  } catch (error) {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(EXIT_USAGE);
  }
}
