import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { skipIsFailure } from "../../skips.ts";
import { gatewayProcess } from "../gateway_process.ts";

const FOLDER = fileURLToPath(new URL("../../../examples/prometheus/", import.meta.url));
const RULES = `${FOLDER}ike-resume.rules.yml`;
const RULE_TESTS = `${FOLDER}ike-resume.rules.test.yml`;
const DASHBOARD = `${FOLDER}dashboard.json`;

// A gateway of workers has all metrics that there are.
const { child, end, connect, remove, listening } = await gatewayProcess(
  ...["--json", "--http", "127.0.0.1:0", "--workers", "2", "--steering", "main"],
);
after(async () => {
  process.kill(child.pid!, "SIGTERM");
  await end;
  remove();
});
assert.equal((await connect()).status, 0);
const { port } = listening.http as { readonly port: number };
const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

/** A metric with the names of its labels, as a gateway tells it. */
const told = new Map<string, Set<string>>();
for (const line of metrics.split("\n")) {
  const [, name, labels = ""] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
  if (name === undefined) continue;
  const names = told.get(name) ?? new Set();
  told.set(name, names);
  for (const [, label] of labels.matchAll(/([a-z_]+)="/g)) names.add(label);
}
/** Labels that Prometheus adds to what it scrapes. */
const ADDED = ["job", "instance"];

function assertTold(expressions: readonly string[]): void {
  let count = 0;
  for (const expression of expressions) {
    const named = [...expression.matchAll(/\b((?:ike_resume|process)_[a-z_]+)(?:\{([^}]*)\})?/g)];
    const by = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) =>
      labels.split(",").map((label) => label.trim())
    );
    for (const [, name, matchers = ""] of named) {
      // By reason there is something only once something was refused.
      const isByReason = name.endsWith("_by_reason_total");
      assert.ok(
        told.has(name) || isByReason && metrics.includes(`# TYPE ${name} counter`),
        `${name} is not told: ${expression}`,
      );
      const labels = [...by, ...[...matchers.matchAll(/([a-z_]+)\s*(?:=|!)/g)].map(([, label]) => label)];
      for (const label of labels) {
        const isKnown = told.get(name)?.has(label) || ADDED.includes(label) || isByReason && label === "reason";
        assert.ok(isKnown, `${name} has no label ${label}: ${expression}`);
      }
      count++;
    }
  }
  assert.ok(count > 10, String(count));
}

/** Every text in a structure under a name. */
function textsAt(key: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === key && typeof member === "string" ? [member] : textsAt(key, member)
  );
}

test("every metric that an alert or its test names is told by a gateway, with the labels that it is asked by", () => {
  const expressions = [...readFileSync(RULES, "utf8").matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)$)/gm)];
  assertTold(expressions.map(([, block, line]) => block ?? line));
  assertTold([...readFileSync(RULE_TESTS, "utf8").matchAll(/series: '(ike_resume_[^']*)'/g)].map(([, series]) => series));
});

test("every metric that the dashboard names is told by a gateway, with the labels that it is asked by", () => {
  const dashboard: unknown = JSON.parse(readFileSync(DASHBOARD, "utf8"));
  assertTold(textsAt("expr", dashboard));
  for (const query of textsAt("query", dashboard)) {
    for (const [name] of query.matchAll(/ike_resume_[a-z_]+/g)) assert.ok(told.has(name), query);
  }
});

test("every alert is tried, where it should fire and where it should not", () => {
  const names = [...readFileSync(RULES, "utf8").matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
  const tried = readFileSync(RULE_TESTS, "utf8");
  assert.ok(names.length >= 15);
  for (const name of names) {
    assert.match(tried, new RegExp(`alertname: ${name}\n +exp_alerts:`), name);
    assert.ok(tried.includes(`{ eval_time: 50m, alertname: ${name} }`), name);
  }
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;
const skip = !hasPromtool && !skipIsFailure() && "promtool is not installed (Debian package prometheus)";

function promtool(input: string, ...given: string[]): void {
  const { status, stdout, stderr } = spawnSync("promtool", given, { input, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.equal(stderr, "");
}

test("promtool takes what a gateway tells, without a word about names, helps and units", { skip }, () => {
  promtool(metrics, "check", "metrics");
});

test("promtool takes the configuration and the rules, and each alert fires where it should and nowhere else", { skip }, () => {
  promtool("", "check", "config", `${FOLDER}prometheus.yml`);
  promtool("", "test", "rules", RULE_TESTS);
});
