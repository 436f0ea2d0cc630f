import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as after } from "node:timers/promises";
import { loadProvider } from "../../src/providers/mod.ts";
import { FileWatch } from "../../src/store/file_watch.ts";
import { followTicketKeyFile, followTicketMasterFile } from "../../src/store/followed_ticket_keys.ts";
import {
  loadOrCreateTicketKeyRing,
  readTicketKeys,
  saveTicketKeyRing,
  writeTicketKeys,
} from "../../src/store/ticket_key_file.ts";
import { createTicketMasterFile, readTicketMasters } from "../../src/store/ticket_master_file.ts";
import { derivedTicketKeyRing } from "../../src/ticket/derived_ticket_keys.ts";
import { activateTicketKey, rotateTicketKeys, stageTicketKey } from "../../src/ticket/ticket_key_changes.ts";
import { makeTicketKey } from "../../src/ticket/ticket_key.ts";
import type { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { comesBackWith, copyOf } from "../simulation/coming_back.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { Simulation, START_EPOCH_SECONDS } from "../simulation/simulation.ts";

const { octets: random } = new SeededRandom(47);
const LIFETIME = 3_600;
const CHANGE = { nowEpochSeconds: START_EPOCH_SECONDS, ticketLifetimeSeconds: LIFETIME };

test("[R-6.1-3] keys of a fleet are staged, activated and dropped in a file, and no gateway refuses another's ticket in between", async () => {
  await inFolder(async (folder) => {
    const provider = await loadProvider("ts");
    const [a, b] = ["a", "b"].map((name) => new Follower(join(folder, `${name}.json`)));
    const gatewayA = new Simulation({ provider, seed: 1, gateway: { ticketKeys: a.ring } });
    const gatewayB = new Simulation({ provider, seed: 2, gateway: { ticketKeys: b.ring } });
    const distribute = (keys: Parameters<typeof writeTicketKeys>[1], ...to: Follower[]) =>
      to.forEach((each) => each.write(keys));

    // One set of keys for both; B is told by a file, while it runs.
    distribute(readTicketKeys(a.path)!, b);
    const first = await gatewayA.clientWithTicket();
    await comesBackWith(gatewayB, first, copyOf(first.ticket));

    // Staged everywhere, used nowhere.
    const staged = stageTicketKey(readTicketKeys(a.path)!, random, "chacha20poly1305", undefined, CHANGE);
    distribute(staged, a, b);
    assert.deepEqual([a.ring.staged.length, b.ring.staged.length], [1, 1]);
    assert.deepEqual(a.ring.current.algorithm, "aes256gcm16");

    // A activates before B has heard of it: B opens what A seals, and A what B seals.
    const activated = activateTicketKey(staged, undefined, START_EPOCH_SECONDS, CHANGE);
    distribute(activated, a);
    const [fromA, fromB] = [await gatewayA.clientWithTicket(), await gatewayB.clientWithTicket()];
    assert.deepEqual(fromA.ticket.ticket.slice(4, 12), staged[1].keyId);
    assert.deepEqual(fromB.ticket.ticket.slice(4, 12), staged[0].keyId);
    await comesBackWith(gatewayB, fromA, copyOf(fromA.ticket));
    await comesBackWith(gatewayA, fromB, copyOf(fromB.ticket));
    distribute(activated, b);
    assert.deepEqual(b.ring.current.keyId, a.ring.current.keyId);
    const last = await gatewayB.clientWithTicket();
    await comesBackWith(gatewayA, last, copyOf(last.ticket));
    assert.deepEqual([...a.rejected, ...b.rejected], []);
    a.watch.close();
    b.watch.close();
  });
});

test("[R-6.1-3] a file that will not do changes nothing, is told once, and the next good one counts", async () => {
  await inFolder((folder) => {
    const follower = new Follower(join(folder, "keys.json"));
    const { ring, path, rejected, watch } = follower;
    const before = ring.keys;
    const bad: readonly (readonly [() => void, RegExp])[] = [
      [() => writeFileSync(path, '{"version": 1, "keys": [{"keyId": "01'), /keys\.json: not JSON$/],
      [() => writeFileSync(path, ""), /not JSON$/],
      [() => writeFileSync(path, '{"version": 1, "keys": []}'), /"keys" is not a list of at least one key/],
      [() => writeTicketKeys(path, [{ ...makeTicketKey(random, 0), keyId: new Uint8Array(8) }]), /identity is all zero/],
      [
        () =>
          writeTicketKeys(path, [
            makeTicketKey(random, START_EPOCH_SECONDS),
            { ...makeTicketKey(random, START_EPOCH_SECONDS), activeFromEpochSeconds: START_EPOCH_SECONDS + 60 },
          ]),
        /a key that seals for 60 s is too short-lived for tickets of 3600 s/,
      ],
      [() => chmodSync(path, 0o644), /has mode 0644, expected 0600/],
      [() => unlinkSync(path), /no file .*keys\.json/],
    ];
    for (const [index, [spoil, message]] of bad.entries()) {
      spoil();
      watch.check();
      watch.check();
      assert.equal(rejected.length, index + 1, `told once: ${message}`);
      assert.match(rejected[index].message, message);
      assert.deepEqual(ring.keys, before);
      assert.equal(ring.keyForSealing(), before[0]);
    }
    const keys = rotateTicketKeys(before, random, "aes256gcm16", CHANGE);
    follower.write(keys);
    assert.deepEqual(ring.current.keyId, keys[0].keyId);
    assert.equal(rejected.length, bad.length);
    assert.equal(follower.reloaded, 1);
    watch.close();
  });
});

test("a file is followed without being asked: written in place, replaced, or behind a link that turns", async () => {
  await inFolder(async (folder) => {
    let told = Promise.withResolvers<void>();
    const path = join(folder, "linked");
    for (const name of ["one", "two", "other"]) writeFileSync(join(folder, name), name);
    symlinkSync(join(folder, "one"), path);
    const watch = new FileWatch({ path, intervalMs: 5, onChange: () => told.resolve() });
    const changes = [
      () => writeFileSync(join(folder, "one"), "one"),
      () => {
        symlinkSync(join(folder, "two"), join(folder, "turned"));
        renameSync(join(folder, "turned"), path);
      },
      () => renameSync(join(folder, "other"), join(folder, "two")),
      // Put back to the same time and the same length: it is another file all the same.
      () => {
        writeFileSync(join(folder, "like"), "other");
        utimesSync(join(folder, "like"), 1, 1);
        renameSync(join(folder, "like"), join(folder, "two"));
      },
      () => unlinkSync(path),
    ];
    for (const change of changes) {
      await after(15);
      told = Promise.withResolvers<void>();
      change();
      // A watch keeps nothing alive: this does.
      assert.equal(await Promise.race([told.promise.then(() => "told"), after(5_000, "silent")]), "told", String(change));
    }
    watch.close();
    writeFileSync(path, "again");
    told = Promise.withResolvers<void>();
    const late = await Promise.race([told.promise.then(() => "told"), after(40, "silent")]);
    assert.equal(late, "silent");
  });
});

test("what was written to a file while its ring was made is not missed", async () => {
  await inFolder((folder) => {
    const path = join(folder, "keys.json");
    const ring = loadOrCreateTicketKeyRing(path, random, START_EPOCH_SECONDS);
    const keys = rotateTicketKeys(ring.keys, random, "aes256gcm16", CHANGE);
    writeTicketKeys(path, keys);
    const { watch } = new Follower(path, ring);
    assert.deepEqual(ring.current.keyId, keys[0].keyId);
    watch.close();
  });
});

test("[R-9.5-1] a gateway that rotates its own file writes each key that it makes, and its restart opens what both keys sealed", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "keys.json");
    const policy = { makesKeys: true, rotationSeconds: 4 * LIFETIME, ticketLifetimeSeconds: LIFETIME };
    const load = (now: number) => loadOrCreateTicketKeyRing(path, random, now, policy);
    const ring = load(START_EPOCH_SECONDS);
    ring.onKeyMade = () => saveTicketKeyRing(path, ring);
    const provider = await loadProvider("ts");
    const before = new Simulation({ provider, gateway: { ticketKeys: ring } });
    before.wallClockOffsetSeconds = 4 * LIFETIME - 10;
    const early = await before.clientWithTicket();
    before.wallClockOffsetSeconds = 4 * LIFETIME + 10;
    const late = await before.clientWithTicket();
    assert.notDeepEqual(early.ticket.ticket.slice(4, 12), late.ticket.ticket.slice(4, 12));
    assert.equal(readTicketKeys(path)?.length, 2);

    const after = new Simulation({
      provider,
      seed: 2,
      gateway: { ticketKeys: load(START_EPOCH_SECONDS + 4 * LIFETIME + 60) },
    });
    after.wallClockOffsetSeconds = 4 * LIFETIME + 60;
    await comesBackWith(after, early, copyOf(early.ticket));
    await comesBackWith(after, late, copyOf(late.ticket));
    assert.deepEqual(after.clients.at(-1)!.ticket.ticket.slice(4, 12), ring.current.keyId);
  });
});

