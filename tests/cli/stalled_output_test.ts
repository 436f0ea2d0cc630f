import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { Client } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { signal, start } from "./command_line.ts";

const SECRET = "a secret that both ends hold";
/** Their events are several times what a pipe and the program hold, at the length of this identity. */
const CLIENTS = 400;
const LONG_NAME = "n".repeat(600);

for (const [what, format] of [["stalls", ["--json"]], ["goes", ["--json"]], ["goes", ["--log-format", "json"]]] as const) {
  test(`a gateway whose reader ${what} serves everybody, and ends when it is told to (${format.join(" ")})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "ike-resume-stalled-"));
    const pskFile = join(folder, "psk");
    writeFileSync(pskFile, SECRET, { mode: 0o600 });
    const words = [
      "--address",
      "127.0.0.1",
      "--port",
      "0",
      "--nat-port",
      "0",
      "--identity",
      "g",
      "--psk-file",
      pskFile,
      ...format,
    ];
    const gateway = start("gateway", ...words);
    const client = await Client.open({ address: "127.0.0.1" });
    try {
      const output = gateway.stdout as Readable;
      const lines = createInterface({ input: output });
      type Listening = { readonly address: string; readonly port: number; readonly nat_port: number };
      const { address, port, nat_port: natPort } = await new Promise<Listening>((resolve) =>
        lines.on("line", (line) => {
          const entry = JSON.parse(line);
          if (entry.event === "listening") resolve(entry);
        })
      );
      lines.close();
      if (what === "stalls") output.pause();
      else output.destroy();
      const presharedKey = new TextEncoder().encode(SECRET);
      for (let begun = 0; begun < CLIENTS; begun += 40) {
        await Promise.all(Array.from({ length: 40 }, (_, number) =>
          client.connect({
            configuration: initiatorConfiguration({ identity: parseIdentity(`${LONG_NAME}${begun + number}`), presharedKey }),
            gateway: { address, port, natPort },
          })));
      }
      const exit = once(gateway, "exit");
      signal(gateway, "SIGTERM");
      assert.deepEqual(await exit, [0, null], "while nobody reads");
    } finally {
      await client.close();
      if (gateway.exitCode === null) gateway.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    }
  });
}
