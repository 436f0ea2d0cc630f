import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { FileWatch } from "../../src/store/file_watch.ts";
import { followTicketKeyFile } from "../../src/store/followed_ticket_keys.ts";
import { loadOrCreateTicketKeyRing, readTicketKeys, writeTicketKeys } from "../../src/store/ticket_key_file.ts";
import { rotateTicketKeys } from "../../src/ticket/ticket_key_changes.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";

const broken = (): never => {
  throw new Error("told, and could not bear it");
};

test("a watch whose owner throws goes on watching", () => {
  const folder = new TemporaryFolder("ike-resume-hooks-");
  const path = join(folder.path, "watched");
  let seen = 0;
  const watch = new FileWatch({
    path,
    onChange: () => {
      seen++;
      broken();
    },
  });
  try {
    for (const content of ["one", "and two"]) {
      writeFileSync(path, content);
      watch.check();
    }
    assert.equal(seen, 2);
  } finally {
    watch.close();
    folder.remove();
  }
});

test("keys follow their file although whoever is told of it throws, from the first look on", () => {
  const folder = new TemporaryFolder("ike-resume-hooks-");
  const path = join(folder.path, "keys.json");
  const { octets } = new SeededRandom(3);
  const change = { nowEpochSeconds: 1_700_000_000, ticketLifetimeSeconds: 3_600 };
  const ring = loadOrCreateTicketKeyRing(path, octets, change.nowEpochSeconds);
  const kept = readTicketKeys(path)!;
  writeFileSync(path, "no keys");
  const watch = followTicketKeyFile({
    path,
    ring,
    ticketLifetimeSeconds: change.ticketLifetimeSeconds,
    nowEpochSeconds: () => change.nowEpochSeconds,
    onReloaded: broken,
    onRejected: broken,
  });
  try {
    assert.equal(ring.keys.length, 1);
    const rotated = rotateTicketKeys(kept, octets, "aes256gcm16", change);
    writeTicketKeys(path, rotated);
    watch.check();
    assert.equal(ring.keys.length, rotated.length);
  } finally {
    watch.close();
    folder.remove();
  }
});
