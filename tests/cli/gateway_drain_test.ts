import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "../../src/client/client.ts";
import { GatewayProcess } from "../../src/load/gateway_process.ts";
import { effectsOf } from "../simulation/simulation.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { clientConfiguration, SECRET } from "../client/gateway_scene.ts";
import { ended, signal, start } from "./command_line.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

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

test("a program that is told to end sends its clients away first where --drain-seconds says for how long, and ends when they are gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-drain-"));
  try {
    const psk = join(folder, "psk");
    writeFileSync(psk, SECRET, { mode: 0o600 });
    const child = start(
      ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
      ...["--psk-file", psk, "--json", "--drain-to", "127.0.0.2", "--drain-seconds", "60"],
    );
    const end = ended(child);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const configuration = clientConfiguration({ followRedirects: true });
    const session = await connect({ configuration, gateway: { address: "127.0.0.1", port, natPort } });
    signal(child, "SIGTERM");
    const told: string[] = [];
    const listening = (async () => {
      for await (const line of lines) told.push(line);
    })();
    while (!told.some((line) => line.includes("client-redirected"))) await new Promise((resolve) => setTimeout(resolve, 20));
    await session.close();
    assert.equal((await end).status, 0);
    await listening;
    const events = told.map((line) => JSON.parse(line));
    assert.deepEqual(events.find(({ event }) => event === "draining"), { event: "draining", to: "127.0.0.2" });
    assert.deepEqual(events.find(({ event }) => event === "drained"), { event: "drained", left: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a gateway under control that is told to end serves those who are up until they have gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-drain-"));
  try {
    const psk = join(folder, "psk");
    writeFileSync(psk, SECRET, { mode: 0o600 });
    const program = { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", MAIN] };
    const gateway = await GatewayProcess.start(program, [
      ...["--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
      ...["--psk-file", psk, "--drain-to", "127.0.0.2", "--drain-seconds", "60"],
    ]);
    const asked = Promise.withResolvers<void>();
    const session = await connect({
      configuration: clientConfiguration({ followRedirects: true }),
      gateway: { ...gateway.local, natPort: gateway.encapsulatedLocal.port },
      onEffect: ({ type }) => type === "redirection-asked" && asked.resolve(),
    });
    const end = gateway.stop();
    await Promise.race([asked.promise, end.then(() => assert.fail("it ended before its client had gone"))]);
    assert.equal(await session.checkLiveness(), true);
    await session.close();
    await end;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
