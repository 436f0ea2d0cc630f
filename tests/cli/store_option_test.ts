import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { storeChangeLine } from "../../src/cli/store_option.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { StoreError } from "../../src/store/store_error.ts";
import { lacksRedis, RedisServer } from "../store/redis_server.ts";
import { type Ended, run } from "./command_line.ts";

async function gatewayWith(...words: string[]): Promise<Ended> {
  const folder = new TemporaryFolder("ike-resume-store-option-");
  const psk = join(folder.path, "psk");
  writeFileSync(psk, "a shared key\n", { mode: 0o600 });
  writeFileSync(join(folder.path, "notes.db"), "notes of somebody else\n".repeat(400), { mode: 0o600 });
  const options = [
    "--address",
    "127.0.0.1",
    "--port",
    "0",
    "--nat-port",
    "0",
    "--identity",
    "gateway.example",
    "--psk-file",
    psk,
  ];
  const result = await run("gateway", ...options, ...words.map((word) => word.replace("FOLDER", folder.path)));
  folder.remove();
  return result;
}

test("a gateway whose store cannot be used does not start: exit status 2, the reason, no password", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "sqlite:FOLDER/notes.db",
      /--store: sqlite: .*notes\.db: file is not a database; expected a store of this program, or no file/,
    ],
    ["sqlite:FOLDER/nowhere/store.db", /--store: sqlite: .*nowhere/],
    ["sqlite:", /--store: store: expected memory, sqlite:PATH, redis:/],
    ["redis//:secret@host", /--store: store: expected memory, sqlite:PATH, redis:/],
    ["redis://:secret@host/name", /--store: redis: the URL makes no sense/],
  ];
  for (const [store, message] of cases) {
    const { status, stderr } = await gatewayWith("--store", store);
    assert.equal(status, 2, `${store}: ${stderr}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret/);
  }
});

test("a gateway whose Redis server does not accept the password does not start", { skip: lacksRedis() }, async () => {
  const server = await RedisServer.start("right-password");
  try {
    const { status, stderr } = await gatewayWith("--store", server.url.replace("right", "wrong"));
    assert.equal(status, 2, stderr);
    assert.match(stderr, /--store: redis: redis:\/\/127\.0\.0\.1:\d+: WRONGPASS/);
    assert.doesNotMatch(stderr, /wrong-password/);
  } finally {
    await server.remove();
  }
});

test("a setting for a store that is down is refuse, wait or accept", async () => {
  const { status, stderr } = await gatewayWith("--store-failure", "hope");
  assert.equal(status, 2);
  assert.match(stderr, /Allowed choices are refuse, wait, accept/);
});

test("the log says that the store is down, why, and what happens meanwhile", () => {
  const down = {
    type: "store-down",
    store: "redis://host",
    reason: new StoreError("timeout", "redis://host: no answer"),
  } as const;
  assert.match(storeChangeLine(down, "refuse"), /down \(redis:\/\/host: no answer\): tickets are refused/);
  assert.match(storeChangeLine(down, "accept"), /tickets are accepted without it$/);
  assert.match(storeChangeLine({ type: "store-up", store: "redis://host" }, "refuse"), /redis:\/\/host is up again$/);
});
