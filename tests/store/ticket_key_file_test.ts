import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadProvider } from "../../src/providers/mod.ts";
import { loadOrCreateTicketKeyRing, saveTicketKeyRing, TicketKeyFileError } from "../../src/store/ticket_key_file.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { comesBackWith, copyOf } from "../simulation/coming_back.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { Simulation, START_EPOCH_SECONDS } from "../simulation/simulation.ts";

const { octets: random } = new SeededRandom(23);

test("[R-9.5-1] a new file holds one key, and is its owner's alone", async () => {
  await inFolder((folder) => {
    const path = join(folder, "keys.json");
    const ring = loadOrCreateTicketKeyRing(path, random, 1_000);
    assert.equal(modeOf(path), 0o600);
    assert.equal(ring.keys.length, 1);
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), {
      version: 1,
      keys: [{
        keyId: toHex(ring.current.keyId),
        key: toHex(ring.current.key),
        algorithm: "aes256gcm16",
        madeAtEpochSeconds: 1_000,
        activeFromEpochSeconds: 1_000,
        derived: true,
      }],
    });
    assert.deepEqual(readdirSync(folder), ["keys.json"]);
  });
});

test("[R-6.1-3] tickets issued before a restart open after it, under the current key and the earlier ones", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "keys.json");
    const provider = await loadProvider("ts");
    const ring = loadOrCreateTicketKeyRing(path, random, START_EPOCH_SECONDS);
    const before = new Simulation({ provider, gateway: { ticketKeys: ring } });
    const earlier = await before.clientWithTicket();
    ring.rotate(random, START_EPOCH_SECONDS + 1);
    saveTicketKeyRing(path, ring);
    const later = await before.clientWithTicket();

    const reloaded = loadOrCreateTicketKeyRing(path, random, START_EPOCH_SECONDS + 2);
    assert.deepEqual(reloaded.keys, ring.keys);
    assert.deepEqual(reloaded.current, ring.current);
    assert.notDeepEqual(reloaded.decoy.key, ring.decoy.key);
    const after = new Simulation({ provider, seed: 2, gateway: { ticketKeys: reloaded } });
    await comesBackWith(after, earlier, copyOf(earlier.ticket));
    await comesBackWith(after, later, copyOf(later.ticket));
  });
});

test("saving leaves the file its owner's alone, whatever was there, and nothing new beside it", async () => {
  await inFolder((folder) => {
    const path = join(folder, "keys.json");
    writeFileSync(`${path}.new`, "somebody's", { mode: 0o644 });
    writeFileSync(path, "whatever", { mode: 0o644 });
    saveTicketKeyRing(path, TicketKeyRing.generate(random, 5));
    assert.equal(modeOf(path), 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ["keys.json", "keys.json.new"]);
    assert.equal(readFileSync(`${path}.new`, "utf8"), "somebody's");
  });
});

test("a file that others can read, write or run is refused, with its mode and the right one, and left as it is", async () => {
  await inFolder((folder) => {
    const path = join(folder, "keys.json");
    loadOrCreateTicketKeyRing(path, random, 1_000);
    const content = readFileSync(path, "utf8");
    for (
      const [mode, shown] of [[0o644, "0644"], [0o660, "0660"], [0o604, "0604"], [0o620, "0620"], [0o601, "0601"]] as const
    ) {
      chmodSync(path, mode);
      assert.throws(() => loadOrCreateTicketKeyRing(path, random, 1_000), {
        name: "TicketKeyFileError",
        message: `ticket keys: ${path} has mode ${shown}, expected 0600`,
      });
    }
    // To the group of this process, as container platforms hand out secrets.
    for (const mode of [0o400, 0o440, 0o640]) {
      chmodSync(path, mode);
      assert.equal(loadOrCreateTicketKeyRing(path, random, 1_000).keys.length, 1);
    }
    assert.equal(readFileSync(path, "utf8"), content);
  });
});

