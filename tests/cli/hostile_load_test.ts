import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { LoadReport } from "../../src/load/generator/load_report.ts";
import { parseReport } from "../../src/load/report/report_schema.ts";
import { run } from "./command_line.ts";
import { eventNamed, gatewayProcess } from "./gateway_process.ts";

test("hostile datagrams go beside the same load, the gateway refuses what they bring, and what the load kept is told", async () => {
  const { child, end, folder, listening, remove } = await gatewayProcess("--json", "--half-open-limit", "4096");
  const mix = "forged-tickets=60/s,replayed-tickets=40/s,garbage=30/s,half-open=20/s";
  try {
    const { status, stdout, stderr } = await run(
      ...["load", `127.0.0.1:${listening.port}`, "--nat-port", `${listening.nat_port}`, "--psk-file", join(folder, "psk")],
      ...["--scenario", "resume", "--clients", "10", "--rate", "20", "--duration", "1", "--json", "--hostile", mix],
      ...["--fail-if", "full.kept<0"],
    );
    assert.equal(status, 0, stderr);
    const report: LoadReport = JSON.parse(stdout);
    assert.deepEqual(parseReport(stdout), { kind: "load", report });
    const { flows = [], without, kept } = report.hostile!;
    assert.deepEqual(flows.map(({ kind, rate }) => [kind, rate]), [
      ["forged-tickets", 60],
      ["replayed-tickets", 40],
      ["garbage", 30],
      ["half-open", 20],
    ]);
    const byKind = Object.fromEntries(flows.map((flow) => [flow.kind, flow]));
    for (const { kind, rate, sent } of flows) assert.ok(sent >= rate, `${kind}: ${sent} of ${rate}`);
    // Whoever forges or presents again is answered by a refusal; garbage is answered by nothing.
    assert.ok(
      byKind["forged-tickets"].answers > 0 && byKind["replayed-tickets"].answers > 0 && byKind["half-open"].answers > 0,
    );
    assert.equal(byKind.garbage.answers, 0);
    assert.equal(without.operations.full?.succeeded, 10);
    assert.equal(kept.full?.share, 1);
    assert.match(stderr, /^without hostile datagrams:\n[^]*^beside hostile datagrams:$/m);
  } finally {
    process.kill(child.pid!, "SIGTERM");
  }
  const { stdout } = await end;
  assert.ok(eventNamed(stdout, "ike-sa-up"));
  remove();
});

test("hostile datagrams to any address but loopback are refused with status 2 before a datagram is sent", async () => {
  const { status, stderr } = await run("load", "192.0.2.1", "--psk-file", "absent", "--hostile", "garbage=1/s");
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^ike-resume: --hostile: 192\.0\.2\.1 is not loopback; hostile datagrams go to 127\.0\.0\.0\/8 and ::1 alone\n$/,
  );
});

test("hostile datagrams are not sent to a name, wherever it leads: that is refused with status 2, and it is not looked up", async () => {
  for (const name of ["localhost", "no-such-host.invalid"]) {
    const { status, stderr } = await run("load", name, "--psk-file", "absent", "--hostile", "garbage=1/s");
    assert.equal(status, 2);
    assert.equal(
      stderr,
      `ike-resume: --hostile: ${name} is a name; hostile datagrams go to 127.0.0.0/8 and ::1 alone, by address\n`,
    );
  }
});

test("a gateway without tickets has none to forge: that is said in one line, and nothing hostile was sent to it", async () => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  let heard = 0;
  socket.on("message", (octets) => {
    // What came is IKE_SA_INIT of the one client that asks for tickets, and nothing else.
    assert.equal(octets[18], 34);
    heard++;
  });
  const { folder, child, end, remove } = await gatewayProcess("--json");
  try {
    const { status, stderr } = await run(
      ...["load", `127.0.0.1:${socket.address().port}`, "--psk-file", join(folder, "psk"), "--patience", "1"],
      ...["--hostile", "forged-tickets=100/s"],
    );
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^ike-resume: hostile traffic with tickets: the gateway's own are needed, and cannot be had: no-answer\n$/,
    );
    assert.ok(heard > 0);
  } finally {
    socket.close();
    process.kill(child.pid!, "SIGTERM");
    await end;
    remove();
  }
});
