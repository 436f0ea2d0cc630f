import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import type { LoadReport } from "../../src/load/generator/load_report.ts";
import { ended, run, signal, start } from "./command_line.ts";
import { type GatewayProcess, gatewayProcess } from "./gateway_process.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "load-workers-"));
const PLAN = join(FOLDER, "plan.toml");
writeFileSync(PLAN, `[machines]\ntokyo = 2\nparis = 1\n`);
const JSON_PLAN = join(FOLDER, "plan.json");
writeFileSync(JSON_PLAN, JSON.stringify({ start_at: "2026-01-01T00:00:00Z", machines: { tokyo: 1 } }));
const NO_PLAN = join(FOLDER, "none.toml");
writeFileSync(NO_PLAN, `[machines]\ntokyo = 0\n`);
const PSK_FILE = join(FOLDER, "psk");
writeFileSync(PSK_FILE, "a secret\n", { mode: 0o600 });

let gateway: GatewayProcess;
before(async () => {
  gateway = await gatewayProcess("--json");
});
after(async () => {
  process.kill(gateway.child.pid!, "SIGTERM");
  await gateway.end;
  gateway.remove();
  rmSync(FOLDER, { recursive: true });
});

function words(...more: string[]): string[] {
  const { listening, folder } = gateway;
  return [
    ...["load", `127.0.0.1:${listening.port}`, "--nat-port", `${listening.nat_port}`, "--psk-file", join(folder, "psk")],
    ...["--json", "--scenario", "resume", ...more],
  ];
}

function succeededOf({ operations }: LoadReport): number {
  return Object.values(operations).reduce((sum, { succeeded }) => sum + succeeded, 0);
}

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [["--workers", "0"], /Allowed are whole numbers from 1 to 64/],
  [["--workers", "3", "--clients", "2"], /2 clients, expected one at least for each worker and machine/],
  [["--workers", "2", "--scenario", "outage", "--rate", "1"], /--scenario outage: all come back at once/],
  [["--workers", "2", "--ca", join(FOLDER, "absent.pem")], /--ca without --cert and --cert-key/],
  [["--start-at", "2026-12-01 12:00"], /Allowed is a time with its zone/],
  [["--start-at", "2026-01-01T00:00:00Z"], /--start-at: 2026-01-01T00:00:00\.000Z was \d+ s ago by this machine's clock/],
  [["--machine", "tokyo"], /--machine: expected --plan/],
  [["--plan", join(FOLDER, "absent.toml")], /--plan: .*absent\.toml/],
  [["--plan", NO_PLAN, "--machine", "tokyo"], /--plan: .*none\.toml: machines\.tokyo: .*expected start_at and machines/],
  [["--plan", PLAN, "--machine", "oslo"], /no machine oslo, expected --machine with one of tokyo, paris/],
  [["--plan", JSON_PLAN, "--machine", "tokyo"], /2026-01-01T00:00:00\.000Z was \d+ s ago/],
];

