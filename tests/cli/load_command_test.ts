import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ended, run, signal, start } from "./command_line.ts";
import { parseReport } from "../../src/load/report/report_schema.ts";
import { gatewayProcess } from "./gateway_process.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "load-command-"));
after(() => rmSync(FOLDER, { recursive: true }));
const PSK_FILE = join(FOLDER, "psk");
writeFileSync(PSK_FILE, "a secret\n", { mode: 0o600 });

const REFUSED: [string[], RegExp][] = [
  [[], /missing required argument 'host\[:port\]'|required option '--psk-file/],
  [["127.0.0.1:9"], /expected --psk-file, --ca or --clients-file/],
  [["--mix", "resume"], /Allowed are full, resume, flap, rekey, roam, each once/],
  [["--mix", "resume=1"], /--mix: expected --scenario churn/],
  [
    ["a..example", "--psk-file", PSK_FILE],
    /'a\.\.example' is invalid.* Allowed are vpn\.example\.org, vpn\.example\.org:500, /,
  ],
  [["--scenario", "siege"], /'siege' is invalid\. Allowed choices are full, resume, flap, rekey, roam, churn, outage\./],
  [["--stage", "ten"], /Allowed are seconds:rate and seconds:rate-rate/],
  [["--fail-if", "p99>500"], /Allowed are min, mean, p50/],
  [["--identity", "", "--rate", "1"], /An identity of 0 octets/],
  [["--rate", "1", "--stage", "1:1"], /--stage: says all that --rate, --ramp and --duration would/],
  [["--ramp", "5"], /--ramp without --rate/],
  [["--scenario", "outage", "--rate", "5"], /--scenario outage: all come back at once, no --rate/],
];

for (const [words, message] of REFUSED) {
  test(`"load ${words.join(" ")}" is refused in one line, with status 2`, async () => {
    const target = words[0]?.startsWith("--") ? ["127.0.0.1:9", "--psk-file", PSK_FILE] : [];
    const { status, stderr } = await run("load", ...target, ...words);
    assert.equal(status, 2);
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

function succeededOf(
  { operations }: { readonly operations: { readonly [name: string]: { readonly succeeded: number } } },
): number {
  return Object.values(operations).reduce((sum, { succeeded }) => sum + succeeded, 0);
}

test("a load prints its report, writes it as JSON and CSV, and tells by its status whether what must not be has happened", async () => {
  const { child, end, folder, listening, remove } = await gatewayProcess("--json");
  try {
    const load = (...more: string[]) =>
      run(
        ...["load", `127.0.0.1:${listening.port}`, "--nat-port", `${listening.nat_port}`, "--psk-file", join(folder, "psk")],
        ...["--scenario", "resume", "--clients", "5", "--rate", "20", "--duration", "1", ...more],
      );
    const held = await load(
      "--json",
      "--json-file",
      join(folder, "load.json"),
      "--csv-file",
      join(folder, "load.csv"),
      "--fail-if",
      "full.failed>0",
      "--gateway-process",
      `${child.pid}`,
    );
    assert.equal(held.status, 0, held.stderr);
    const report = JSON.parse(held.stdout);
    // On a machine that has much to do, some turns find no client free.
    assert.equal(succeededOf(report) + report.generator.turns_left_out, 20);
    assert.ok(report.operations.full.succeeded <= 5);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, "load.json"), "utf8")), report);
    const [head, ...rows] = readFileSync(join(folder, "load.csv"), "utf8").trimEnd().split("\n");
    // What its schema does not name would be left out.
    assert.deepEqual(parseReport(held.stdout), { kind: "load", report });
    const inBuckets = report.operations.full.histogram.reduce((sum: number, [, count]: [number, number]) => sum + count, 0);
    assert.equal(inBuckets, report.operations.full.succeeded);
    assert.ok(report.gateway.cpu_s > 0 && report.series[0].gateway_cpu > 0);
    assert.equal(head, "second,begun,succeeded,failed,p50_ms,p99_ms");
    assert.equal(rows.reduce((sum, row) => sum + Number(row.split(",")[2]), 0), succeededOf(report));

    const missed = await load("--fail-if", "full.succeeded>0", "--identity", "other-{n}@load.example");
    assert.equal(missed.status, 3);
    assert.match(missed.stdout, /^MISSED: fail if full\.succeeded>0 \([1-5]\)$/m);
    assert.match(missed.stdout, /^resumption: \d+ succeeded/m);
  } finally {
    process.kill(child.pid!, "SIGTERM");
    await end;
    remove();
  }
});

test("Ctrl-C ends a load with the report of what there is, and status 130", async () => {
  const { child: gateway, end: gatewayEnd, folder, remove } = await gatewayProcess("--json");
  try {
    const child = start("load", "127.0.0.1:9", "--psk-file", join(folder, "psk"), "--clients", "2", "--duration", "600");
    const end = ended(child);
    await new Promise<void>((resolve) => child.stderr!.once("data", () => resolve()));
    signal(child, "SIGINT");
    const { status, stdout } = await end;
    assert.equal(status, 130);
    assert.match(stdout, /^full at 127\.0\.0\.1 port 9: 2 clients, .* ended early$/m);
  } finally {
    process.kill(gateway.pid!, "SIGTERM");
    await gatewayEnd;
    remove();
  }
});

test("a load under way tells Prometheus what has happened so far", async () => {
  const { child: gateway, end: gatewayEnd, folder, listening, remove } = await gatewayProcess("--json");
  try {
    const child = start(
      ...["load", `127.0.0.1:${listening.port}`, "--nat-port", `${listening.nat_port}`, "--psk-file", join(folder, "psk")],
      ...["--clients", "3", "--scenario", "rekey", "--rate", "10", "--duration", "600", "--http", "127.0.0.1:0"],
    );
    const end = ended(child);
    let told = "";
    child.stderr!.on("data", (text) => told += text);
    const until = async (pattern: RegExp) => {
      while (!pattern.test(told)) await sleep(50);
      return pattern.exec(told)!;
    };
    const [, url] = await until(/^metrics: (http:\S+)$/m);
    await until(/^ +2 s: /m);
    const metrics = await (await fetch(url)).text();
    signal(child, "SIGINT");
    await end;
    const valueOf = (name: string) => Number(new RegExp(`^ike_resume_load_${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    assert.ok(valueOf("succeeded_total") >= 3 && valueOf("begun_total") >= valueOf("succeeded_total"), metrics);
    assert.equal(valueOf("clients_up"), 3);
    assert.ok(valueOf('latency_seconds\\{quantile="0.99"\\}') > 0, metrics);
  } finally {
    process.kill(gateway.pid!, "SIGTERM");
    await gatewayEnd;
    remove();
  }
});
