import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "report-command-"));
after(() => rmSync(FOLDER, { recursive: true }));
const LOAD = join(FOLDER, "load.json");
writeFileSync(
  LOAD,
  JSON.stringify({
    target: "127.0.0.1 port 500",
    scenario: "full",
    clients: 1,
    seed: 1,
    runtime: "deno",
    cpu: "a processor",
    started_at: "2026-01-01T00:00:00.000Z",
    seconds: 1,
    interrupted: false,
    operations: { full: { succeeded: 1, failed: 0, per_s: 1, latency_ms: null, histogram: [] } },
    failed: 0,
    failures: {},
    series: [{ second: 1, begun: 1, succeeded: 1, failed: 0, p50_ms: 1, p99_ms: 1, up: 0 }],
    generator: { cpu_share: 0, lag_ms: null, turns_left_out: 0, warnings: [] },
    thresholds: [],
  }),
);

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /no file was named/],
  [[LOAD], /expected --output, --svg, --merge or several/],
  [["absent.json", "-o", "page.html"], /absent\.json: .*(no such file|ENOENT)/i],
  [[join(FOLDER, "no.json"), "-o", "page.html"], /no\.json: not a report of load --json: at target/],
  [[LOAD, "-o", join(FOLDER, "absent", "page.html")], /absent/],
];
writeFileSync(join(FOLDER, "no.json"), "{}");

for (const [words, message] of REFUSED) {
  test(`"report ${words.join(" ").replaceAll(FOLDER, "")}" is refused in one line, with status 2`, async () => {
    const { status, stderr } = await run("report", ...words);
    assert.equal(status, 2);
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

test("a page and pictures are made of a report, under the name that it was given", async () => {
  const page = join(FOLDER, "page.html");
  const pictures = join(FOLDER, "pictures");
  const { status, stderr } = await run("report", `mine=${LOAD}`, "-o", page, "--svg", pictures, "--title", "A title");
  assert.equal(status, 0, stderr);
  assert.match(readFileSync(page, "utf8"), /<h1>A title<\/h1>[^]*<h2>mine<\/h2>/);
  assert.deepEqual(readdirSync(pictures).sort(), ["latency-over-time.svg", "rate.svg"]);
});
