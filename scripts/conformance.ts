/**
 * `deno task conformance`: which requirements are proven, by which tests. Runs the tests, or reads reports of a run. With --break: whether
 * the proofs are good.
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
import { BREAKS } from "../tests/conformance/breaks.ts";
import { REQUIREMENTS } from "../tests/conformance/requirements.ts";
import { breakLine, breakSum } from "./conformance/break_report.ts";
import { parseJunitReport, type TestResult } from "./conformance/junit_report.ts";
import { differingRows, matrixDocument, matrixOf, matrixText, unknownIdentifiers } from "./conformance/matrix.ts";
import { tryBreaks } from "./conformance/try_breaks.ts";

const TOP = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENT = join(TOP, "docs", "conformance.md");
const TEST = ["test", "-A", "--parallel", "--quiet", "--ignore=tests/interop,tests/runtimes"];

/** Copies of the checkout that are broken at once. */
const WORKERS = 2;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const USAGE = `Usage: deno task conformance [--json] [--write | --check] [--report <file> …]
       deno task conformance --break [<row> …]
       deno task conformance --help

Which requirements are proven, and by which tests.

  --json            print {"rows": [{"id", "status": "proven" | "open", "tests": [title, …]}]}
  --write           write docs/conformance.md
  --check           fail where a row of docs/conformance.md is not what this run says
  --report <file>   read a report of "deno test --junit-path" instead of running the tests; may be given more than once
  --break [<row> …] break the source in one place after the other, in a copy: some test that claims the row has to fail under each
                    break of tests/conformance/breaks/, or under those of the rows given; prints a line for each, and their sum

Exit status 0: every test passed, every break was noticed; 1: a test did not pass, or a title carries an identifier that does not
exist, or a break was not noticed or does not fit the source any more; 2: the options make no sense. Open rows are no failure, nor
are breaks whose tests this machine has to skip.
`;

interface Options {
  readonly help?: boolean;
  /** The rows to break; none: all that there are breaks of. */
  readonly broken?: readonly string[];
  readonly json?: boolean;
  readonly write?: boolean;
  readonly check?: boolean;
  readonly report?: readonly string[];
}

const { help, broken, ...matrixOptions } = optionsOf(process.argv.slice(2));
if (help) process.stdout.write(USAGE);
else process.exitCode = broken ? await breakRows(broken) : printMatrix(matrixOptions);

async function breakRows(rows: readonly string[]): Promise<number> {
  const breaks = BREAKS.filter((entry) => rows.length === 0 || entry.rows.some((row) => rows.includes(row)));
  const without = rows.find((row) => !breaks.some((entry) => entry.rows.includes(row)));
  if (without !== undefined) {
    console.error(`conformance: no break of ${without} is kept in tests/conformance/breaks/`);
    return EXIT_USAGE;
  }
  try {
    const results = await tryBreaks(TOP, breaks, WORKERS, {
      tried: (result) => console.log(breakLine(result)),
      failsAnyway: (title) => console.error(`conformance: fails where nothing is broken: ${title}`),
    });
    console.log(breakSum(results));
    return results.some(({ verdict }) => verdict.kind === "missed") ? EXIT_FAILED : 0;
  } catch (error) {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_FAILED;
  }
}

function printMatrix({ json, write, check, report }: Options): number {
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
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean" },
        json: { type: "boolean" },
        write: { type: "boolean" },
        check: { type: "boolean" },
        report: { type: "string", multiple: true },
        break: { type: "boolean" },
      },
      allowPositionals: true,
    });
    const { help, break: breaks, ...ofMatrix } = values;
    if (breaks && Object.keys(ofMatrix).length > 0) throw new Error("--break goes with no other option");
    if (!breaks && positionals.length > 0) throw new Error(`${positionals[0]}: rows are named after --break alone`);
    return { ...ofMatrix, help, broken: breaks ? positionals : undefined };
  } catch (error) {
    console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(EXIT_USAGE);
  }
}
