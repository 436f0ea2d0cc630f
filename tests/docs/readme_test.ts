import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(top, "README.md"), "utf8");

/** The code block of the README whose first line is a comment with this name. */
function example(name: string): string {
  const found = [...readme.matchAll(/^```ts\n(?<code>[^]*?)^```$/gm)].map((match) => match.groups?.["code"] ?? "");
  const code = found.find((text) => text.startsWith(`// ${name}\n`));
  assert.ok(code !== undefined, `README.md has an example ${name}`);
  return code;
}

/** Ports of the README's examples, by those that are free here: another run of these tests may have the README's. */
type Ports = ReadonlyMap<string, number>;

async function freePorts(): Promise<Ports> {
  const sockets = ["5500", "5501"].map((port) => [port, createSocket("udp4").bind(0, "127.0.0.1")] as const);
  await Promise.all(sockets.map(([, socket]) => once(socket, "listening")));
  const ports = new Map(sockets.map(([port, socket]) => [port, socket.address().port]));
  for (const [, socket] of sockets) socket.close();
  return ports;
}

/** Runs an example as the README says for Deno, with this checkout in the place of the one beside it, and of the package. */
function start(name: string, folder: string, ports: Ports): ChildProcess {
  const module = JSON.stringify(pathToFileURL(join(top, "mod.ts")).href);
  const file = join(folder, name);
  let code = example(name).replaceAll(/"(?:\.\/ike-resume\/mod\.ts|ike-resume)"/g, module);
  for (const [port, free] of ports) {
    assert.ok(code.includes(`ort: ${port}`), `${name} has port ${port}`);
    code = code.replaceAll(`ort: ${port}`, `ort: ${free}`);
  }
  writeFileSync(file, code);
  return spawn(process.execPath, ["run", "-A", "--check", `--config=${join(top, "deno.json")}`, file], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
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
  const folder = mkdtempSync(join(tmpdir(), "ike-resume-readme-"));
  const ports = await freePorts();
  const gateway = start("gateway.ts", folder, ports);
  try {
    await printed(gateway, "listening on");
    const client = start("client.ts", folder, ports);
    const ended = once(client, "exit");
    await printed(client, "resumed: true");
    assert.deepEqual(await ended, [0, null]);
  } finally {
    gateway.kill();
    rmSync(folder, { recursive: true });
  }
});

test("the README says how its gateway is started, with the packages of the checkout, and how its client is", () => {
  assert.match(readme, /`deno run -A --config ike-resume\/deno\.json gateway\.ts`/);
  assert.match(readme, /`node client\.ts`/);
});

test("the commands that the README names are tasks of deno.json", () => {
  const { tasks } = JSON.parse(readFileSync(join(top, "deno.json"), "utf8")) as { tasks: Record<string, unknown> };
  const named = [...readme.matchAll(/deno(?:@[\d.]+)? task (?<task>[\w:]+)/g)].map((match) => match.groups?.["task"] ?? "");
  assert.ok(named.includes("storm") && named.includes("test"));
  for (const task of named) assert.ok(task in tasks, `deno task ${task}`);
});

const PAGES = readdirSync(join(top, "docs")).filter((name) => name.endsWith(".md"));

/** Paths that a document links to, from the top of the checkout. */
function linksOf(document: string): string[] {
  const text = readFileSync(join(top, document), "utf8");
  return [...text.matchAll(/\]\((?!https?:|#)(?<path>[^)#\s]+)/g)].map(({ groups }) =>
    normalize(join(dirname(document), groups?.["path"] ?? ""))
  );
}

test("the documents link to files that exist", () => {
  const documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
  for (const document of [...documents, ...PAGES.map((page) => join("docs", page))]) {
    for (const link of linksOf(document)) assert.ok(existsSync(join(top, link)), `${document}: ${link}`);
  }
});

test("docs/index.md leads to every page of the documents", () => {
  const led = new Set(linksOf("docs/index.md"));
  assert.deepEqual(PAGES.filter((page) => page !== "index.md" && !led.has(join("docs", page))), []);
});

test("examples/README.md leads to every example", () => {
  const led = linksOf("examples/README.md").map((link) => link.split("/")[1]);
  const folders = readdirSync(join(top, "examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).filter((name) => !led.includes(name)), []);
});