test("[R-6.1-3] two gateways of one master secret take back each other's clients, and change it while they run", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "master");
    createTicketMasterFile(path, random, "aes256-sha256");
    const provider = await loadProvider("ts");
    const options = { epochSeconds: 86_400, ticketLifetimeSeconds: LIFETIME };
    const ringOf = () =>
      derivedTicketKeyRing(provider, { masters: readTicketMasters(path), ...options }, random, START_EPOCH_SECONDS);
    const [a, b] = [ringOf(), ringOf()];
    const rejected: string[] = [];
    const [watchA, watchB] = [a, b].map((ring) =>
      followTicketMasterFile(
        {
          path,
          ring,
          ticketLifetimeSeconds: LIFETIME,
          nowEpochSeconds: () => START_EPOCH_SECONDS,
          onRejected: ({ message }) => rejected.push(message),
        },
        provider,
        options.epochSeconds,
      )
    );
    const gatewayA = new Simulation({ provider, seed: 1, gateway: { ticketKeys: a } });
    const gatewayB = new Simulation({ provider, seed: 2, gateway: { ticketKeys: b } });
    const client = await gatewayA.clientWithTicket();
    await comesBackWith(gatewayB, client, copyOf(client.ticket));

    const [{ secret }] = readTicketMasters(path);
    const [old, next] = [Buffer.from(secret).toString("hex"), Buffer.from(random(32)).toString("hex")];
    writeFileSync(path, `# the next one first\n${next} chacha20poly1305\n\n${old} aes256-sha256\n`);
    watchA.check();
    watchB.check();
    assert.equal(a.current.algorithm, "chacha20poly1305");
    const [early, late] = [client, await gatewayA.clientWithTicket()];
    await comesBackWith(gatewayA, early, copyOf(early.ticket));
    await comesBackWith(gatewayB, late, copyOf(late.ticket));

    writeFileSync(path, `${next} chacha20poly1305\n${next.slice(2)}\n`);
    watchA.check();
    assert.equal(rejected.length, 1);
    assert.match(rejected[0], /line 2: not 32 octets or more in hexadecimal/);
    assert.equal(rejected[0].includes(next.slice(2, 12)), false);
    assert.equal(a.current.algorithm, "chacha20poly1305");
    watchA.close();
    watchB.close();
  });
});

