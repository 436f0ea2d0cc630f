import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { breakLine, breakSum } from "../../scripts/conformance/break_report.ts";
import { noticersOf, outcomeUnnoticed, type RowOutcome, verdictOf } from "../../scripts/conformance/break_verdict.ts";
import { BrokenCopy } from "../../scripts/conformance/broken_copy.ts";
import { filesByClaim, quickAndSlow } from "../../scripts/conformance/claims.ts";
import { tryBreaks } from "../../scripts/conformance/try_breaks.ts";
import { BREAKS } from "../conformance/breaks.ts";
import type { Break } from "../conformance/breaks/break.ts";
import { REQUIREMENTS } from "../conformance/requirements.ts";

const TOP = fileURLToPath(new URL("../..", import.meta.url));

const SUM = 'export function sum(a: number, b: number): number {\n  return a + b;\n}\n\nexport const NAME = "sum";\n';
const TESTS = `import assert from "node:assert/strict";
import { test } from "node:test";
import { NAME, sum } from "../../src/room/sum.ts";
test("[R-1-1] two and two are four", () => assert.equal(sum(2, 2), 4));
test("[R-1-1] [R-1-2] nothing and nothing are nothing", () => assert.equal(sum(0, 0), 0));
test("it has a name, of which no requirement knows", () => assert.equal(NAME, "sum"));
`;

test("a break is noticed if a test that claims its row fails; every other end of it is told with the reason", async () => {
  await withCheckout({ "src/room/sum.ts": SUM, "tests/room/sum_test.ts": TESTS }, async (checkout) => {
    const minus = { within: "src", before: "a + b", after: "a - b" };
    const breaks: Break[] = [
      { ...minus, rows: ["R-1-1"], what: "minus" },
      { ...minus, rows: ["R-1-2"], what: "minus where it makes no difference" },
      { ...minus, rows: ["R-1-1", "R-1-2"], what: "minus, of which one row's test knows nothing" },
      { ...minus, rows: ["R-1-3"], what: "a row without a test" },
      { rows: ["R-1-1"], within: "src", before: '"sum"', after: '"minus"', what: "only who claims nothing notices" },
      { rows: ["R-1-1"], within: "src", before: "a * b", after: "a - b", what: "not there any more" },
      { rows: ["R-1-1"], within: "src", before: "sum", after: "minus", what: "twice there" },
      { rows: ["R-1-1"], within: "src/moved.ts", before: "a + b", after: "a - b", what: "a file that has moved" },
      { rows: ["R-1-1"], within: "src", before: "return a", after: "retrun a", what: "no program" },
      { ...minus, rows: ["R-1-1"], and: [{ ...minus, before: "a * b" }], what: "half of it not there" },
    ];
    const told: string[] = [];
    const results = await tryBreaks(checkout, breaks, 2, {
      tried: (result) => told.push(breakLine(result)),
      failsAnyway: (title) => assert.fail(title),
    });
    assert.equal(results.length, breaks.length);
    const lines = breaks.map(({ what }) => told.find((line) => line.includes(`] ${what} (`)));
    for (
      const [index, expected] of [
        /^noticed {2}\[R-1-1\] minus \(src\)$/,
        /^MISSED .*: no test that claims R-1-2 notices$/,
        /^MISSED .*: no test that claims R-1-2 notices$/,
        /^MISSED .*: no test claims R-1-3$/,
        /^MISSED .*: no test that claims R-1-1 notices$/,
        /^MISSED .*: its text stands there no more/,
        /^MISSED .*: its text stands there more than once/,
        /^MISSED .*: there is no such path any more/,
        /^MISSED .*: the tests that claim R-1-1 do not load, or do not end$/,
        /^MISSED .*: its text stands there no more/,
      ].entries()
    ) assert.match(lines[index] ?? "", expected, breaks[index].what);
    assert.equal(breakSum(results), "1 passed, 9 failed, 0 skipped");
    assert.equal(readFileSync(join(checkout, "src/room/sum.ts"), "utf8"), SUM);
  });
});

test("a test that fails where nothing is broken is told, and notices nothing; the others of its row still do", async () => {
  const failing = TESTS.replace('test("', 'test("[R-1-1] zero is (one)?", () => assert.equal(sum(0, 0), 1));\ntest("');
  await withCheckout({ "src/room/sum.ts": SUM, "tests/room/sum_test.ts": failing }, async (checkout) => {
    const minus = { within: "src", before: "a + b", after: "a - b", what: "minus" };
    const lines: string[] = [];
    await tryBreaks(checkout, [{ ...minus, rows: ["R-1-1"] }, { ...minus, rows: ["R-1-2"] }], 1, {
      tried: (result) => lines.push(breakLine(result)),
      failsAnyway: (title) => lines.push(title),
    });
    assert.deepEqual(lines, [
      "[R-1-1] zero is (one)?",
      "noticed  [R-1-1] minus (src)",
      "MISSED   [R-1-2] minus (src): no test that claims R-1-2 notices",
    ]);
  });
});

