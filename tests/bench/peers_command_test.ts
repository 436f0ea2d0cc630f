import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

function bench(...words: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["run", "-A", "--quiet", MAIN, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("bench alone lists the benches and how long they take", () => {
  const { status, stdout } = bench();
  assert.equal(status, 0);
  for (const name of ["core", "pipeline", "growth", "wire", "generator", "flood", "peers"]) {
    assert.match(stdout, new RegExp(`^  ${name} .*(minute|hour)`, "m"));
  }
});

test("a name that is no bench, and a runtime that is none, are refused with what is allowed", () => {
  assert.equal(bench("siege").status, 2);
  const { status, stderr } = bench("peers", "--runtime", "bun");
  assert.equal(status, 2);
  assert.match(stderr, /--runtime bun, expected deno, node or deno,node/);
});

test("bench peers measures each provider by a storm in which every client came back", () => {
  const { status, stdout } = bench("peers", "--clients", "5", "--runtime", "deno", "--provider", "both", "--peer", "none");
  assert.equal(status, 0);
  for (const provider of ["wasm", "ts"]) {
    assert.match(stdout, new RegExp(`^deno {5}${provider} +\\d+ +\\d+ +\\d+\\.\\d\\d +\\d+ +0$`, "m"));
  }
  assert.doesNotMatch(stdout, /^charon/m);
});

test("bench peers measures charon's full exchanges where it is installed, and says what is missing where it is not", () => {
  const { stdout } = bench("peers", "--clients", "1", "--runtime", "deno", "--provider", "ts");
  assert.match(stdout, /^charon {3}( +\d+ +none +\d+ full exchanges at [\d.]+\/s, p50 [\d.]+ ms|absent: .+ is missing: .+)$/m);
});
