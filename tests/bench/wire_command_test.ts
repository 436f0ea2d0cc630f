import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { WireReport } from "../../bench/wire/report.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const ON_LINUX = process.platform === "linux" ? {} : { skip: "processor time of other processes is read from /proc" };
const FIELDS = [
  ...["runtime", "runtime_version", "checkout", "transport", "provider", "workers"],
  ...["resumptions_per_cpu_s", "fulls_per_cpu_s", "resumptions_per_s", "one_at_a_time_us", "cold_s", "start_s", "cold_cpu_s"],
  ...[
    "generator_cpu_share",
    "gateway_cpu_share",
    "other_load",
    "lost",
    "one_at_a_time_latency_ms",
    "latency",
    "datagrams_per_wave",
  ],
];

test(
  "bench wire --json has the fields that are documented, a run for each combination, and loses nobody",
  ON_LINUX,
  async () => {
    const words = ["--quick", "--json", "--clients", "70", "--resumptions", "100", "--fulls", "20", "--provider", "wasm,ts"];
    const { status, stdout, stderr } = await bench("wire", ...words);
    assert.equal(status, 0, stderr);
    assert.equal(stderr, "");
    const report = JSON.parse(stdout) as WireReport;
    assert.ok(report.cpu.length > 0);
    assert.match(report.generator, /^deno \d/);
    assert.deepEqual([report.quick, report.clients, report.resumptions, report.fulls], [true, 70, 100, 20]);
    assert.deepEqual(report.runs.map(({ provider }) => provider), ["wasm", "ts"]);
    for (const run of report.runs) {
      assert.deepEqual(Object.keys(run), FIELDS);
      assert.deepEqual([run.runtime, run.workers, run.checkout, run.lost], ["deno", 1, null, 0]);
      assert.ok(run.resumptions_per_cpu_s! > 0 && run.fulls_per_cpu_s! > 0 && run.one_at_a_time_us! > 0);
      assert.ok(run.start_s! > 0 && run.cold_s! > run.start_s!);
      assert.deepEqual(run.latency.map(({ load }) => load), [25, 50, 75, 100]);
      for (const { rate, latency_ms } of run.latency) assert.ok(rate > 0 && latency_ms !== null);
    }
  },
);

test("bench wire measures what it is told to alone", ON_LINUX, async () => {
  const { status, stdout } = await bench("wire", "--quick", "--json", "--clients", "10", "--only", "cold", "--repeat", "2");
  assert.equal(status, 0);
  const [run] = (JSON.parse(stdout) as WireReport).runs;
  assert.ok(run.cold_s! > 0);
  assert.deepEqual([run.resumptions_per_cpu_s, run.fulls_per_cpu_s, run.one_at_a_time_us, run.latency], [null, null, null, []]);
});

test("bench wire says what it cannot do with status 2, before it measures anything", async () => {
  const { status, stdout, stderr } = await bench("wire", "--only", "lunch");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^bench wire: --only: lunch is none of cold, burst, capacity, one, latency, full$/m);
  const help = await bench("wire", "--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^Exit status: 0 if /m);
});

function bench(...words: string[]): Promise<Ended> {
  const options = ["run", "--allow-all", "--quiet", ENTRY, ...words];
  return ended(spawn(process.execPath, options, { stdio: ["ignore", "pipe", "pipe"] }));
}
