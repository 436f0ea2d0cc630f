// The examples of the README that the package carries, run as they stand there.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";

const readme = readFileSync(new URL("./node_modules/ike-resume/README.md", import.meta.url), "utf8");

/** The README's ports, by those that are free here: another run of these tests may have the README's. */
async function freePorts(): Promise<ReadonlyMap<string, number>> {
  const sockets = ["5500", "5501"].map((port) => [port, createSocket("udp4").bind(0, "127.0.0.1")] as const);
  await Promise.all(sockets.map(([, socket]) => once(socket, "listening")));
  const ports = new Map(sockets.map(([port, socket]) => [port, socket.address().port]));
  for (const [, socket] of sockets) socket.close();
  return ports;
}

function start(name: string, ports: ReadonlyMap<string, number>): ChildProcess {
  const code = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].find(([, text]) => text?.startsWith(`// ${name}\n`))?.[1];
  assert.ok(code !== undefined, `the README has an example ${name}`);
  const text = [...ports].reduce((all, [port, free]) => all.replaceAll(`ort: ${port}`, `ort: ${free}`), code);
  assert.notEqual(text, code);
  writeFileSync(name, text.replace("./ike-resume/mod.ts", "ike-resume"));
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

test("the README's gateway and client run as they stand there, but for their ports, and the client resumes", async () => {
  const ports = await freePorts();
  const gateway = start("gateway.ts", ports);
  try {
    await printed(gateway, "listening on");
    const client = start("client.ts", ports);
    const ended = once(client, "exit");
    await printed(client, "resumed: true");
    assert.deepEqual(await ended, [0, null]);
  } finally {
    gateway.kill();
  }
});
