import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import type { StormReport } from "../../src/load/storm_report.ts";
import { ended, run, signal, start } from "../cli/command_line.ts";
import { lacksRedis, RedisServer } from "../store/redis_server.ts";

const CLIENTS = 50;

test("a storm on wasm and ts brings every client back, and reports what was measured as one JSON object", async () => {
  const { status, stdout, stderr } = await run("storm", "--clients", `${CLIENTS}`, "--seed", "5", "--json");
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 1);
  const report: StormReport = JSON.parse(lines[0]);
  assert.deepEqual(Object.keys(report), [
    "runtime",
    "cpu",
    "clients",
    "seed",
    "auth",
    "store",
    "tickets",
    "profile",
    "runs",
    "ratio",
  ]);
  assert.equal(report.clients, CLIENTS);
  assert.equal(report.seed, 5);
  assert.equal(report.auth, "psk");
  assert.match(report.runtime, /^(deno|node) \d/);
  assert.deepEqual(report.runs.map(({ provider }) => provider), ["wasm", "ts"]);
  for (const measured of report.runs) {
    assert.deepEqual(Object.keys(measured), [
      "provider",
      "resumed",
      "failed",
      "wall_ms",
      "resumptions_per_s",
      "gateway_cpu_us_per_full",
      "gateway_cpu_us_per_resumption",
      "latency_ms",
    ]);
    assert.deepEqual([measured.resumed, measured.failed], [CLIENTS, 0]);
    assert.deepEqual(Object.keys(measured.latency_ms ?? {}), ["p50", "p95", "p99"]);
    assert.ok(measured.wall_ms > 0 && measured.gateway_cpu_us_per_full > 0 && measured.gateway_cpu_us_per_resumption > 0);
  }
  assert.ok(report.ratio.resumed_to_full !== null && report.ratio.wasm_to_ts !== null);
  assert.match(stderr, /wasm: 50 full exchanges\nwasm: 50 resumptions\nts: 50 full exchanges\nts: 50 resumptions\n/);
});

for (const auth of ["certificate", "eap"]) {
  test(`a storm whose clients first prove themselves by ${auth} brings every client back by its ticket, and says so`, async () => {
    const { status, stdout, stderr } = await run("storm", "--clients", "40", "--provider", "wasm", "--auth", auth, "--json");
    assert.equal(status, 0, stderr);
    const report: StormReport = JSON.parse(stdout);
    assert.equal(report.auth, auth);
    assert.deepEqual([report.runs[0].resumed, report.runs[0].failed], [40, 0]);
  });
}

test("a storm by certificates goes with workers and tickets by reference, and its line for people names the kind", async () => {
  const options = ["--clients", "30", "--provider", "wasm", "--auth", "certificate", "--workers", "2"];
  const { status, stdout, stderr } = await run("storm", ...options, "--store", "sqlite", "--tickets", "reference");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^[^\n]*, 30 clients by certificate, seed 1\nwasm: 30 resumed, 0 failed/);
});

test("a storm by an authentication that there is not is refused with what is allowed", async () => {
  const { status, stderr } = await run("storm", "--auth", "kerberos");
  assert.equal(status, 2);
  assert.match(stderr, /psk, certificate, eap/);
});

test("a storm over a network that loses every twentieth datagram still brings every client back", async () => {
  const { status, stdout, stderr } = await run("storm", "--clients", "20", "--provider", "ts", "--loss", "0.05", "--json");
  assert.equal(status, 0, stderr);
  const report: StormReport = JSON.parse(stdout);
  assert.equal(report.runs[0].resumed, 20);
  assert.deepEqual(report.ratio, { resumed_to_full: null, wasm_to_ts: null });
});

test("a storm on a gateway of three workers brings every client back, with the same keys at both ends", async () => {
  const options = ["--clients", "60", "--provider", "wasm", "--workers", "3", "--json"];
  const { status, stdout, stderr } = await run("storm", ...options);
  assert.equal(status, 0, stderr);
  const [{ resumed, failed }] = (JSON.parse(stdout) as StormReport).runs;
  assert.deepEqual([resumed, failed], [60, 0]);
});

