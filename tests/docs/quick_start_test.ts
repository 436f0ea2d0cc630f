import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Block, blocksBelow } from "./page_blocks.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs the commands of blocks as a shell would that stops at the first that fails, with `ike-resume` on its path. */
async function runAll(blocks: readonly Block[], check: (folder: string, output: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ike-resume-quick-start-"));
  try {
    writeFileSync(join(folder, "ike-resume"), `#!/bin/sh\nexec "${process.execPath}" run -A --quiet "${PROGRAM}" "$@"\n`, {
      mode: 0o755,
    });
    const script = blocks.filter(({ language }) => language === "sh").map(({ text }) => text).join("");
    const shell = spawn("bash", ["-e", "-c", script], {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}`, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      // What it has started goes with it, whatever fails.
      detached: true,
    });
    let output = "";
    shell.stdout.on("data", (text) => output += text);
    shell.stderr.on("data", (text) => output += text);
    const status = await new Promise((resolve) => shell.once("close", resolve));
    endGroup(shell.pid);
    assert.equal(status, 0, output);
    check(folder, output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

test("the quick start's load runs as it stands there: clients come up, resume, and the report becomes a page", async () => {
  await runAll(blocksBelow("docs/quick-start.md", "Load on a gateway"), (folder, output) => {
    assert.match(output, /^resumption: \d+ succeeded \([\d.]+\/s\), 0 failed/m);
    assert.ok(existsSync(join(folder, "load.html")));
  });
});

test("the quick start's comparison runs as it stands there: all clients resume with both providers", async () => {
  await runAll(blocksBelow("docs/quick-start.md", "A comparison on your own machine"), (_, output) => {
    assert.match(output, /^wasm: 200 resumed, 0 failed/m);
    assert.match(output, /^ts: 200 resumed, 0 failed/m);
  });
});