test("a row whose every test is skipped on this machine is skipped, and one of whose tests runs is judged by that", () => {
  const skipped = { title: "[R-1-1] needs a server", outcome: "skipped" } as const;
  const passed = { title: "[R-1-1] [R-1-2] needs nothing", outcome: "passed" } as const;
  assert.equal(outcomeUnnoticed("R-1-1", [skipped]), "skipped");
  assert.equal(outcomeUnnoticed("R-1-1", [skipped, passed]), "missed");
  assert.equal(outcomeUnnoticed("R-1-3", [skipped, passed]), "no test");
  assert.deepEqual(noticersOf("R-1-1", [skipped, { ...passed, outcome: "failed" }]), [passed.title]);
  assert.deepEqual(noticersOf("R-1-3", [{ ...passed, outcome: "failed" }]), []);
});

test("a break is noticed when all its rows are, skipped when all others are noticed, and missed else", () => {
  const kindOf = (...outcomes: RowOutcome[]) =>
    verdictOf(new Map(outcomes.map((outcome, index) => [`R-1-${index}`, outcome]))).kind;
  assert.equal(kindOf("noticed", "noticed"), "noticed");
  assert.equal(kindOf("noticed", "skipped"), "skipped");
  for (const outcome of ["missed", "no test", "no report"] as const) {
    assert.equal(kindOf("noticed", "skipped", outcome), "missed");
  }
});

test("a copy is broken by one break at a time, mended after it, and gone in the end; what is built is not copied", async () => {
  await withCheckout({ "src/a.ts": "one two", "target/b.ts": "built", ".git/c": "" }, (checkout) => {
    const copy = new BrokenCopy(checkout);
    const text = () => readFileSync(join(copy.top, "src/a.ts"), "utf8");
    const change = { within: "src", rows: [], what: "" };
    assert.deepEqual(readdirSync(copy.top), ["src"]);
    const twice = { ...change, before: "one", after: "1", and: [{ within: "src/a.ts", before: "two", after: "2" }] };
    assert.equal(copy.apply(twice), "applied");
    assert.equal(text(), "1 2");
    assert.equal(copy.apply({ ...change, before: "two", after: "$&" }), "applied");
    assert.equal(text(), "one $&");
    copy.mend();
    assert.equal(text(), "one two");
    copy.remove();
    assert.equal(existsSync(copy.top), false);
  });
});

test("files are found by the identifiers in them, the slow rooms apart, without those that are not run here", async () => {
  const claims = 'test("[R-1-1] x", () => {});';
  const files = {
    "tests/cli/a_test.ts": claims,
    "tests/ike/b_test.ts": claims,
    "tests/ike/c.ts": claims,
    "tests/interop/d_test.ts": claims,
  };
  await withCheckout(files, (checkout) => {
    const found = ["tests/cli/a_test.ts", "tests/ike/b_test.ts"];
    assert.deepEqual([...filesByClaim(checkout)], [["R-1-1", found]]);
    assert.deepEqual(quickAndSlow(found), [["tests/ike/b_test.ts"], ["tests/cli/a_test.ts"]]);
    assert.deepEqual(quickAndSlow(found.slice(1)), [["tests/ike/b_test.ts"]]);
  });
});

test("every break that is kept is of rows that there are and some test claims, and fits the source as it is now", () => {
  const ids = new Set(REQUIREMENTS.map(({ id }) => id));
  assert.equal(new Set(BREAKS.map(({ what }) => what)).size, BREAKS.length, "each is told by what is wrong then");
  const claims = filesByClaim(TOP);
  const copy = new BrokenCopy(TOP);
  try {
    const stale = [];
    for (const broken of BREAKS) {
      for (const row of broken.rows) assert.ok(ids.has(row) && claims.has(row), `${row}: ${broken.what}`);
      const applied = copy.apply(broken);
      if (applied !== "applied") stale.push(`${broken.what}: ${applied}`);
    }
    assert.deepEqual(stale, []);
  } finally {
    copy.remove();
  }
});

test("the command says how it is used, and refuses rows that no break is kept of", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["run", "-A", "--quiet", "--no-check", join(TOP, "scripts", "conformance.ts"), ...args], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
  const help = run("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--break \[<row> …\]/);
  const unknown = run("--break", "R-0-0");
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /no break of R-0-0 is kept/);
  assert.equal(run("--break", "--json").status, 2);
  assert.equal(run("R-1-1").status, 2);
});

async function withCheckout(
  files: Readonly<Record<string, string>>,
  body: (checkout: string) => void | Promise<void>,
): Promise<void> {
  const checkout = mkdtempSync(join(tmpdir(), "breaks-test-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      writeFileSync(join(checkout, path), text);
    }
    await body(checkout);
  } finally {
    rmSync(checkout, { recursive: true });
  }
}