for (const profile of ["failover-03", "resumption-00"] as const) {
  test(`a storm by ${profile} brings every client back, with the same keys at both ends`, async () => {
    const { status, stdout, stderr } = await run(
      "storm",
      "--clients",
      "30",
      "--provider",
      "wasm",
      "--profile",
      profile,
      "--json",
    );
    assert.equal(status, 0, stderr);
    const report: StormReport = JSON.parse(stdout);
    assert.equal(report.profile, profile);
    assert.deepEqual([report.runs[0].resumed, report.runs[0].failed], [30, 0]);
  });
}

async function stormOn(store: string, tickets: "value" | "reference" = "value"): Promise<void> {
  const options = ["--clients", "50", "--provider", "wasm", "--store", store, "--tickets", tickets, "--json"];
  const { status, stdout, stderr } = await run("storm", ...options);
  assert.equal(status, 0, stderr);
  const report: StormReport = JSON.parse(stdout);
  assert.equal(report.store, store.split(":")[0]);
  assert.equal(report.tickets, tickets);
  assert.deepEqual([report.runs[0].resumed, report.runs[0].failed], [50, 0]);
  assert.doesNotMatch(stderr, /the store/);
}

test("a storm on a SQLite file brings every client back", () => stormOn("sqlite"));

test("a storm on a Redis server brings every client back", { skip: lacksRedis() }, async () => {
  const server = await RedisServer.start();
  try {
    await stormOn(server.url);
    // Those that count and as many that warm the gateway up: each client's ticket was claimed there.
    assert.ok(await server.keyCount() >= 2 * 50, "the server holds a claim for each resumption");
  } finally {
    await server.remove();
  }
});

test("[R-6.1-2] a storm with tickets by reference on a SQLite file brings every client back", () =>
  stormOn("sqlite", "reference"));

test(
  "[R-6.1-2] a storm with tickets by reference on a Redis server brings every client back",
  { skip: lacksRedis() },
  async () => {
    const server = await RedisServer.start();
    try {
      await stormOn(server.url, "reference");
    } finally {
      await server.remove();
    }
  },
);

test("a storm with tickets by reference in memory, which would be killed with the gateway, is refused in one line", async () => {
  const { status, stdout, stderr } = await run("storm", "--tickets", "reference", "--store", "memory");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^[^\n]*--tickets reference: [^\n]*allowed are sqlite and redis\n$/);
  assert.equal((await run("storm", "--tickets", "both")).status, 2);
});

test("a storm on a store that makes no sense is refused with what is allowed, and repeats no password", async () => {
  const { status, stderr } = await run("storm", "--store", "redis//:secret@host");
  assert.equal(status, 2);
  assert.doesNotMatch(stderr, /secret/);
  assert.match(stderr, /allowed are memory, sqlite, redis, and the URL of a Redis server/);
});

const NEEDS_PROC = process.platform === "linux" ? false : "finds the gateway's process in /proc, which only Linux has";

test("Ctrl-C ends a storm with status 130 and leaves no gateway behind", { skip: NEEDS_PROC }, async () => {
  const storm = start("storm", "--clients", "2000", "--provider", "ts");
  const end = ended(storm);
  const children = await firstChildOf(storm.pid!);
  signal(storm, "SIGINT");
  const { status } = await end;
  assert.equal(status, 130);
  for (const child of children) {
    for (let tries = 0; tries < 100 && isAlive(child); tries++) await pause(20);
    assert.equal(isAlive(child), false, `process ${child} is still there`);
  }
});

async function firstChildOf(pid: number): Promise<number[]> {
  for (let tries = 0; tries < 500; tries++) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    if (children !== "") return children.split(" ").map(Number);
    await pause(20);
  }
  throw new Error("the storm started no gateway");
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and waits to be collected is a zombie: it runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
