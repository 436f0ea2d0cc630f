import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { signal } from "./command_line.ts";
import { eventNamed, gatewayProcess } from "./gateway_process.ts";

type Call = Readonly<Record<string, string>>;

/** A command that writes down what its environment says, and ends with a status. */
function recorder(folder: string, name: string, status = 0): { readonly command: string; readonly calls: () => Call[] } {
  const [command, log] = [join(folder, name), join(folder, `${name}.log`)];
  writeFileSync(command, `#!/bin/sh\nenv >> "${log}"; echo "--" >> "${log}"; exit ${status}\n`, { mode: 0o755 });
  const callOf = (text: string) =>
    Object.fromEntries(
      text.split("\n").filter((line) => line.startsWith("IKE_RESUME_")).map((line) => {
        const at = line.indexOf("=");
        return [line.slice("IKE_RESUME_".length, at), line.slice(at + 1)];
      }),
    );
  return { command, calls: () => readFileSync(log, "utf8").split("--\n").slice(0, -1).map(callOf) };
}

test("a command of --updown finds no variable in its environment that a secret may stand in", async () => {
  const folder = mkdtempSync(join(tmpdir(), "updown-program-"));
  const atGateway = recorder(folder, "gateway");
  process.env.IKE_RESUME_STORE = "memory";
  process.env.IKE_RESUME_TEST_KEY = "a secret that nobody needs";
  writeFileSync(join(folder, "none.toml"), '[[user]]\nid = "ada@example.org"\npsk_file = "env:IKE_RESUME_TEST_KEY"\n');
  const { child, end, connect, remove } = await gatewayProcess(
    join(folder, "none.toml"),
    "--updown",
    atGateway.command,
    "--json",
  );
  delete process.env.IKE_RESUME_STORE;
  delete process.env.IKE_RESUME_TEST_KEY;
  try {
    assert.equal((await connect()).status, 0);
    signal(child, "SIGTERM");
    assert.equal((await end).status, 0);
    assert.deepEqual(atGateway.calls().map(({ EVENT, STORE, TEST_KEY }) => [EVENT, STORE, TEST_KEY]), [
      ["up", undefined, undefined],
      ["down", undefined, undefined],
    ]);
  } finally {
    child.kill("SIGKILL");
    remove();
    rmSync(folder, { recursive: true });
  }
});

test("--updown of both ends tells commands what came and went, the same at both, and never a key", async () => {
  const folder = mkdtempSync(join(tmpdir(), "updown-program-"));
  const atGateway = recorder(folder, "gateway");
  const atClient = recorder(folder, "client");
  const { child, end, connect, remove } = await gatewayProcess(
    "--json",
    ...["--inner-addresses", "10.9.0.7", "--inner-dns", "10.9.0.53", "--updown", atGateway.command],
  );
  try {
    const client = await connect("--inner-address", "--show-keys", "--updown", atClient.command);
    assert.equal(client.status, 0, client.stderr);
    const up = eventNamed(client.stdout, "child-sa-up");
    assert.deepEqual(atClient.calls().map(({ EVENT }) => EVENT), ["up", "down"]);
    const [ours, down] = atClient.calls();
    assert.equal(ours.INBOUND_SPI, up.inbound_spi);
    assert.deepEqual({ ...down, EVENT: "up" }, ours);
    assert.equal(ours.INNER_IPV4, "10.9.0.7");
    assert.equal(ours.DNS, "10.9.0.53");
    // One that leaves without a word: its Child SA goes down when the gateway ends.
    const abandoned = await connect("--inner-address", "--abandon", "--updown", recorder(folder, "failing", 3).command);
    assert.equal(abandoned.status, 0, abandoned.stderr);
    assert.match(abandoned.stderr, /^ike-resume connect: updown command: \S+failing \(up\): status 3$/m);
    signal(child, "SIGTERM");
    assert.equal((await end).status, 0);
    const calls = atGateway.calls();
    assert.deepEqual(calls.map(({ EVENT, CHILD_SA }) => `${EVENT} ${CHILD_SA}`), ["up 1", "down 1", "up 2", "down 2"]);
    const [theirs] = calls;
    for (const name of ["INITIATOR_ID", "RESPONDER_ID", "INITIATOR_SPI", "RESPONDER_SPI", "INNER_IPV4", "MODE"]) {
      assert.ok(ours[name]);
      assert.equal(theirs[name], ours[name], name);
    }
    const others = [["INBOUND_SPI", "OUTBOUND_SPI"], ["LOCAL", "REMOTE"], ["LOCAL_PORT", "REMOTE_PORT"], [
      "LOCAL_TS",
      "REMOTE_TS",
    ]];
    for (const [name, other] of others) {
      assert.deepEqual([theirs[name], theirs[other]], [ours[other], ours[name]], name);
    }
    const keys = [up.inbound_keys, up.outbound_keys].flatMap((one) => Object.values(one as Record<string, string>));
    assert.ok(keys.some((key) => key.length >= 32));
    const told = JSON.stringify([calls, atClient.calls()]);
    for (const key of keys) assert.ok(key.length === 0 || !told.includes(key));
  } finally {
    child.kill("SIGKILL");
    remove();
    rmSync(folder, { recursive: true });
  }
});
