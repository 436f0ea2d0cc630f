import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ended, run, signal, start } from "../command_line.ts";

test("a gateway logs events and complaints as one stream with time and level, and its level changes by command", async () => {
  const folder = mkdtempSync(join(tmpdir(), "log-test-"));
  const [psk, other, socket] = [join(folder, "psk"), join(folder, "other"), join(folder, "control.sock")];
  writeFileSync(psk, "a secret that both ends hold\n", { mode: 0o600 });
  writeFileSync(other, "another secret\n", { mode: 0o600 });
  const gateway = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
    ...["--psk-file", psk, "--log-format", "json", "--control-socket", socket],
  );
  const end = ended(gateway);
  try {
    const lines = createInterface({ input: gateway.stdout! })[Symbol.asyncIterator]();
    const next = async (name: string) => {
      for (;;) {
        const { value, done } = await lines.next();
        assert.ok(!done, `no ${name}`);
        const entry = JSON.parse(value);
        assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        if (entry.event === name) return entry;
      }
    };
    const { port, nat_port: natPort } = await next("listening");
    const connect = (file: string) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
        ...["--peer-identity", "gateway.example", "--psk-file", file, "--hold", "0"],
      );
    await connect(other);
    const failed = await next("authentication-failed");
    assert.deepEqual([failed.level, failed.claimed_id], ["warn", "client@example.org"]);
    const raised = await run("ctl", "log-level", "error", "--socket", socket);
    assert.equal(raised.stdout, "lines are written from error on\n", raised.stderr);
    assert.equal((await connect(psk)).status, 0);
    await run("ctl", "log-level", "info", "--socket", socket);
    // A complaint is a line of the same stream.
    assert.equal((await run("ctl", "reload", "--socket", socket)).status, 1);
    const complaint = await next("message");
    assert.deepEqual([complaint.level, complaint.message.slice(0, 17)], ["warn", "the configuration"]);
    signal(gateway, "SIGTERM");
    const { status, stdout, stderr } = await end;
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout.includes('"event":"ike-sa-up"'), false);
  } finally {
    gateway.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
