// The program that the package installs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";

const PROGRAM = realpathSync("node_modules/.bin/ike-resume");
const CLIENTS = 20;

function run(...options: readonly string[]): { readonly stdout: string; readonly status: number | null } {
  const runtimeOptions = process.versions["deno"] === undefined ? [] : ["run", "-A", "--quiet"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...runtimeOptions, PROGRAM, ...options], {
    encoding: "utf8",
  });
  if (status !== 0) console.log(stderr);
  return { stdout, status };
}

test("the program says the version of its package", () => {
  const { version } = JSON.parse(readFileSync("node_modules/ike-resume/package.json", "utf8")) as { version: string };
  assert.deepEqual(run("--version"), { stdout: `${version}\n`, status: 0 });
});

test("every client of a small storm resumes, with both providers", () => {
  const { stdout, status } = run("storm", "--clients", String(CLIENTS), "--json");
  assert.equal(status, 0);
  const { runs } = JSON.parse(stdout) as { runs: { provider: string; resumed: number; failed: number }[] };
  const outcomes = runs.map(({ provider, resumed, failed }) => ({ provider, resumed, failed }));
  assert.deepEqual(outcomes, ["wasm", "ts"].map((provider) => ({ provider, resumed: CLIENTS, failed: 0 })));
});