test("a file that holds no ring is refused by file and field, never quoted, and never replaced", async () => {
  const keyId = "0102030405060708";
  const key = "5ec2e7".repeat(11).slice(0, 64);
  const good = { keyId, key, madeAtEpochSeconds: 7 };
  const file = (keys: unknown, version: unknown = 1) => JSON.stringify({ version, keys });
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /: not JSON$/],
    [`{"version": 1, "keys": [{"key": ${key}`, /: not JSON$/],
    [key, /: not JSON$/],
    ["null", /: no "version": 1$/],
    ["[]", /: no "version": 1$/],
    [file([good], 2), /: no "version": 1$/],
    [file([good], "1"), /: no "version": 1$/],
    [file([]), /"keys" is not a list of at least one key$/],
    [file({ 0: good }), /"keys" is not a list/],
    [file(key), /"keys" is not a list/],
    [file([good, null]), /keys\[1\] is not an object$/],
    [file([key]), /keys\[0\] is not an object$/],
    [file([{ ...good, key: key.slice(2) }]), /keys\[0\]\.key is not 32 octets in hexadecimal$/],
    [file([{ ...good, key: `${key}00` }]), /keys\[0\]\.key is not 32 octets/],
    [file([{ ...good, key: `zz${key.slice(2)}` }]), /keys\[0\]\.key is not 32 octets/],
    [file([{ ...good, key: 5 }]), /keys\[0\]\.key is not 32 octets/],
    [file([good, { ...good, keyId: "0102" }]), /keys\[1\]\.keyId is not 8 octets in hexadecimal$/],
    [
      file([{ ...good, algorithm: "aes128gcm16" }]),
      /keys\[0\]\.algorithm is unknown, expected one of aes256gcm16, chacha20poly1305, /,
    ],
    [file([{ ...good, algorithm: "toString" }]), /keys\[0\]\.algorithm is unknown/],
    [file([{ ...good, algorithm: "aes256-sha256" }]), /keys\[0\]\.key is not 64 octets in hexadecimal$/],
    [file([{ ...good, activeFromEpochSeconds: key }]), /keys\[0\]\.activeFromEpochSeconds is neither a number nor null$/],
    [file([{ ...good, activeFromEpochSeconds: -1 }]), /keys\[0\]\.activeFromEpochSeconds is neither/],
    [file([{ ...good, madeAtEpochSeconds: key }]), /keys\[0\]\.madeAtEpochSeconds is not a number$/],
    [file([{ ...good, keyId: "00".repeat(8) }]), /identity is all zero/],
    [file([good, good]), /stands there twice/],
  ];
  await inFolder((folder) => {
    const path = join(folder, "keys.json");
    for (const [text, message] of wrong) {
      writeFileSync(path, text, { mode: 0o600 });
      assert.throws(() => loadOrCreateTicketKeyRing(path, random, 1_000), (error) => {
        assert.ok(error instanceof TicketKeyFileError, `${text}: ${error}`);
        assert.match(error.message, message);
        assert.equal(error.message.includes(path), true);
        assert.equal(showsAny(error, key), false);
        return true;
      });
      assert.equal(readFileSync(path, "utf8"), text);
    }
  });
});

test("a folder in the file's place, or a folder that is not there, is refused by name", async () => {
  await inFolder((folder) => {
    mkdirSync(join(folder, "keys.json"), { mode: 0o700 });
    assert.throws(() => loadOrCreateTicketKeyRing(join(folder, "keys.json"), random, 1_000), {
      name: "TicketKeyFileError",
      message: /^ticket keys: .*keys\.json is not a plain file$/,
    });
    const nowhere = join(folder, "nowhere", "keys.json");
    assert.throws(() => loadOrCreateTicketKeyRing(nowhere, random, 1_000), {
      name: "TicketKeyFileError",
      message: new RegExp(`^ticket keys: cannot write ${nowhere}`),
    });
    assert.throws(() => saveTicketKeyRing(join(folder, "keys.json"), TicketKeyRing.generate(random, 0)), {
      name: "TicketKeyFileError",
      message: /^ticket keys: cannot write .*keys\.json/,
    });
    // What was written beside it in vain holds keys: it does not stay.
    assert.deepEqual(readdirSync(folder), ["keys.json"]);
  });
});

function showsAny(error: Error, key: string): boolean {
  const shown = `${error.message}${error.stack}${error.cause instanceof Error ? error.cause.message : ""}`;
  return shown.includes(key.slice(0, 8));
}

async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ticket-keys-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
