import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { PipelineReport } from "../../bench/pipeline/report.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("bench pipeline --json has the fields that are documented, with the providers that were asked for", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--json", "--providers", "wasm,ts", "--waves", "1");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as PipelineReport;
  assert.match(report.runtime, /^deno \d/);
  assert.ok(report.cpu.length > 0);
  assert.deepEqual([report.checked, report.quick, report.processes, report.against], [true, true, 1, null]);
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

test("bench pipeline against a commit that there is not says so in one line, and leaves no checkout behind", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--against", "no-such-commit");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^bench pipeline: --against no-such-commit: git rev-parse: .*\n$/);
  assert.doesNotMatch(worktrees(), /bench-against/);
});

function worktrees(): string {
  try {
    return execFileSync("git", ["-C", ROOT, "worktree", "list"], { encoding: "utf8" });
  } catch {
    return "";
  }
}

function bench(...words: string[]): Promise<Ended> {
  const options = ["run", "--allow-all", "--quiet", ENTRY, "pipeline", ...words];
  return ended(spawn(process.execPath, options, { stdio: ["ignore", "pipe", "pipe"] }));
}

function isTime(value: number | null): boolean {
  return value !== null && Number.isFinite(value) && value > 0;
}
