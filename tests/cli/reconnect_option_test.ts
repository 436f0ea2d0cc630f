import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withGateway } from "../client/gateway_scene.ts";
import { ended, run, signal, start } from "./command_line.ts";

/** The program as a client of the scene's gateway, whose shared key it finds in a file. */
async function withProgram(body: (words: (port: number, natPort: number) => string[]) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "reconnect-"));
  const psk = join(folder, "psk");
  writeFileSync(psk, "a secret that both ends hold", { mode: 0o600 });
  try {
    await body((port, natPort) => [
      ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
      ...["--psk-file", psk, "--json"],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function eventsOf(stdout: string): { readonly event: string; readonly [name: string]: unknown }[] {
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

test("connect ends with status 3 and a line that says why when the gateway deletes the IKE SA, and with 0 when it was told to end", async () => {
  await withGateway(async ({ address: { port, natPort }, gateway, told }) => {
    await withProgram(async (words) => {
      const child = start(...words(port, natPort));
      const end = ended(child);
      const up = () => told.find((effect) => effect.type === "ike-sa-up");
      while (up() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      const effect = up()!;
      assert.ok(effect.type === "ike-sa-up");
      await gateway.deleteSa(effect.spis);
      const { status, stdout, stderr } = await end;
      assert.equal(status, 3);
      assert.match(stderr, /^ike-resume connect: the connection has ended: deleted by peer$/m);
      assert.equal(eventsOf(stdout).filter(({ event }) => event === "ike-sa-down").length, 1);

      assert.equal((await run(...words(port, natPort), "--hold", "0")).status, 0);
    });
  });
});

test("connect --reconnect says that its gateway is lost, tries, and is back by its ticket", async () => {
  await withGateway(async ({ address: { port, natPort }, kill, start: startGateway, told }) => {
    await withProgram(async (words) => {
      const child = start(...words(port, natPort), "--reconnect", "--liveness", "1");
      const end = ended(child);
      let said = "";
      const saying = (event: string) =>
        new Promise<void>((resolve) => {
          child.stdout!.on("data", (text) => {
            said += text;
            if (said.includes(`"event":"${event}"`)) resolve();
          });
        });
      const up = saying("child-sa-up");
      const back = saying("connection-back");
      await up;
      // Gone, and soon there again: the first request that the old IKE SA is asked by finds a gateway that does not know it.
      await kill();
      await startGateway();
      await back;
      assert.ok(told.some((effect) => effect.type === "ike-sa-up" && effect.resumed));
      signal(child, "SIGTERM");
      const { status, stdout } = await end;
      assert.equal(status, 0);
      const events = eventsOf(stdout);
      assert.equal(events.find(({ event }) => event === "connection-lost")?.reason, "no-answer");
      assert.equal(typeof events.find(({ event }) => event === "reconnecting")?.delay_ms, "number");
      assert.equal(events.find(({ event }) => event === "connection-back")?.resumed, true);
    });
  });
});
