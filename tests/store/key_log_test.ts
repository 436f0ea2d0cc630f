import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  CHACHA20_POLY1305,
  CURVE25519,
  PRF_HMAC_SHA2_256,
} from "../../src/crypto/registry.ts";
import type { Protection } from "../../src/crypto/algorithms.ts";
import { type IkeSaKeysEffect, KeyLog, keyLogLine } from "../../src/store/key_log.ts";

const octets = (length: number, value: number) => new Uint8Array(length).fill(value);

function effect(protection: Protection, encryptionKeyLength: number, integrityKeyLength: number): IkeSaKeysEffect {
  return {
    type: "ike-sa-keys",
    spis: { initiatorSpi: 0x1n, responderSpi: 0xfedcba9876543210n },
    suite: {
      prf: PRF_HMAC_SHA2_256,
      protection,
      group: CURVE25519,
      additional: [],
      proposal: { number: 1, protocolId: 1, spi: new Uint8Array(0), transforms: [] },
    },
    keys: {
      skD: octets(32, 0xd0),
      skAi: octets(integrityKeyLength, 0xa1),
      skAr: octets(integrityKeyLength, 0xa2),
      skEi: octets(encryptionKeyLength, 0xe1),
      skEr: octets(encryptionKeyLength, 0xe2),
      skPi: octets(32, 0xb1),
      skPr: octets(32, 0xb2),
    },
  };
}

test("an AES-GCM line carries keys with their salt and names no integrity algorithm", () => {
  const line = keyLogLine(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0));
  const keys = `${"e1".repeat(36)},${"e2".repeat(36)}`;
  assert.equal(
    line,
    `0000000000000001,fedcba9876543210,${keys},"AES-GCM-256 with 16 octet ICV [RFC5282]",,,"NONE [RFC4306]"`,
  );
});

test("an AES-CBC line carries both integrity keys by the name that Wireshark has for the algorithm", () => {
  const line = keyLogLine(effect({ encryption: AES_CBC, keyLength: 16, integrity: AUTH_HMAC_SHA2_256_128 }, 16, 32));
  assert.equal(
    line,
    `0000000000000001,fedcba9876543210,${"e1".repeat(16)},${"e2".repeat(16)},"AES-CBC-128 [RFC3602]",` +
      `${"a1".repeat(32)},${"a2".repeat(32)},"HMAC_SHA2_256_128 [RFC4868]"`,
  );
});

test("a cipher that Wireshark's table has no name for gives no line", () => {
  assert.equal(keyLogLine(effect({ encryption: CHACHA20_POLY1305, keyLength: 32 }, 36, 0)), undefined);
});

test("a key log never holds SK_d or SK_p: they are not needed to read messages", () => {
  const line = keyLogLine(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0)) ?? "";
  for (const secret of ["d0d0", "b1b1", "b2b2"]) assert.ok(!line.includes(secret));
});

test("the file is for its owner only, also when it was there before, and lines are appended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "key-log-test-"));
  try {
    const path = join(folder, "keys");
    writeFileSync(path, "earlier\n");
    chmodSync(path, 0o644);
    const log = new KeyLog(path);
    log.write(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0));
    await log.close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.equal(lines[0], "earlier");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("once a key log is flushed, its file has all lines that were written: a process that is killed then loses none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "key-log-test-"));
  try {
    const path = join(folder, "keys");
    const log = new KeyLog(path);
    for (let count = 0; count < 1_000; count++) log.write(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0));
    await log.flush();
    assert.equal(readFileSync(path, "utf8").trimEnd().split("\n").length, 1_000);
    log.write(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0));
    await log.close();
    assert.equal(readFileSync(path, "utf8").trimEnd().split("\n").length, 1_001);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("on a full disk a key log takes lines as ever, tells of it once by the file's name, and closes", async () => {
  const told: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "key-log-test-"));
  try {
    // A pipe whose reader has gone fails as a disk does, for whoever is not root as well.
    const path = join(folder, "keys");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = new KeyLog(path, { onFault: ({ name, message }) => told.push(`${name} ${message}`) });
    closeSync(reader);
    for (let count = 0; count < 100; count++) log.write(effect({ encryption: AES_GCM_16, keyLength: 32 }, 36, 0));
    await log.close();
    assert.equal(log.lostLines, 100);
    assert.equal(told.length, 1);
    assert.match(told[0], /^KeyLogError key log: cannot write .*keys: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
