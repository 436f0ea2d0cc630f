import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ended, startIn } from "./command_line.ts";

for (const more of [["--transport", "dgram"], ["--transport", "auto"], ["--workers", "2"]]) {
  test(`--address with an interface's name and ${more.join(" ")}: clients come up at each of its addresses, and resume`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "interface-test-"));
    const pskFile = join(folder, "psk");
    writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
    const gateway = startIn(
      {},
      ...[
        "gateway",
        "--address",
        "lo",
        "--port",
        "0",
        "--nat-port",
        "0",
        "--identity",
        "gateway.example",
        "--psk-file",
        pskFile,
      ],
      ...["--json", ...more],
    );
    try {
      const listening = await firstListening(gateway.stdout!);
      assert.equal(listening.address, "lo");
      for (const address of ["127.0.0.1", "[::1]"]) {
        const connect = () =>
          ended(startIn(
            {},
            ...["connect", "--peer", `${address}:${listening.port}`, "--peer-nat-port", `${listening.nat_port}`],
            ...["--identity", "client@example.org", "--peer-identity", "gateway.example", "--psk-file", pskFile, "--json"],
            ...["--hold", "0", "--abandon", "--ticket", join(folder, `ticket-${address}`)],
          ));
        for (const resumed of [false, true]) {
          const { status, stdout, stderr } = await connect();
          assert.equal(status, 0, stderr);
          assert.match(stdout, new RegExp(`"event":"ike-sa-up".*"resumed":${resumed}`));
        }
      }
    } finally {
      gateway.kill("SIGTERM");
      await ended(gateway);
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("--address with an interface that is not there is one line, and status 1", async () => {
  const folder = mkdtempSync(join(tmpdir(), "interface-test-"));
  try {
    const pskFile = join(folder, "psk");
    writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
    const { status, stderr } = await ended(
      startIn({}, "gateway", "--address", "none7", "--identity", "gateway.example", "--psk-file", pskFile),
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /cannot listen on the interface none7: there is none with an address, but /);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function firstListening(stdout: NodeJS.ReadableStream): Promise<{ readonly [name: string]: unknown }> {
  for await (const line of createInterface({ input: stdout })) {
    const event = JSON.parse(line);
    if (event.event === "listening") return event;
  }
  throw new Error("the gateway ended before it listened");
}
