import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { serviceNotify } from "../../src/cli/service_notify.ts";
import { gatewayProcess } from "./gateway_process.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "service-notify-"));
const TOLD = join(FOLDER, "told");
const PATH = process.env.PATH;
after(() => {
  process.env.PATH = PATH;
  rmSync(FOLDER, { recursive: true });
});

/** In the place of systemd's program: writes down what it is told. */
writeFileSync(join(FOLDER, "systemd-notify"), `#!/bin/sh\necho "$@" >> ${TOLD}\n`);
chmodSync(join(FOLDER, "systemd-notify"), 0o755);
process.env.PATH = `${FOLDER}${delimiter}${PATH}`;

/** What was told so far, once it is so many lines. */
async function told(count: number): Promise<readonly string[]> {
  for (;;) {
    const lines = readFileSync(TOLD, { encoding: "utf8", flag: "a+" }).split("\n").filter((line) => line !== "");
    if (lines.length >= count) return lines;
    await sleep(10);
  }
}

test("systemd is told that a gateway is ready, reads its file again, and stops; by the process that it has started", async () => {
  process.env.NOTIFY_SOCKET = "/nowhere";
  const { child, end, remove } = await gatewayProcess("--json");
  delete process.env.NOTIFY_SOCKET;
  const named = (line: string) => `--pid=${child.pid} ${line}`;
  assert.deepEqual(await told(1), [named("--ready")]);
  process.kill(child.pid!, "SIGHUP");
  await told(3);
  process.kill(child.pid!, "SIGTERM");
  assert.equal((await end).status, 0);
  assert.deepEqual(await told(4), ["--ready", "RELOADING=1", "--ready", "STOPPING=1"].map(named));
  remove();
});

test("where systemd has not started it nothing is told, and where its watchdog waits, twice in its time", async () => {
  const complaints: string[] = [];
  const complain = (line: string) => complaints.push(line);
  const before = (await told(0)).length;
  serviceNotify(complain, {}).ready();
  const watched = serviceNotify(complain, { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "100000" });
  const lines = (await told(before + 2)).slice(before);
  await watched.close();
  assert.deepEqual(lines.map((line) => line.split(" ")[1]), lines.map(() => "WATCHDOG=1"));
  assert.deepEqual(complaints, []);
});

test("a program that is not there is complained of once, and harms nothing", async () => {
  const complaints: string[] = [];
  process.env.PATH = "/nowhere";
  const notify = serviceNotify((line) => complaints.push(line), { NOTIFY_SOCKET: "/nowhere" });
  notify.ready();
  notify.stopping();
  while (complaints.length === 0) await sleep(5);
  await sleep(50);
  process.env.PATH = `${FOLDER}${delimiter}${PATH}`;
  assert.equal(complaints.length, 1);
  assert.match(complaints[0], /^systemd-notify: systemd cannot be told how the gateway fares: .*ENOENT/);
});

test("the unit that stands among the examples is one that systemd finds nothing wrong in", (context) => {
  const unit = new URL("../../examples/systemd/ike-resume.service", import.meta.url).pathname;
  const { error, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  if (error) return context.skip("no systemd-analyze here");
  // What it says of other units of the machine, and that npx is not where a service would have it, is not about this one.
  const lines = stderr.split("\n").filter((line) =>
    line.includes("ike-resume") && !/Command .*npx is not executable/.test(line)
  );
  assert.deepEqual(lines, []);
});
