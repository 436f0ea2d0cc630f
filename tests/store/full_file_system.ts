/**
 * A process of its own on a small file system. Arguments: what to show ("fill", "full", "read-only"), and the folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { openSqliteStore } from "../../src/store/sqlite_store.ts";

const [what, folder] = process.argv.slice(2);
const path = join(folder, "store.db");
const acknowledgedPath = join(folder, "acknowledged");
const expiresAtEpochSeconds = Math.floor(Date.now() / 1000) + 3_600;

if (what === "fill") {
  writeFileSync(acknowledgedPath, "      ");
  const store = await openSqliteStore({ path });
  let claimed = 0;
  await assert.rejects(async () => {
    for (;; claimed += 64) await store.claims.claim(Array.from({ length: 64 }, (_, index) => claimOf(claimed + index)));
  }, { name: "StoreError", kind: "full" });
  const before = Array.from({ length: claimed }, (_, index) => claimOf(index));
  const there = await store.claims.isClaimed(before);
  assert.equal(there.every((isClaimed) => isClaimed), true, "claims that were acknowledged before there was no room");
  assert.ok(claimed > 0);
  writeFileSync(acknowledgedPath, `${claimed}`, { flag: "r+" });
  // No close: it would make room.
  fillUp();
  console.log("full");
  process.kill(process.pid, "SIGKILL");
} else {
  await assert.rejects(openSqliteStore({ path: what === "full" ? join(folder, "new.db") : path }), {
    name: "StoreError",
    kind: what,
  });
  if (what === "full") assert.ok(Number(readFileSync(acknowledgedPath, "utf8")) > 0);
  console.log(`${what} at the start`);
}

function claimOf(number: number) {
  return { ticketId: `ticket-${number}`, expiresAtEpochSeconds };
}

function fillUp(): void {
  const filler = openSync(join(folder, "filler"), "w");
  try {
    for (;;) writeSync(filler, new Uint8Array(512));
  } catch {
    closeSync(filler);
  }
}
