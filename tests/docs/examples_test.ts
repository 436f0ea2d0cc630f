import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { keyValueStore } from "../../examples/custom-store/key_value_store.ts";
import { type KeyValueService, MemoryKeyValueService } from "../../examples/custom-store/key_value_service.ts";
import { rowsOf } from "../../examples/browser/rows.ts";
import { connect, ConnectionError, initiatorConfiguration, parseIdentity, type Session } from "../../mod.ts";
import { CAPTURE, KEYS } from "../capture/recorded_capture.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

function inFolder(body: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "ike-resume-examples-"));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

/** The ports that it says it listens on. */
function portsOf(program: ChildProcess): Promise<number[]> {
  return new Promise((resolve, reject) => {
    let output = "";
    program.stdout?.on("data", (text) => {
      output += text;
      const [, port, natPort] = /listening on [^ ]*:(\d+) (\d+)/.exec(output) ?? [];
      if (port !== undefined) resolve([Number(port), Number(natPort)]);
    });
    program.once("exit", (status) => reject(new Error(`it ended with ${status}: ${output}`)));
  });
}

test(
  "the example's gateway takes users of its database, by their own keys and by tickets, and none who is not there or was locked out",
  inFolder(async (folder) => {
    const path = join(folder, "users.db");
    const program = spawn(
      process.execPath,
      ["run", "-A", "--quiet", join(EXAMPLES, "user-database/gateway.ts"), path, "127.0.0.1", "0", "0"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const [port, natPort] = await portsOf(program);
      const database = new DatabaseSync(path);
      // As the README's command writes it: text.
      database.exec("INSERT INTO users (id, psk) VALUES ('ada@example.org', 'a secret of her own')");
      database.exec("INSERT INTO users (id, psk) VALUES ('bob@example.org', x'00112233445566778899aabbccddeeff')");
      const come = (id: string, key: string | Uint8Array, ticket?: ReturnType<Session["abandon"]>) =>
        connect({
          gateway: { address: "127.0.0.1", port, natPort },
          configuration: initiatorConfiguration({
            identity: parseIdentity(id),
            presharedKey: typeof key === "string" ? new TextEncoder().encode(key) : key,
          }),
          ...(ticket && { ticket }),
        });
      const bob = Uint8Array.fromHex("00112233445566778899aabbccddeeff");
      await (await come("bob@example.org", bob)).close();
      const session = await come("ada@example.org", "a secret of her own");
      const resumed = await come("ada@example.org", "a secret of her own", session.abandon());
      assert.equal(resumed.resumed, true);
      await assert.rejects(come("ada@example.org", "another"), ConnectionError);
      await assert.rejects(come("eve@example.org", "a secret of her own"), ConnectionError);
      database.exec("UPDATE users SET locked = 1 WHERE id = 'ada@example.org'");
      await assert.rejects(come("ada@example.org", "a secret of her own", resumed.abandon()), ConnectionError);
      database.close();
    } finally {
      program.kill();
    }
  }),
);

test("the example's store gives a claim to one of two gateways that ask at once, and again to the one whose answer was lost", async () => {
  const service = new MemoryKeyValueService();
  const [here, there] = [keyValueStore(service), keyValueStore(service)];
  const ticket = { ticketId: "a", expiresAtEpochSeconds: Date.now() / 1_000 + 60 };
  const answers = await Promise.all([
    here.claims.claim([{ ...ticket, claimant: 1n }]),
    there.claims.claim([{ ...ticket, claimant: 2n }]),
  ]);
  assert.deepEqual(answers, [[true], [false]]);
  assert.deepEqual(await here.claims.claim([{ ...ticket, claimant: 1n }]), [true]);
});

test("the example's store revokes all that both of two gateways revoke of a series at once", async () => {
  const service = new MemoryKeyValueService();
  // Both read before either writes: the later one has to read again.
  let readers = 0;
  let release = () => {};
  const bothRead = new Promise<void>((resolve) => release = resolve);
  const racing: KeyValueService = {
    get: async (key) => {
      const value = await service.get(key);
      if (++readers === 2) release();
      await bothRead;
      return value;
    },
    swap: (...words) => service.swap(...words),
    remove: (key) => service.remove(key),
  };
  const of = (serial: number) => ({
    ticketId: `t${serial}`,
    expiresAtEpochSeconds: Date.now() / 1_000 + 60,
    series: "00000000000000aa",
    serial,
  });
  await Promise.all([7, 3].map((serial) => keyValueStore(racing).revocations.add([of(serial)])));
  assert.deepEqual(await keyValueStore(service).revocations.has([3, 7, 8].map(of)), [true, true, false]);
});

test(
  "the example's page reads a capture with nothing but what browsers have, and is allowed nothing",
  inFolder((folder) => {
    const expected = rowsOf(CAPTURE, KEYS);
    assert.equal(expected.rows.length, 24);
    assert.match(expected.rows[5].at(-1) ?? "", /^SKF \{IDi, CERT, N\(INITIAL_CONTACT\), /);
    const bundle = join(folder, "rows.js");
    const words = ["bundle", "--quiet", "--platform", "browser", "--output", bundle, join(EXAMPLES, "browser/rows.ts")];
    assert.equal(spawnSync(process.execPath, words, { stdio: "inherit" }).status, 0);
    assert.doesNotMatch(readFileSync(bundle, "utf8"), /from\s*"node:|require\("node:/);
    // Allowed to read its code and the capture, and nothing else: no environment, no network, no prompt.
    writeFileSync(join(folder, "capture"), CAPTURE);
    writeFileSync(join(folder, "keys"), KEYS);
    writeFileSync(
      join(folder, "main.js"),
      `import { rowsOf } from "./rows.js";
      const [capture, keys] = [Deno.readFileSync("capture"), Deno.readTextFileSync("keys")];
      console.log(JSON.stringify(rowsOf(capture, keys)));`,
    );
    const run = ["run", "--quiet", "--no-prompt", "--no-config", `--allow-read=${folder}`, join(folder, "main.js")];
    const { stdout, status } = spawnSync(process.execPath, run, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), expected);
    return Promise.resolve();
  }),
);