for (const [more, message] of REFUSED) {
  test(`"load ${more.join(" ").replaceAll(FOLDER, "")}" is refused in one line, with status 2`, async () => {
    const { status, stderr } = await run("load", "127.0.0.1:9", "--psk-file", PSK_FILE, ...more);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

test("workers share clients and beginnings, and what they measured is told as one report", async () => {
  const { status, stdout, stderr } = await run(...words("--workers", "3", "--clients", "9", "--rate", "30", "--duration", "2"));
  assert.equal(status, 0, stderr);
  const report: LoadReport = JSON.parse(stdout);
  assert.equal(report.clients, 9);
  assert.equal(succeededOf(report) + report.generator.turns_left_out, 60);
  assert.equal(report.series.reduce((sum, { begun }) => sum + begun, 0) + report.generator.turns_left_out, 60);
  assert.ok(report.operations.full!.succeeded <= 9);
  const counted = report.operations.resumption!.histogram.reduce((sum, [, count]) => sum + count, 0);
  assert.equal(counted, report.operations.resumption!.succeeded);
  const { workers = [], cpu_share, lag_ms } = report.generator;
  assert.deepEqual(workers.map(({ clients }) => clients), [3, 3, 3]);
  assert.ok(workers.every((worker) => worker.cpu_share! > 0 && worker.lag_p99_ms! > 0 && worker.lost === undefined));
  assert.ok(cpu_share > Math.max(...workers.map((worker) => worker.cpu_share!)));
  assert.ok(lag_ms!.max >= lag_ms!.p99);
});

test("a host's name is looked up once for all workers, and one that there is none of ends the load with status 1", async () => {
  const { listening } = gateway;
  const [, , ...more] = words("--workers", "2", "--clients", "2", "--rate", "10", "--duration", "1");
  const [{ address }] = await lookup("localhost", { all: true });
  const { stdout, stderr } = await run("load", `localhost:${listening.port}`, ...more);
  const report: LoadReport = JSON.parse(stdout);
  assert.equal(report.target, `${address} port ${listening.port}`, stderr);
  if (address === "127.0.0.1") assert.equal(report.operations.full?.succeeded, 2);
  // Workers go by the address that they are told, wherever the name may lead by now.
  const told = ["--worker-portion", "0-1/1", "--worker-target", "127.0.0.1"];
  const worker = start("load", `no-such-host.invalid:${listening.port}`, ...more, ...told);
  worker.stdout!.once("data", () => worker.stdin!.end());
  assert.match((await ended(worker)).stdout, /^\{"ready":\{"all":2,"own":2\}\}$/m);
  const gone = await run("load", "no-such-host.invalid", "--psk-file", PSK_FILE);
  assert.deepEqual([gone.status, gone.stdout], [1, ""]);
  assert.match(gone.stderr, /^ike-resume: no-such-host\.invalid: [^\n]+\n$/);
});

/** The processes that one has started. */
function childrenOf(pid: number): readonly number[] {
  return execFileSync("ps", ["--ppid", `${pid}`, "-o", "pid="], { encoding: "utf8" }).trim().split(/\s+/).map(Number);
}

/** As `ps` has it; empty: there is no such process. */
function stateOf(pid: number): string {
  return spawnSync("ps", ["-p", `${pid}`, "-o", "stat="], { encoding: "utf8" }).stdout.trim();
}

test("a worker that dies is counted as failed and named, and the others go on to the end", async () => {
  const child = start(...words("--workers", "2", "--clients", "4", "--rate", "20", "--duration", "4"));
  const end = ended(child);
  let told = "";
  child.stderr!.on("data", (text) => {
    if (told.includes("1 s:")) return;
    told += text;
    if (told.includes("1 s:")) process.kill(childrenOf(child.pid!)[0], "SIGKILL");
  });
  const { status, stdout } = await end;
  assert.equal(status, 1);
  const report: LoadReport = JSON.parse(stdout);
  assert.equal(report.failures["worker-lost"].count, 1);
  assert.match(report.failures["worker-lost"].example, /^worker [12] ended by SIGKILL: /);
  assert.match(report.generator.warnings.join("\n"), /^worker [12] ended by SIGKILL: its clients are missing from then on$/m);
  assert.deepEqual(report.generator.workers?.map(({ lost }) => lost).toSorted(), ["SIGKILL", undefined]);
  // The other one went on.
  assert.ok(report.seconds >= 3.9 && report.series[2].succeeded > 0);
});

test("Ctrl-C ends all workers, with the report of what there is, and status 130", async () => {
  const child = start(...words("--workers", "2", "--clients", "4", "--rate", "20", "--duration", "600"));
  const end = ended(child);
  await new Promise<void>((resolve) =>
    child.stderr!.on("data", (text) => {
      if (String(text).includes("1 s:")) resolve();
    })
  );
  const workers = childrenOf(child.pid!);
  signal(child, "SIGINT");
  const { status, stdout } = await end;
  assert.equal(status, 130);
  const report: LoadReport = JSON.parse(stdout);
  assert.equal(report.interrupted, true);
  assert.ok(succeededOf(report) > 0);
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), /ESRCH|no such process/i);
});

test("--workers 1 has its clients in a process of their own, and without workers they are in that of the program", async () => {
  const few = ["--clients", "2", "--rate", "10", "--duration", "1"];
  const [apart, together] = await Promise.all([run(...words("--workers", "1", ...few)), run(...words(...few))]);
  const workersIn = ({ stdout }: typeof apart) => (JSON.parse(stdout) as LoadReport).generator.workers?.length;
  assert.deepEqual([workersIn(apart), workersIn(together)], [1, undefined]);
});

test("a second Ctrl-C ends at once what the first one could not: no report, status 130, and no worker left", async () => {
  const child = start(...words("--workers", "2", "--clients", "4", "--rate", "20", "--duration", "600"));
  const end = ended(child);
  await new Promise<void>((resolve) =>
    child.stderr!.on("data", (text) => {
      if (String(text).includes("1 s:")) resolve();
    })
  );
  const workers = childrenOf(child.pid!);
  // They would end by themselves and be waited for, as long as they tell something.
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  signal(child, "SIGINT");
  // Two at once may come as one: whoever is impatient presses again.
  const impatience = setInterval(() => signal(child, "SIGINT"), 100);
  child.once("exit", () => clearInterval(impatience));
  // What the workers have of it is closed as well.
  const { status, stdout } = await end;
  assert.deepEqual([status, stdout], [130, ""]);
  // Whose parent has gone may wait as a zombie for somebody to take notice.
  for (const pid of workers) assert.match(stateOf(pid), /^Z|^$/);
});

test("machines of one plan load the gateway together, and their reports become one", async () => {
  const startAt = new Date(Date.now() + 3_000).toISOString();
  const machine = (name: string, ...more: string[]) =>
    run(
      ...words("--plan", PLAN, "--machine", name, "--start-at", startAt, "--clients", "9", "--rate", "30", "--duration", "2"),
      ...["--identity", "planned-{n}@load.example", "--fail-if", "resumption.succeeded>5"],
      ...["--json-file", join(FOLDER, `${name}.json`), ...more],
    );
  const [tokyo, paris] = await Promise.all([machine("tokyo", "--workers", "2"), machine("paris")]);
  assert.match(tokyo.stderr, /^begins at \S+Z, \d\.\d s from now by this machine's clock, which /m);
  const [larger, smaller]: LoadReport[] = [JSON.parse(tokyo.stdout), JSON.parse(paris.stdout)];
  assert.deepEqual([larger.clients, smaller.clients], [6, 3]);
  const whole = join(FOLDER, "whole.json");
  const { status, stdout } = await run("report", "--merge", whole, join(FOLDER, "tokyo.json"), join(FOLDER, "paris.json"));
  // A threshold that a machine alone may not reach is judged over both.
  assert.equal(status, 3);
  assert.match(stdout, /^MISSED: fail if resumption\.succeeded>5/m);
  const merged: LoadReport = JSON.parse(readFileSync(whole, "utf8"));
  assert.equal(merged.clients, 9);
  assert.equal(succeededOf(merged), succeededOf(larger) + succeededOf(smaller));
  assert.equal(succeededOf(merged) + merged.generator.turns_left_out, 60);
  assert.equal(merged.started_at, startAt);
});
