// The program that the package installs.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
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

test("clients with certificates resume as well: what reads and writes these is carried small, and whole", () => {
  const { stdout, status } = run("storm", "--clients", "5", "--provider", "wasm", "--auth", "certificate", "--json");
  assert.equal(status, 0);
  const { runs } = JSON.parse(stdout) as { runs: { resumed: number; failed: number }[] };
  assert.deepEqual(runs.map(({ resumed, failed }) => ({ resumed, failed })), [{ resumed: 5, failed: 0 }]);
});

test("the package brings what it needs with it: nothing else was installed, and all of it is below 3 MB", () => {
  const folder = "node_modules/ike-resume";
  const { dependencies } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { dependencies?: object };
  assert.equal(dependencies, undefined);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const octets = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  assert.ok(octets < 3_000_000, `${octets} octets`);
});

test("whose code it carries, in which version and under which licence, stands in it: for people, and as SPDX", () => {
  const notices = readFileSync("node_modules/ike-resume/THIRD-PARTY-NOTICES.txt", "utf8");
  const { spdxVersion, packages } = JSON.parse(readFileSync("node_modules/ike-resume/sbom.spdx.json", "utf8")) as {
    spdxVersion: string;
    packages: { name: string; versionInfo: string; licenseDeclared: string }[];
  };
  assert.equal(spdxVersion, "SPDX-2.3");
  const carried = packages.filter(({ name }) => name !== "ike-resume");
  assert.ok(carried.length > 10);
  for (const { name, versionInfo, licenseDeclared } of carried) {
    assert.ok(notices.includes(`\n${name} ${versionInfo} (${licenseDeclared})\n`), name);
    assert.match(licenseDeclared, /^(MIT|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|\(MIT AND Zlib\))$/, name);
  }
});

test("a gateway runs by the file that init writes, on all addresses, tells its metrics, and serves its page whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ike-resume-consumer-gateway-"));
  const file = join(folder, "gateway.toml");
  assert.equal(run("init", file, "--identity", "gateway.example").status, 0);
  assert.equal(run("check", file).status, 0);
  const runtimeOptions = process.versions["deno"] === undefined ? [] : ["run", "-A", "--quiet"];
  const ports = ["--port", "0", "--nat-port", "0", "--http", "127.0.0.1:0", "--http-page", "--json"];
  const token = ["--http-page-token", "env:PAGE_TOKEN"];
  const child = spawn(process.execPath, [...runtimeOptions, PROGRAM, "gateway", file, ...ports, ...token], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PAGE_TOKEN: "a-token-of-the-test" },
  });
  try {
    const listening = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
    const { http } = JSON.parse(listening) as { http: { port: number } };
    const metrics = await (await fetch(`http://127.0.0.1:${http.port}/metrics`)).text();
    assert.match(metrics, /^ike_resume_ike_sas_established 0$/m);
    const html = await (await fetch(`http://127.0.0.1:${http.port}/`)).text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    assert.ok(parts.includes("/page/uplot.js"), html);
    for (const path of parts) {
      const answer = await fetch(`http://127.0.0.1:${http.port}${path}`);
      assert.ok(answer.status === 200 && (await answer.text()).length > 100, path);
    }
  } finally {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("close", resolve));
    rmSync(folder, { recursive: true });
  }
});

test("a gateway logs from the package, in both formats", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ike-resume-consumer-log-"));
  const file = join(folder, "gateway.toml");
  assert.equal(run("init", file, "--identity", "gateway.example").status, 0);
  const runtimeOptions = process.versions["deno"] === undefined ? [] : ["run", "-A", "--quiet"];
  for (
    const [format, start] of [["json", /^\{"level":"info","time":"[^"]+","event":/], [
      "logfmt",
      /^time=\S+ level=info event=/,
    ]] as const
  ) {
    const words = ["gateway", file, "--port", "0", "--nat-port", "0", "--log-format", format];
    const child = spawn(process.execPath, [...runtimeOptions, PROGRAM, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("close", resolve));
    assert.match(line, start);
  }
  rmSync(folder, { recursive: true });
});

test("a Redis store without the package for it is refused in one line that says what to install", () => {
  const folder = mkdtempSync(join(tmpdir(), "ike-resume-consumer-redis-"));
  const file = join(folder, "gateway.toml");
  run("init", file, "--identity", "gateway.example");
  const runtimeOptions = process.versions["deno"] === undefined ? [] : ["run", "-A", "--quiet"];
  const words = ["gateway", file, "--port", "0", "--nat-port", "0", "--store", "redis://127.0.0.1:1"];
  const { status, stderr } = spawnSync(process.execPath, [...runtimeOptions, PROGRAM, ...words], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^ike-resume: --store: a Redis store needs the npm package @redis\/client: npm install @redis\/client$/m,
  );
});
