import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { openSqliteStore } from "../../src/store/sqlite_store.ts";
import { skipIsFailure } from "../skips.ts";

const NOW = Math.floor(Date.now() / 1000);
const claimOf = (ticketId: string, expiresAtEpochSeconds = NOW + 3_600) => ({ ticketId, expiresAtEpochSeconds });

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = new TemporaryFolder("ike-resume-sqlite-");
  try {
    await body(join(folder.path, "store.db"));
  } finally {
    folder.remove();
  }
}

async function filled(path: string): Promise<void> {
  const store = await openSqliteStore({ path });
  await store.claims.claim(Array.from({ length: 2_000 }, (_, index) => claimOf(`ticket-${index}`)));
  await store.close();
}

test("[R-6.1-4] the file and those that SQLite makes beside it are their owner's alone", async () => {
  await inFolder(async (path) => {
    const store = await openSqliteStore({ path });
    await store.claims.claim([claimOf("a")]);
    const files = readdirSync(join(path, ".."));
    assert.deepEqual(files.sort(), ["store.db", "store.db-shm", "store.db-wal"]);
    for (const file of files) assert.equal(statSync(join(path, "..", file)).mode & 0o777, 0o600, file);
    await store.close();
    chmodSync(path, 0o644);
    await assert.rejects(openSqliteStore({ path }), {
      name: "StoreError",
      kind: "mode",
      message: /has mode 0644, expected 0600$/,
    });
  });
});

test("a claim is there when the file is opened again", async () => {
  await inFolder(async (path) => {
    await filled(path);
    const store = await openSqliteStore({ path });
    assert.deepEqual(await store.claims.isClaimed([claimOf("ticket-0"), claimOf("ticket-1999"), claimOf("b")]), [
      true,
      true,
      false,
    ]);
    await store.close();
  });
});

test("a file that is no database is refused, and left as it is", async () => {
  await inFolder(async (path) => {
    const text = "notes of somebody else\n".repeat(400);
    writeFileSync(path, text, { mode: 0o600 });
    await assert.rejects(openSqliteStore({ path }), { name: "StoreError", kind: "corrupt", message: /not a database/ });
    assert.equal(readFileSync(path, "utf8"), text);
  });
});

test("a database of another program is refused, and left as it is", async () => {
  await inFolder(async (path) => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE notes (text)");
    other.close();
    chmodSync(path, 0o600);
    const before = readFileSync(path);
    await assert.rejects(openSqliteStore({ path }), { name: "StoreError", kind: "corrupt", message: /of another program/ });
    assert.deepEqual(readFileSync(path), before);
  });
});

test("a file of another version is refused with both versions", async () => {
  await inFolder(async (path) => {
    await filled(path);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 9");
    database.close();
    await assert.rejects(openSqliteStore({ path }), {
      name: "StoreError",
      kind: "version",
      message: /has version 9, expected 2$/,
    });
  });
});

test("a file of the version before is taken over with all that is in it, by several that open it at once", async () => {
  await inFolder(async (path) => {
    const database = new DatabaseSync(path);
    // As version 1 had it.
    database.exec(`
      CREATE TABLE claims (ticket_id TEXT PRIMARY KEY, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX claims_by_expiry ON claims (expires);
      CREATE TABLE ticket_states (reference TEXT PRIMARY KEY, state BLOB NOT NULL, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX ticket_states_by_expiry ON ticket_states (expires);
      CREATE TABLE revocations (ticket_id TEXT PRIMARY KEY, expires REAL NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX revocations_by_expiry ON revocations (expires);
      CREATE TABLE clock (only INTEGER PRIMARY KEY CHECK (only = 1), swept REAL NOT NULL, opened REAL NOT NULL) STRICT;
      INSERT INTO clock VALUES (1, 0, 0);
      INSERT INTO claims VALUES ('used', ${NOW + 3_600});
      INSERT INTO revocations VALUES ('revoked', ${NOW + 3_600});
      INSERT INTO ticket_states VALUES ('r', x'07', ${NOW + 3_600});
      PRAGMA application_id = ${0x494b4552};
      PRAGMA user_version = 1;
    `);
    database.close();
    chmodSync(path, 0o600);
    const stores = await Promise.all([openSqliteStore({ path }), openSqliteStore({ path }), openSqliteStore({ path })]);
    for (const [index, store] of stores.entries()) {
      assert.deepEqual(await store.claims.claim([claimOf("used"), claimOf(`new-${index}`)]), [false, true]);
      assert.deepEqual(await store.revocations.has([claimOf("revoked"), claimOf("other")]), [true, false]);
      assert.deepEqual(await store.ticketStates.get(["r"]), [Uint8Array.of(7)]);
      await store.close();
    }
  });
});

