import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeSessions, encodeSessions } from "../../bench/core/session_file.ts";
import type { CoreReport } from "../../bench/core/report.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const folder = new TemporaryFolder("ike-resume-bench-test-");
after(() => folder.remove());

test("bench core --json has the fields that are documented, and says that native ring is absent", async () => {
  const { status, stdout, stderr } = await bench("core", "--quick", "--json");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as CoreReport;
  assert.match(report.runtime, /^deno \d/);
  assert.ok(report.cpu.length > 0);
  assert.equal(report.checked, true);
  assert.equal(report.quick, true);
  const { "native-ring": ring, "native-rustcrypto": rustCrypto, ...present } = report.us_per_resumption;
  assert.deepEqual([ring, rustCrypto, report.ratio.vs_native_ring], [null, null, null]);
  assert.match(report.native, /^absent: there is no cargo$/);
  const names = ["noble", "node", "node-hkdf", "webcrypto", "rustcrypto-wasm", "ring-wasm", "core"];
  assert.deepEqual(Object.keys(present), names);
  for (const name of names) assert.ok(isTime(present[name]), name);
  assert.deepEqual(Object.keys(report.by_batch), ["1", "8", "64", "512"]);
  assert.equal(report.by_batch["64"], present["core"]);
  const { vs_noble, vs_node_best, two_workers } = report.ratio;
  for (const ratio of [...Object.values(report.by_batch), vs_noble, vs_node_best, two_workers]) assert.ok(isTime(ratio));
  assert.equal(Object.keys(report.us_per_operation).length, 10);
});

test("a wrong output ends bench core with status 1, names implementation and operation, and gives no time", async () => {
  const path = join(folder.path, "sessions");
  assert.equal((await bench("core", "--write-sessions", path)).status, 0);
  const sessions = decodeSessions(readFileSync(path));
  sessions[3].expected.childKeys[0] ^= 1;
  writeFileSync(path, encodeSessions(sessions));
  const { status, stdout, stderr } = await bench("core", "--quick", "--json", "--sessions", path);
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^bench core: noble: child keys: the output of session 3 of a batch is wrong\. No time counts\.$/m);
});

test("bench refuses what it does not know with status 2, and explains itself on request", async () => {
  for (const words of [["core", "--slow"], ["core", "--runtime", "bun"], ["core", "now"], ["kernel"]]) {
    const { status, stdout, stderr } = await bench(...words);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /Usage: deno task bench core/);
  }
  const { status, stdout } = await bench("core", "--help");
  assert.equal(status, 0);
  assert.match(stdout, /--runtime deno\|node/);
});

/** On a machine without Rust: nothing is to be built here. */
function bench(...words: string[]): Promise<Ended> {
  const options = ["run", "--allow-all", "--quiet", ENTRY, ...words];
  return ended(
    spawn(process.execPath, options, { env: { ...process.env, PATH: folder.path }, stdio: ["ignore", "pipe", "pipe"] }),
  );
}

function isTime(value: number | null): boolean {
  return value !== null && Number.isFinite(value) && value > 0;
}