test("[R-9.5-1] a master secret file is its owner's alone, holds 256 random bits, and is never replaced", async () => {
  await inFolder((folder) => {
    const path = join(folder, "master");
    createTicketMasterFile(path, random, "aes256gcm16");
    const [{ secret, algorithm }, ...more] = readTicketMasters(path);
    assert.deepEqual([secret.length, algorithm, more.length], [32, "aes256gcm16", 0]);
    assert.throws(() => createTicketMasterFile(path, random, "aes256gcm16"), /is there already, and is not replaced/);
    assert.deepEqual(readTicketMasters(path)[0].secret, secret);
    const wrong: readonly (readonly [string, RegExp])[] = [
      ["", /holds none/],
      ["# nothing\n\n", /holds none/],
      ["zz".repeat(32), /line 1: not 32 octets/],
      ["ab".repeat(31), /line 1: not 32 octets/],
      [`${"ab".repeat(32)}a`, /line 1: not 32 octets/],
      [`${"ab".repeat(32)} des`, /line 1: what stands behind the secret is not one of aes256gcm16, /],
      [`${"ab".repeat(32)} aes256gcm16 more`, /line 1: what stands behind/],
    ];
    for (const [text, message] of wrong) {
      writeFileSync(path, text, { mode: 0o600 });
      assert.throws(() => readTicketMasters(path), (error) => {
        assert.ok(error instanceof Error && error.name === "TicketKeyFileError");
        assert.match(error.message, message);
        assert.equal(error.message.includes("abab"), false);
        return true;
      });
    }
    chmodSync(path, 0o644);
    assert.throws(() => readTicketMasters(path), /has mode 0644, expected 0600/);
    assert.throws(() => readTicketMasters(join(folder, "none")), /no file .*none/);
  });
});

/** A ring and the file that it follows, at the simulation's time. */
class Follower {
  readonly path: string;
  readonly ring: TicketKeyRing;
  readonly watch: FileWatch;
  readonly rejected: Error[] = [];
  reloaded = 0;

  constructor(path: string, ring: TicketKeyRing = loadOrCreateTicketKeyRing(path, random, START_EPOCH_SECONDS)) {
    this.path = path;
    this.ring = ring;
    this.watch = followTicketKeyFile({
      path,
      ring,
      ticketLifetimeSeconds: LIFETIME,
      nowEpochSeconds: () => START_EPOCH_SECONDS,
      onReloaded: () => this.reloaded++,
      onRejected: (reason) => this.rejected.push(reason),
      // Looked at only when the test says so.
      intervalMs: 1_000_000,
    });
  }

  write(keys: Parameters<typeof writeTicketKeys>[1]): void {
    writeTicketKeys(this.path, keys);
    this.watch.check();
  }
}

async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "followed-keys-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