test("a damaged file is refused at the start: overwritten in the middle, or cut", async () => {
  await inFolder(async (path) => {
    await filled(path);
    const { size } = statSync(path);
    writeSync(openSync(path, "r+"), new Uint8Array(8_192).fill(0xa5), 0, 8_192, 4_096 * Math.floor(size / 8_192));
    await assert.rejects(openSqliteStore({ path }), { name: "StoreError", kind: "corrupt" });
  });
  await inFolder(async (path) => {
    await filled(path);
    truncateSync(path, 4_096 * 6);
    await assert.rejects(openSqliteStore({ path }), { name: "StoreError", kind: "corrupt" });
  });
});

test("a folder in the file's place, and a folder that is not there, are refused by name", async () => {
  await inFolder(async (path) => {
    mkdirSync(path);
    await assert.rejects(openSqliteStore({ path }), { name: "StoreError", kind: "unreadable" });
    const nowhere = join(path, "nowhere", "store.db");
    await assert.rejects(openSqliteStore({ path: nowhere }), { name: "StoreError", kind: "unreadable", message: /nowhere/ });
  });
});

test("a file that was last swept days from now is refused: by this clock all that it knows has yet to come", async () => {
  await inFolder(async (path) => {
    const later = await openSqliteStore({ path, now: () => NOW + 3 * 86_400 });
    await later.claims.claim(Array.from({ length: 5_000 }, (_, index) => claimOf(`${index}`)));
    await later.close();
    await assert.rejects(openSqliteStore({ path, now: () => NOW }), {
      name: "StoreError",
      kind: "clock",
      message: /last swept at 20/,
    });
    const hourBack = await openSqliteStore({ path, now: () => NOW + 3 * 86_400 - 3_600 });
    await hourBack.close();
  });
});

test("a file that another process holds for too long fails the call in time, and loses nothing", async () => {
  await inFolder(async (path) => {
    const store = await openSqliteStore({ path, lockPatienceMs: 20 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    assert.throws(() => store.claims.claim([claimOf("a")]), { name: "StoreError", kind: "locked" });
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual(await store.claims.claim([claimOf("a")]), [true]);
    await store.close();
  });
});

test("a file that another process is just making is opened once that is done", async () => {
  const folder = new TemporaryFolder("ike-resume-held-");
  const path = join(folder.path, "store.db");
  closeSync(openSync(path, "w", 0o600));
  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  const opening = openSqliteStore({ path, lockPatienceMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  other.exec("COMMIT");
  other.close();
  const store = await opening;
  assert.deepEqual(await store.claims.claim([{ ticketId: "t", expiresAtEpochSeconds: Date.now() / 1000 + 60 }]), [true]);
  await store.close();
  folder.remove();
});

test("states that were deleted leave no octets in the database file", async () => {
  await inFolder(async (path) => {
    const store = await openSqliteStore({ path });
    const state = new TextEncoder().encode("SK_d of a session that is over");
    await store.ticketStates.put([{ reference: "r", state, expiresAtEpochSeconds: NOW + 3_600 }]);
    await store.ticketStates.delete(["r"]);
    await store.close();
    assert.equal(readFileSync(path).includes("SK_d of a session"), false);
  });
});

/** As a shell tells that a process was ended by SIGKILL. */
const KILLED = 128 + 9;
const MOUNTS = "unshare --map-root-user --mount";

test("a file system that is full or read-only is told at the start and at each call, and no acknowledged claim is lost", {
  skip: lacksMounts(),
}, () => {
  const folder = new TemporaryFolder("ike-resume-full-");
  const script = fileURLToPath(new URL("full_file_system.ts", import.meta.url));
  const runtime = process.versions.deno === undefined ? process.execPath : `${process.execPath} run -A --quiet --no-check`;
  const shell = `mount -t tmpfs -o size=400k,mode=700 none '${folder.path}' &&
    ${runtime} '${script}' fill '${folder.path}'
    [ $? -eq ${KILLED} ] && ${runtime} '${script}' full '${folder.path}' &&
    mount -o remount,ro '${folder.path}' && ${runtime} '${script}' read-only '${folder.path}'`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${MOUNTS} sh -c "$0"`, shell], { encoding: "utf8" });
  folder.remove();
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split("\n"), ["full", "full at the start", "read-only at the start"], stderr);
});

function lacksMounts(): string | false {
  if (spawnSync("sh", ["-c", `${MOUNTS} true`]).status === 0) return false;
  if (skipIsFailure()) {
    throw new Error("no file system can be mounted here, and IKE_RESUME_NO_SKIPS is set; expected root or user namespaces");
  }
  return "needs to mount a file system of its own (root, or user namespaces)";
}
