import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { encryptionById } from "../../src/crypto/registry.ts";
import type { InstalledChildSa } from "../../src/esp/child_sa_system.ts";
import { environmentOf, UpdownCommand } from "../../src/esp/updown_command.ts";
import { fqdn } from "../simulation/simulation.ts";

const KEYS = { encryptionKey: new Uint8Array(36).fill(0xa1), integrityKey: new Uint8Array(0) };
const ONE: InstalledChildSa = {
  number: 3,
  spis: { initiatorSpi: 1n, responderSpi: 2n },
  initiatorId: fqdn("client.example"),
  responderId: fqdn("gateway.example"),
  inner: {
    address: "10.9.0.1",
    ipv6Address: "fd00::1",
    ipv6PrefixLength: 64,
    dns: ["10.0.0.53", "fd00::53"],
    subnets: ["10.0.0.0/8"],
  },
  ends: {
    local: { address: "192.0.2.1", port: 4500 },
    remote: { address: "198.51.100.7", port: 61_234 },
    udpEncapsulation: true,
  },
  receivesOnly: false,
  childSa: {
    inboundSpi: 0x1001,
    outboundSpi: 0x2002,
    protection: { encryption: encryptionById(20)!, keyLength: 32 },
    extendedSequenceNumbers: false,
    inbound: KEYS,
    outbound: KEYS,
    localSelectors: parseSelectors("10.0.0.0/8"),
    remoteSelectors: parseSelectors("10.9.0.1, fd00::1"),
    udpEncapsulation: true,
  },
};

test("the environment says all of a Child SA but its keys", () => {
  assert.deepEqual(environmentOf("up", ONE), {
    IKE_RESUME_EVENT: "up",
    IKE_RESUME_CHILD_SA: "3",
    IKE_RESUME_INITIATOR_ID: "client.example",
    IKE_RESUME_RESPONDER_ID: "gateway.example",
    IKE_RESUME_INITIATOR_SPI: "0000000000000001",
    IKE_RESUME_RESPONDER_SPI: "0000000000000002",
    IKE_RESUME_LOCAL: "192.0.2.1",
    IKE_RESUME_LOCAL_PORT: "4500",
    IKE_RESUME_REMOTE: "198.51.100.7",
    IKE_RESUME_REMOTE_PORT: "61234",
    IKE_RESUME_UDP_ENCAPSULATION: "yes",
    IKE_RESUME_INBOUND_SPI: "00001001",
    IKE_RESUME_OUTBOUND_SPI: "00002002",
    IKE_RESUME_MODE: "tunnel",
    IKE_RESUME_LOCAL_TS: "10.0.0.0-10.255.255.255",
    IKE_RESUME_REMOTE_TS: "10.9.0.1-10.9.0.1,fd00::1-fd00::1",
    IKE_RESUME_INNER_IPV4: "10.9.0.1",
    IKE_RESUME_INNER_IPV6: "fd00::1",
    IKE_RESUME_DNS: "10.0.0.53,fd00::53",
    IKE_RESUME_DOMAINS: "",
    IKE_RESUME_SUBNETS: "10.0.0.0/8",
  });
});

test("the command is run once for each event, in order, and what is still there goes down at the end", async () => {
  await withCommand(
    'echo "$IKE_RESUME_EVENT $IKE_RESUME_CHILD_SA $IKE_RESUME_REMOTE_BEFORE" >> "$(dirname "$0")/calls"',
    async (command, calls) => {
      const faults: string[] = [];
      const updown = new UpdownCommand({ command, onFault: ({ message }) => void faults.push(message) });
      const other = { ...ONE, number: 4 };
      updown.install(ONE);
      updown.install(other);
      updown.replace(ONE);
      updown.move(ONE, { ...ONE.ends, remote: { address: "203.0.113.1", port: 1 } });
      updown.remove(ONE, false);
      updown.remove(ONE, true);
      await updown.close();
      assert.deepEqual(calls(), ["up 3", "up 4", "rekeyed 3", "moved 3 203.0.113.1", "down 3", "down 4"]);
      assert.deepEqual(faults, []);
    },
  );
});

