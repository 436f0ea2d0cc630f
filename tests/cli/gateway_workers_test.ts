import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { ended, run, signal, start } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-workers-"));
after(() => rmSync(FOLDER, { recursive: true }));
const PSK_FILE = join(FOLDER, "psk");
writeFileSync(PSK_FILE, "a secret that both ends hold\n", { mode: 0o600 });

const GATEWAY = ["gateway", "--address", "127.0.0.1", "--identity", "gateway.example", "--psk-file", PSK_FILE];

test("a gateway of two workers says how many it has, takes a client back, logs what any of them does, and ends when it is told to", async () => {
  const child = start(...GATEWAY, "--port", "0", "--nat-port", "0", "--workers", "2", "--steering", "main", "--json");
  const end = ended(child);
  const [line] = await once(createInterface(child.stdout!), "line");
  const { event, port, nat_port: natPort, provider, workers, steering } = JSON.parse(line);
  assert.deepEqual([event, provider, workers, steering], ["listening", "wasm", 2, "main"]);
  const connect = (...more: string[]) =>
    run(
      ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
      ...["--psk-file", PSK_FILE, "--json", "--hold", "0", "--ticket", join(FOLDER, "ticket"), ...more],
    );
  for (let round = 0; round < 4; round++) {
    const { status, stdout, stderr } = await connect("--abandon");
    assert.equal(status, 0, stderr);
    const up = stdout.trimEnd().split("\n").map((each) => JSON.parse(each)).find((each) => each.event === "ike-sa-up");
    assert.equal(up.resumed, round > 0);
  }
  signal(child, "SIGTERM");
  const { status, stdout, stderr } = await end;
  assert.equal(status, 0);
  assert.match(
    stderr,
    /^crypto provider: wasm, [^\n]+\ntransport: [^\n]+\nworkers: the main thread hands datagrams over \(as was asked for\)\n$/,
  );
  assert.equal(stdout.split("\n").filter((each) => each.includes('"ike-sa-up"')).length, 4);
});

test("a number of workers that is none, and options that will not do, are refused in one line", async () => {
  for (const count of ["0", "65", "two"]) {
    const { status, stderr } = await run(...GATEWAY, "--workers", count);
    assert.equal(status, 2);
    assert.match(stderr, /^ike-resume: [^\n]*'--workers <count>'[^\n]*Allowed are whole numbers from 1 to 64\.\n$/);
  }
  for (const words of [["--unique", "keep"], ["--unique", "2"]]) {
    const { status, stderr } = await run(...GATEWAY, "--workers", "2", "--control", ...words);
    assert.equal(status, 2);
    assert.match(stderr, /^ike-resume: --workers: workers: [^\n]+ holds within one worker, and there are 2: [^\n]+\n$/);
  }
  const { status, stderr } = await run(...GATEWAY, "--workers", "2", "--control", "--ticket-keys", "/nowhere/at-all");
  assert.equal(status, 2);
  assert.match(stderr, /^ike-resume: --ticket-keys: [^\n]+\n$/);
});

test("a port that is taken is told in one line, with status 1, and no worker keeps the program", async () => {
  const other = createSocket("udp4");
  other.bind(0, "127.0.0.1");
  await once(other, "listening");
  const taken = ["--port", `${other.address().port}`, "--nat-port", "0"];
  const { status, stderr } = await run(...GATEWAY, ...taken, "--workers", "2", "--control");
  other.close();
  assert.equal(status, 1);
  assert.match(stderr, /^ike-resume: cannot listen on 127\.0\.0\.1 port \d+: [^\n]+\n$/);
});
