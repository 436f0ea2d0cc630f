import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { openStore } from "../../src/store/open_store.ts";
import { lacksRedis, RedisServer } from "./redis_server.ts";

const EXPIRES = Math.floor(Date.now() / 1000) + 3_600;
const WAVE = 64;

function startClaiming(store: string, word: string, waves: number): { readonly child: ChildProcess; readonly lines: string[] } {
  const script = fileURLToPath(new URL("claiming_process.ts", import.meta.url));
  const runtime = process.versions.deno === undefined ? [] : ["run", "-A", "--quiet", "--no-check"];
  const child = spawn(process.execPath, [...runtime, script, store, word, `${waves}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout?.on("data", (data: Uint8Array) => {
    const parts = (rest + new TextDecoder().decode(data)).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return { child, lines };
}

async function killAfterWaves({ child, lines }: ReturnType<typeof startClaiming>, waves: number): Promise<void> {
  const closed = once(child, "close");
  while (lines.length < waves && child.exitCode === null) await pause(1);
  child.kill("SIGKILL");
  await closed;
}

const acknowledged = (lines: readonly string[]) => lines.flatMap((line) => line.split(" "));

async function assertClaimed(name: string, tickets: readonly string[]): Promise<void> {
  const store = await openStore(name);
  try {
    const claimed = await store.claims.isClaimed(tickets.map((ticketId) => ({ ticketId, expiresAtEpochSeconds: EXPIRES })));
    assert.equal(claimed.filter((isClaimed) => !isClaimed).length, 0, "acknowledged claims that are gone");
  } finally {
    await store.close();
  }
}

test("[R-4.3.1-2] every claim that SQLite acknowledged is there after SIGKILL, however often that happens", async () => {
  const folder = new TemporaryFolder("ike-resume-killed-");
  const name = `sqlite:${join(folder.path, "store.db")}`;
  const all: string[] = [];
  for (let round = 0; round < 3; round++) {
    const claiming = startClaiming(name, `round-${round}`, 0);
    await killAfterWaves(claiming, 5 + 10 * round);
    assert.ok(claiming.lines.length >= 5 + 10 * round);
    all.push(...acknowledged(claiming.lines));
    await assertClaimed(name, all);
  }
  assert.equal(new Set(all).size, all.length);
  folder.remove();
});

test("[R-4.3.1-2] of two processes that claim the same tickets in one SQLite file, each ticket goes to one", async () => {
  const folder = new TemporaryFolder("ike-resume-shared-");
  await assertDivided(`sqlite:${join(folder.path, "store.db")}`);
  folder.remove();
});

test("[R-4.3.1-2] of two processes that claim the same tickets on one server, each ticket goes to one", {
  skip: lacksRedis(),
}, async () => {
  const server = await RedisServer.start();
  try {
    await assertDivided(server.url);
  } finally {
    await server.remove();
  }
});

async function assertDivided(name: string): Promise<void> {
  const waves = 30;
  const processes = [startClaiming(name, "same", waves), startClaiming(name, "same", waves)];
  const codes = await Promise.all(processes.map(async ({ child }) => (await once(child, "close"))[0]));
  assert.deepEqual(codes, [0, 0]);
  const won = processes.flatMap(({ lines }) => acknowledged(lines)).filter((ticketId) => ticketId !== "");
  assert.equal(won.length, waves * WAVE);
  assert.equal(new Set(won).size, waves * WAVE);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
