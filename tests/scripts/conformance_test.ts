import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseJunitReport } from "../../scripts/conformance/junit_report.ts";
import {
  differingRows,
  identifiersIn,
  matrixDocument,
  matrixOf,
  matrixText,
  statedRows,
  unknownIdentifiers,
} from "../../scripts/conformance/matrix.ts";
import { REQUIREMENTS } from "../conformance/requirements.ts";

const TOP = fileURLToPath(new URL("../..", import.meta.url));
const DOCUMENT = readFileSync(join(TOP, "docs", "conformance.md"), "utf8");

const TWO = [{ id: "R-1-1", text: "First." }, { id: "R-1-2", text: "Second | of *two*." }];

function report(...cases: string[]): string {
  return `<?xml version="1.0"?>\n<testsuites name="deno test"><testsuite name="a">${
    cases.join("\n")
  }</testsuite></testsuites>\n`;
}

const PASSED = `<testcase name="[R-1-1] passes &amp; &quot;proves&quot; (ts)" classname="a" time="0"></testcase>`;
const FAILED =
  `<testcase name="[R-1-2] fails"><failure message="x">&lt;testcase name=&quot;[R-1-1] no&quot;/&gt;</failure></testcase>`;
const SKIPPED = `<testcase name="[R-1-1] is skipped"><skipped/></testcase>`;

test("a report's tests come out with their titles and how they ended", () => {
  assert.deepEqual(parseJunitReport(report(PASSED, FAILED, SKIPPED, `<testcase name="short &#65;&#x42;"/>`)), [
    { title: '[R-1-1] passes & "proves" (ts)', outcome: "passed" },
    { title: "[R-1-2] fails", outcome: "failed" },
    { title: "[R-1-1] is skipped", outcome: "skipped" },
    { title: "short AB", outcome: "passed" },
  ]);
});

test("what is no report, or is cut off, is refused: half a report would prove what the other half refutes", () => {
  for (const text of ["", "{}", "<html></html>", report(PASSED).slice(0, -20)]) {
    assert.throws(() => parseJunitReport(text), { name: "ReportError" });
  }
});

test("a row is proven by passed tests alone: one that failed or was skipped leaves it open, and so does none", () => {
  const passed = { title: "[R-1-1] [R-1-2] both", outcome: "passed" } as const;
  const cases = [
    { results: [], first: "open", second: "open" },
    { results: [passed], first: "proven", second: "proven" },
    { results: [passed, { title: "[R-1-2] fails", outcome: "failed" }], first: "proven", second: "open" },
    { results: [passed, { title: "[R-1-1] skipped", outcome: "skipped" }], first: "open", second: "proven" },
    { results: [{ title: "R-1-1 without brackets", outcome: "passed" }], first: "open", second: "open" },
    { results: [{ title: "[R-1-11] another", outcome: "passed" }], first: "open", second: "open" },
  ] as const;
  for (const { results, first, second } of cases) {
    assert.deepEqual(matrixOf(TWO, results).map(({ status }) => status), [first, second], JSON.stringify(results));
  }
});

test("every test that carries the identifier is named, however it ended, each once", () => {
  const results = parseJunitReport(report(PASSED, FAILED, SKIPPED, PASSED));
  assert.deepEqual(matrixOf(TWO, results), [
    { id: "R-1-1", status: "open", tests: ['[R-1-1] passes & "proves" (ts)', "[R-1-1] is skipped"] },
    { id: "R-1-2", status: "open", tests: ["[R-1-2] fails"] },
  ]);
});

test("an identifier that no requirement has is found, since a proof would be lost by it", () => {
  const results = [{ title: "[R-1-1] [R-9.9-9] [C-A] x", outcome: "passed" }, {
    title: "[x] [R-] y",
    outcome: "passed",
  }] as const;
  assert.deepEqual(unknownIdentifiers(TWO, results), ["C-A", "R-9.9-9"]);
});

test("the document tells a test of every provider once, and no text ends its cell", () => {
  const results = ["wasm", "node", "ts"].map((name) => ({ title: `[R-1-2] a | b (${name})`, outcome: "passed" }) as const);
  const rows = matrixOf(TWO, results);
  const document = matrixDocument(TWO, rows);
  assert.match(document, /^\| R-1-2 \| Second \\\| of \\\*two\\\*\. \| proven \| a \\\| b \|$/m);
  assert.match(document, /^\| R-1-1 \| First\. \| open \| {2}\|$/m);
  assert.match(matrixText(TWO, rows), /^R-1-2 {5}proven {2}Second \| of \*two\*\.\n {18}\[R-1-2\] a \| b$/m);
  const open = matrixDocument(TWO, matrixOf(TWO, []));
  assert.deepEqual(differingRows(document, open), ["R-1-2"]);
  assert.deepEqual(differingRows(document, document), []);
  assert.deepEqual(differingRows(document, matrixDocument(TWO.slice(1), rows.slice(1))), ["R-1-1"]);
});

test("the requirements are the 179 rows of four documents, each once", () => {
  assert.equal(new Set(REQUIREMENTS.map(({ id }) => id)).size, REQUIREMENTS.length);
  const counts = ["R", "A", "B", "C"].map((letter) => REQUIREMENTS.filter(({ id }) => id.startsWith(`${letter}-`)).length);
  assert.deepEqual(counts, [63, 20, 23, 73]);
  for (const { id, text } of REQUIREMENTS) {
    assert.deepEqual(identifiersIn(`[${id}]`), [id]);
    assert.ok(text.length > 0 && !text.includes("\n"), id);
  }
});

// Whether its statuses are those of the tests is for a run of the tests to say: --check.
test("docs/conformance.md has every row, as the requirements have it", () => {
  const stated = statedRows(DOCUMENT);
  const expected = statedRows(matrixDocument(REQUIREMENTS, matrixOf(REQUIREMENTS, [])));
  assert.deepEqual([...stated.keys()], [...expected.keys()]);
  for (const [id, row] of stated) {
    assert.equal(row.replace(/^(proven|open) /, ""), expected.get(id)?.replace(/^open /, ""), id);
  }
});

test("the command reads reports, prints JSON of the agreed form, and fails for a failed test or an unknown identifier", () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-test-"));
  try {
    const carries = (id: string) => `<testcase name="[${id}] a title"></testcase>`;
    const files = {
      good: report(carries("R-4.1-1")),
      more: report(carries("C-A")),
      failed: report(FAILED),
      odd: report(carries("R-0-0")),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["run", "-A", "--quiet", "--no-check", join(TOP, "scripts", "conformance.ts"), ...args], {
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
    const good = run("--json", "--report", join(folder, "good"), "--report", join(folder, "more"));
    assert.equal(good.status, 0, good.stderr);
    const { rows, ...rest } = JSON.parse(good.stdout);
    assert.deepEqual(rest, {});
    assert.deepEqual(rows.map(({ id }: { id: string }) => id), REQUIREMENTS.map(({ id }) => id));
    const proven = rows.filter(({ status }: { status: string }) => status === "proven");
    assert.deepEqual(proven, [
      { id: "R-4.1-1", status: "proven", tests: ["[R-4.1-1] a title"] },
      { id: "C-A", status: "proven", tests: ["[C-A] a title"] },
    ]);
    const failed = run("--report", join(folder, "failed"));
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /failed: \[R-1-2\] fails/);
    assert.match(run("--report", join(folder, "odd")).stderr, /no requirement has the identifier R-0-0/);
    assert.equal(run("--report", join(folder, "none")).status, 1);
    assert.equal(run("--what").status, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
