// The examples of the README that the package carries, run as they stand there.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";

const readme = readFileSync(new URL("./node_modules/ike-resume/README.md", import.meta.url), "utf8");

function start(name: string): ChildProcess {
  const code = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].find(([, text]) => text?.startsWith(`// ${name}\n`))?.[1];
  assert.ok(code !== undefined, `the README has an example ${name}`);
  writeFileSync(name, code.replace("./ike-resume/mod.ts", "ike-resume"));
  const options = process.versions["deno"] === undefined ? [] : ["run", "-A", "--no-lock"];
  return spawn(process.execPath, [...options, name], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Resolves when the process has printed `wanted`. Its output is read on, so that it never writes to a closed pipe. */
function printed(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      if (output.includes(wanted)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code} and had printed: ${output}`)));
  });
}

test("the README's gateway and client run as they stand there, and the client resumes", async () => {
  const gateway = start("gateway.ts");
  try {
    await printed(gateway, "listening on");
    const client = start("client.ts");
    const ended = once(client, "exit");
    await printed(client, "resumed: true");
    assert.deepEqual(await ended, [0, null]);
  } finally {
    gateway.kill();
  }
});
