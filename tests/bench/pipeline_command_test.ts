import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { PipelineReport } from "../../bench/pipeline/report.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WORDS = ["run", "--allow-all", "--quiet", ENTRY, "pipeline"];
const IN_GIT = isInGit() ? {} : { skip: "this is no checkout of a commit" };

test("bench pipeline --json has the fields that are documented, with the providers that were asked for", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--json", "--providers", "wasm,ts", "--waves", "1", "--no-lane");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as PipelineReport;
  assert.match(report.runtime, /^deno \d/);
  assert.ok(report.cpu.length > 0);
  assert.deepEqual([report.checked, report.quick, report.lane, report.steady], [true, true, false, false]);
  assert.deepEqual([report.processes, report.against], [1, null]);
  for (const times of [report.us, report.thread_us, report.least_us]) {
    assert.deepEqual(Object.keys(times), ["wasm", "ts"]);
    assert.ok(Object.values(times).every(isTime));
  }
  assert.deepEqual(Object.keys(report.split_us), ["core", "codec", "state"]);
  const { core, codec, state } = report.split_us;
  assert.ok(Math.abs(core + codec + state - report.us["wasm"]) < 0.1, "the parts are the whole");
  assert.deepEqual(Object.keys(report.by_wave), ["1", "64"]);
  assert.equal(report.by_wave["64"], report.us["wasm"]);
  assert.deepEqual(Object.keys(report.cold_us), ["64"]);
  assert.deepEqual(Object.keys(report.cold_us_by_provider), ["wasm", "ts"]);
  assert.ok(isTime(report.ratio.ts_to_wasm));
  assert.equal(report.ratio.node_to_wasm, null);
  assert.ok(Object.keys(report.rooms_us).some((room) => room.startsWith("src/ike")));
  assert.ok(Object.keys(report.functions_us).length > 0);
  assert.ok(report.allocated_octets > 1_000);
  assert.ok(Object.keys(report.functions_allocated).some((name) => name.includes(" src/ike/")));
});

test("bench pipeline --steady has all clients come back to one gateway, each in the place of its own IKE SA", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--json", "--providers", "wasm", "--waves", "1", "--steady");
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as PipelineReport;
  assert.equal(report.steady, true);
  assert.ok(isTime(report.us["wasm"]));
  // Of 64 that arrive together, whatever came in other passes before.
  assert.ok(report.mean_wave > 8 && report.mean_wave <= 64, `${report.mean_wave}`);
});

test("bench pipeline says what it cannot do with status 2, and explains itself on request", async () => {
  const wrong: [words: string[], said: RegExp][] = [
    [["--providers", "openssl"], /^bench pipeline: --providers: openssl is no provider, expected wasm, node, ts$/m],
    [["--waves", "0"], /^bench pipeline: --waves is 0, expected a whole number from 1 to 4096$/m],
    [["--clients", "63"], /^bench pipeline: --clients is 63, expected a whole number from 64 to 8000$/m],
    [["--runtime", "bun"], /^bench pipeline: --runtime is bun, expected deno or node$/m],
    [["--slow"], /^bench pipeline: .*--slow.*\n$/],
  ];
  for (const [words, said] of wrong) {
    const { status, stdout, stderr } = await bench(...words);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, said);
  }
  const { status, stdout } = await bench("--help");
  assert.equal(status, 0);
  assert.match(stdout, /--against REF/);
});

test("bench pipeline against a commit that there is not says so in one line", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--against", "no-such-commit");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^bench pipeline: --against no-such-commit: git rev-parse: .*\n$/);
});

test("bench pipeline against another commit measures both in turn, and leaves no checkout behind", IN_GIT, async () => {
  const { status, stdout, stderr } = await bench("--quick", "--against", "HEAD", "--providers", "node", "--waves", "4");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^against HEAD \([0-9a-f]{7,}\) +µs this\/that +of least quartiles$/m);
  assertGone(stderr);
  const json = await bench("--quick", "--json", "--against", "HEAD", "--providers", "node", "--waves", "4");
  assert.equal(json.stderr, "");
  const { us, against } = JSON.parse(json.stdout) as PipelineReport;
  assert.ok(against);
  assert.deepEqual([against.ref, Object.keys(against.by_wave)], ["HEAD", ["4", "64"]]);
  // One pass of each: all ratios are the same one.
  const ratio = us["node"] / against.us["node"];
  for (const one of [against.ratio, against.ratio_of_least]) assert.ok(Math.abs(one["node"] - ratio) < 0.01);
  assert.deepEqual(against.ratio_spread["node"], [against.ratio["node"], against.ratio["node"]]);
});

test("bench pipeline that is interrupted leaves no checkout and no process behind", IN_GIT, async () => {
  const child = spawn(process.execPath, [...WORDS, "--against", "HEAD", "--providers", "node", "--passes", "100"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  let isInterrupted = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (isInterrupted || !/^process 1 /m.test(said)) return;
    isInterrupted = true;
    child.kill("SIGINT");
  });
  // The measured processes have its standard error as well: it closes when all are gone.
  const [status, signal] = await once(child, "close");
  // Deno takes a status of 130 for the signal that it stands for.
  assert.ok(status === 130 || signal === "SIGINT", said);
  assert.doesNotMatch(said, /error/);
  assertGone(said);
});

/** What the bench has said where its second checkout was. */
function assertGone(said: string): void {
  const path = / is checked out in (\S+) for a while$/m.exec(said)?.[1];
  assert.ok(path);
  assert.equal(existsSync(path), false);
  assert.equal(git("worktree", "list").includes(path), false);
}

function git(...words: string[]): string {
  return execFileSync("git", ["-C", ROOT, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function isInGit(): boolean {
  try {
    return git("rev-parse", "--verify", "HEAD") !== "";
  } catch {
    return false;
  }
}

function bench(...words: string[]): Promise<Ended> {
  return ended(spawn(process.execPath, [...WORDS, ...words], { stdio: ["ignore", "pipe", "pipe"] }));
}

function isTime(value: number | null): boolean {
  return value !== null && Number.isFinite(value) && value > 0;
}
