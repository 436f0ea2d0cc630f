import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import { effectsOf } from "../simulation/simulation.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { clientConfiguration, SECRET } from "../client/gateway_scene.ts";
import { ended, signal, start } from "./command_line.ts";

test("a program that gets SIGUSR2 sends the clients that are up to the gateway that --drain-to names, alone or with workers", async () => {
  for (const more of [[], ["--workers", "2", "--steering", "main"]]) {
    const folder = mkdtempSync(join(tmpdir(), "gateway-drain-"));
    try {
      const psk = join(folder, "psk");
      writeFileSync(psk, SECRET, { mode: 0o600 });
      const child = start(
        ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
        ...["--psk-file", psk, "--json", "--drain-to", "192.0.2.77", ...more],
      );
      const end = ended(child);
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
      const next = async (name: string) => {
        for (;;) {
          const { value, done } = await lines.next();
          assert.ok(!done, `no ${name}`);
          const event = JSON.parse(value);
          if (event.event === name) return event;
        }
      };
      const { port, nat_port: natPort } = await next("listening");
      const effects: Effect[] = [];
      const session = await connect({
        configuration: clientConfiguration({ followRedirects: true }),
        gateway: { address: "127.0.0.1", port, natPort },
        onEffect: (effect) => void effects.push(effect),
      });
      process.kill(child.pid!, "SIGUSR2");
      assert.equal((await next("draining")).to, "192.0.2.77");
      assert.equal((await next("client-redirected")).to, "192.0.2.77");
      assert.equal(effectsOf(effects, "redirection-asked")[0].to, "192.0.2.77");
      await session.close();
      signal(child, "SIGTERM");
      assert.equal((await end).status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