test("a command that fails, hangs or is not there is told of, and those behind it are run", async () => {
  await withCommand('[ "$IKE_RESUME_EVENT" = rekeyed ] && exec sleep 60; exit 7', async (command) => {
    const faults: string[] = [];
    const onFault = ({ message }: Error) => void faults.push(message);
    const updown = new UpdownCommand({ command, timeoutMs: 300, onFault });
    updown.install(ONE);
    updown.replace(ONE);
    updown.remove(ONE, true);
    await updown.close();
    assert.deepEqual(faults.map((fault) => fault.split(`${command} `)[1]), [
      "(up): status 7",
      "(rekeyed): killed after 300 ms",
      "(down): status 7",
    ]);
    faults.length = 0;
    const missing = new UpdownCommand({ command: `${command}.not`, onFault });
    missing.install(ONE);
    missing.remove(ONE, true);
    await missing.close();
    assert.equal(faults.length, 2);
  });
});

test("a listener of faults that throws, or answers by a promise that is rejected, keeps no command from being run", async () => {
  const faults = [() => assert.fail("broken"), () => Promise.reject(new Error("broken"))];
  for (const onFault of faults) {
    let runs = 0;
    const updown = new UpdownCommand({ command: "updown", onFault, run: () => (runs++, Promise.resolve("status 1")) });
    updown.install(ONE);
    updown.replace(ONE);
    await updown.close();
    assert.equal(runs, 3);
  }
});

test("what waits is bounded, and what is beyond is told of", async () => {
  const faults: string[] = [];
  let runs = 0;
  const updown = new UpdownCommand({
    command: "updown",
    onFault: ({ message }) => void faults.push(message),
    run: () => (runs++, Promise.resolve(undefined)),
  });
  updown.install(ONE);
  for (let count = 1; count < 4_100; count++) updown.replace(ONE);
  assert.equal(faults.length, 4);
  assert.match(faults[0], /was not run \(rekeyed\): 4096 calls wait already/);
  await updown.close();
  assert.equal(runs, 4_096 + 1, "what is there goes down all the same");
});

test("one that came when too many calls waited goes without a call: nobody makes the queue grow by coming and going", async () => {
  let runs = 0;
  let release = () => {};
  const held = new Promise<undefined>((resolve) => release = () => resolve(undefined));
  const updown = new UpdownCommand({ command: "updown", onFault: () => {}, run: () => (runs++, held) });
  for (let number = 1; number <= 10_000; number++) {
    updown.install({ ...ONE, number });
    updown.replace({ ...ONE, number });
    if (number > 2_048) updown.remove({ ...ONE, number }, true);
  }
  release();
  await updown.close();
  // Two calls for each of the first 2,048, and one when it goes.
  assert.equal(runs, 3 * 2_048);
});

async function withCommand(script: string, body: (command: string, calls: () => string[]) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "updown-"));
  try {
    const command = join(folder, "updown");
    writeFileSync(command, `#!/bin/sh\n${script}\n`);
    chmodSync(command, 0o755);
    await body(command, () => readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n").map((line) => line.trimEnd()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("nothing is run before it may be, and then all in order", async () => {
  const may = Promise.withResolvers<void>();
  const run: string[] = [];
  const command = new UpdownCommand({
    command: "/bin/true",
    after: may.promise,
    onFault: assert.fail,
    run: (_command, { IKE_RESUME_EVENT: event }) => {
      run.push(event);
      return Promise.resolve(undefined);
    },
  });
  command.install(ONE);
  command.remove(ONE, true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(run, []);
  may.resolve();
  await command.close();
  assert.deepEqual(run, ["up", "down"]);
});
