import assert from "node:assert/strict";
import { test } from "node:test";
import { encryptionKeyLength, icvLength, integrityKeyLength, ivLength } from "../../src/crypto/algorithms.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_384_192,
  CHACHA20_POLY1305,
  ENCRYPTION_ALGORITHMS,
  encryptionById,
  groupById,
  INTEGRITY_ALGORITHMS,
  integrityById,
  KEY_EXCHANGE_GROUPS,
  PRF_ALGORITHMS,
  prfById,
  TICKET_AES_256_CBC_HMAC_SHA2_256_128,
  TICKET_AES_256_GCM,
  TICKET_CHACHA20_POLY1305,
} from "../../src/crypto/registry.ts";

test("[C-7.12] the registry carries these transforms by their IANA numbers, and finds no other", () => {
  const ids = (algorithms: readonly { id: number }[]) => algorithms.map(({ id }) => id).sort((a, b) => a - b);
  assert.deepEqual(ids(PRF_ALGORITHMS), [2, 5, 6, 7]);
  assert.deepEqual(ids(ENCRYPTION_ALGORITHMS), [12, 20, 28]);
  assert.deepEqual(ids(INTEGRITY_ALGORITHMS), [12, 13, 14]);
  assert.deepEqual(ids(KEY_EXCHANGE_GROUPS), [2, 14, 15, 16, 19, 20, 21, 31]);

  const tables = [
    [prfById, PRF_ALGORITHMS],
    [encryptionById, ENCRYPTION_ALGORITHMS],
    [integrityById, INTEGRITY_ALGORITHMS],
    [groupById, KEY_EXCHANGE_GROUPS],
  ] as const;
  for (const [find, carried] of tables) {
    for (let id = 0; id < 1100; id++) assert.equal(find(id), carried.find((algorithm) => algorithm.id === id));
    assert.equal(find(NaN), undefined);
  }
});

test("only HMAC-SHA1 and MODP-1024 are off unless a configuration names them", () => {
  assert.deepEqual(KEY_EXCHANGE_GROUPS.filter(({ enabledByDefault }) => !enabledByDefault).map(({ id }) => id), [2]);
  assert.deepEqual(PRF_ALGORITHMS.filter(({ enabledByDefault }) => !enabledByDefault).map(({ id }) => id), [2]);
});

test("key, IV and ICV lengths follow from the protection", () => {
  const lengths = (protection: Parameters<typeof ivLength>[0]) =>
    [encryptionKeyLength, integrityKeyLength, ivLength, icvLength].map((length) => length(protection));
  assert.deepEqual(lengths({ encryption: AES_GCM_16, keyLength: 32 }), [36, 0, 8, 16]);
  assert.deepEqual(lengths({ encryption: AES_GCM_16, keyLength: 16 }), [20, 0, 8, 16]);
  assert.deepEqual(lengths({ encryption: CHACHA20_POLY1305, keyLength: 32 }), [36, 0, 8, 16]);
  assert.deepEqual(lengths({ encryption: AES_CBC, keyLength: 16, integrity: AUTH_HMAC_SHA2_384_192 }), [16, 48, 16, 24]);
  assert.deepEqual(lengths(TICKET_AES_256_GCM), [32, 0, 12, 16]);
  assert.deepEqual(lengths(TICKET_CHACHA20_POLY1305), [32, 0, 12, 16]);
  assert.deepEqual(lengths(TICKET_AES_256_CBC_HMAC_SHA2_256_128), [32, 32, 16, 16]);
});
