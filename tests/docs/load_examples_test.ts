/**
 * The commands of docs/load.md, run as they stand there: against a gateway of this test's on loopback, with fewer clients and for a shorter time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type GatewayProcess, gatewayProcess } from "../cli/gateway_process.ts";
import { run } from "../cli/command_line.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const PAGE = readFileSync(new URL("../../docs/load.md", import.meta.url), "utf8");
const EXAMPLES = PAGE.split("\n").filter((line) => line.startsWith("ike-resume load "));
/** What the tests of identities run, with the files that these need. */
const OF_IDENTITIES = ["--ca", "--cert", "--cert-key", "--eap-user", "--eap-password-file", "--clients-file"];
const SHORT = ["--duration", "0.4", "--clients", "4"];

const FOLDER = mkdtempSync(join(tmpdir(), "load-examples-"));
/** They wait more than they compute: a few run at a time. */
const LANES = 3;

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

let gateway: GatewayProcess;
const outcomes = new Map(EXAMPLES.map((example) => [example, Promise.withResolvers<Outcome>()]));
before(async () => {
  gateway = await gatewayProcess("--json");
  writeFileSync(join(FOLDER, "psk"), readFileSync(join(gateway.folder, "psk")), { mode: 0o600 });
  writeFileSync(join(FOLDER, "gateway.pid"), `${gateway.child.pid}\n`);
  writeFileSync(join(FOLDER, "plan.toml"), "[machines]\ntokyo = 2\nparis = 1\n");
  const waiting = [...outcomes];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [example, { resolve }] = next;
      resolve(await runHere(here(wordsOf(example).slice(1))));
    }
  };
  for (let count = 0; count < LANES; count++) void lane();
});
after(async () => {
  process.kill(gateway.child.pid!, "SIGTERM");
  await gateway.end;
  gateway.remove();
  rmSync(FOLDER, { recursive: true });
});

/** The words of a command, as a shell has them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

function here(words: readonly string[]): string[] {
  const { port, nat_port: natPort } = gateway.listening;
  const replaced = words.map((word) => {
    if (/^(192\.0\.2\.1|127\.0\.0\.1)$/.test(word)) return `127.0.0.1:${port}`;
    // Those that other tests may use at the same time.
    if (word === "127.0.0.1:9501") return "127.0.0.1:0";
    if (word === "40000-49999") return "50000-59999";
    if (word === "2026-12-01T12:00:00Z") return new Date(Date.now() + 4_000).toISOString();
    return word.replace(/^\d+:\d+$/, "0.1:20").replaceAll("192.0.2.", "127.0.2.");
  });
  return [...replaced, "--nat-port", `${natPort}`, ...(words.includes("--stage") ? SHORT.slice(2) : SHORT)];
}

function runHere(words: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["run", "-A", "--quiet", PROGRAM, ...words], { cwd: FOLDER }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

for (const example of EXAMPLES) {
  test(`"${example}" does what docs/load.md says`, async () => {
    const { status, stdout, stderr } = await outcomes.get(example)!.promise;
    assert.equal(status, 0, stderr);
    const succeeded = stdout.startsWith("{")
      ? JSON.parse(stdout).operations.full.succeeded
      : /^full: (\d+) succeeded/m.exec(stdout)?.[1];
    assert.ok(Number(succeeded) > 0, stdout);
  });
}

test("docs/load.md has every option of load, each in a command that is run", async () => {
  const { stdout } = await run("load", "--help");
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name).filter((name) =>
    name !== "--help"
  );
  assert.ok(options.length > 40, `${options.length}`);
  const shown = new Set(EXAMPLES.flatMap(wordsOf));
  assert.deepEqual(options.filter((name) => !shown.has(name) && !OF_IDENTITIES.includes(name)), []);
  assert.deepEqual(OF_IDENTITIES.filter((name) => !PAGE.includes(name)), []);
});
