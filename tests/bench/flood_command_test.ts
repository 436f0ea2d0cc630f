import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ATTACK_KINDS } from "../../bench/flood/kinds.ts";
import type { FloodReport } from "../../bench/flood/report.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const ON_LINUX = process.platform === "linux" ? {} : { skip: "other systems have one loopback address alone" };
const FIELDS = [
  ...["kind", "ratio", "kept", "kept_by_second", "latency_ms_p95_by_second", "us_per_datagram"],
  ...["offered", "resumed", "full", "failed", "latency_ms", "gateway_cpu_us", "rss_growth_bytes", "clients_lag_ms"],
  ...["other_load", "gateway_waited", "sent", "answers", "dropped_by_kernel", "attacker_lag_ms", "bottleneck", "counters"],
];

test("bench flood --json has the fields that are documented, and counts clients by their own word", ON_LINUX, async () => {
  const kinds = ["init-p384", "used-tickets-one-spi"];
  const words = ["--quick", "--json", "--rate", "10", "--ratios", "2", "--store-delay", "2", "--kinds", kinds.join(",")];
  const { status, stdout, stderr } = await bench("flood", ...words);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as FloodReport;
  assert.match(report.runtime, /^deno \d/);
  assert.equal(report.provider, "wasm");
  assert.ok(report.cpu.length > 0);
  assert.deepEqual([report.quick, report.rate, report.seconds, report.store_delay_ms], [true, 10, 1, 2]);
  assert.deepEqual(report.points.map(({ kind, ratio }) => [kind, ratio]), kinds.map((kind) => [kind, 2]));
  for (const point of report.points) {
    assert.deepEqual(Object.keys(point), FIELDS);
    const failed = Object.values(point.failed).reduce((sum, count) => sum + count, 0);
    assert.equal(point.offered, 10);
    assert.equal(point.resumed + point.full + failed, point.offered);
    assert.equal(point.kept, Math.min(1, point.resumed / report.baseline.resumed));
    // The gateway's word is no less: it may have let one in whose answer came too late.
    assert.ok((point.counters.ike_sas_resumed_total ?? 0) >= point.resumed);
    assert.ok(point.sent > 0 && point.us_per_datagram >= 0);
  }
  assert.ok(report.points[1].counters.tickets_refused_total > 0, "used tickets are refused");
  assert.equal(report.rss_growth_bytes, Math.max(...report.points.map(({ rss_growth_bytes }) => rss_growth_bytes)));
});

test("bench flood says what it cannot do with status 2, and names every kind on request", async () => {
  const { status, stdout, stderr } = await bench("flood", "--kinds", "rain");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^bench flood: --kinds: rain is no kind of attack$/m);
  const help = await bench("flood", "--help");
  assert.equal(help.status, 0);
  for (const { name } of ATTACK_KINDS) assert.match(help.stdout, new RegExp(`^  ${name} `, "m"));
  assert.match(help.stdout, /^Exit status: 0 if /m);
});

function bench(...words: string[]): Promise<Ended> {
  const options = ["run", "--allow-all", "--quiet", ENTRY, ...words];
  return ended(spawn(process.execPath, options, { stdio: ["ignore", "pipe", "pipe"] }));
}

test("a bench that is stopped prints what it has until then, and that it is not the whole", ON_LINUX, async () => {
  const words = ["--quick", "--rate", "10", "--ratios", "2", "--kinds", "init-p384,garbage", "--json"];
  const early = spawn(process.execPath, ["run", "--allow-all", "--quiet", ENTRY, "flood", ...words]);
  const nothing = ended(early);
  early.kill("SIGINT");
  assert.equal((await nothing).stdout, "");

  const child = spawn(process.execPath, ["run", "--allow-all", "--quiet", ENTRY, "flood", ...words.slice(0, -1)]);
  const end = ended(child);
  // It has begun with the second kind: the first is measured.
  await new Promise<void>((resolve) => child.stderr.on("data", (text) => /^garbage,/m.test(String(text)) && resolve()));
  process.kill(child.pid!, "SIGINT");
  const { status, stdout, stderr } = await end;
  assert.equal(status, 130);
  assert.match(stdout, /init-p384/);
  assert.doesNotMatch(stdout, /garbage/);
  assert.match(stderr, /^bench: stopped: that is what was measured until then$/m);
});
