import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TOP = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${TOP}/deno.json`, "utf8")) as { exports: Record<string, string> };

/** `deno doc --lint`, which names what is exported and says nothing of itself, and types that are named and not exported. */
function documentationFaults(entryPoints: readonly string[]): string[] {
  const { status, stderr } = spawnSync(process.execPath, ["doc", "--lint", ...entryPoints], {
    cwd: TOP,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const faults = [...stderr.matchAll(/^error\[[\w-]+\]: (?<what>.*)\n\s*--> (?<where>\S+)/gm)]
    .map(({ groups }) => `${groups?.["where"]}: ${groups?.["what"]}`);
  return status === 0 || faults.length > 0 ? faults : [stderr];
}

test("every exported name is documented, and no exported name leads to one that is not exported", () => {
  assert.ok(Object.keys(exports).length > 1);
  assert.deepEqual(documentationFaults(Object.values(exports)), []);
});

test("a name without a word is told, and where it stands", () => {
  const faults = documentationFaults(["src/gateway/workers/messages.ts"]);
  assert.match(faults.join("\n"), /messages\.ts:\d+:\d+: exported symbol is missing JSDoc documentation/);
});
