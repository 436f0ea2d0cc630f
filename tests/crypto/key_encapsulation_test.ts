/** ML-KEM: against OpenSSL's answers, against itself, and against hostile values. @module */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createNodeKeyExchange } from "../../src/crypto/node/key_exchange.ts";
import { ENCAPSULATION_METHODS } from "../../src/crypto/registry.ts";
import { createTsKeyExchange } from "../../src/crypto/ts/key_exchange.ts";
import { fromHex, toHex } from "../vectors/vectors.ts";
import { repeatableRandom, runSeed } from "./random.ts";

interface OpensslCase {
  readonly method: number;
  readonly seed: string;
  readonly publicKeySha256: string;
  readonly ciphertext: string;
  readonly sharedSecret: string;
}

const FILE = new URL("../vectors/data/ml_kem_openssl.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly OpensslCase[] };

for (const [name, exchange] of [["node", createNodeKeyExchange()], ["ts", createTsKeyExchange()]] as const) {
  test(`${name}: ML-KEM makes OpenSSL's public keys of a seed, and opens what OpenSSL encapsulated`, async () => {
    const kem = await exchange.encapsulation();
    assert.equal(cases.length, 6);
    for (const { method, seed, publicKeySha256, ciphertext, sharedSecret } of cases) {
      const pair = kem.generateKeyPair(method, () => fromHex(seed));
      assert.equal(createHash("sha256").update(pair.publicValue).digest("hex"), publicKeySha256);
      assert.equal(toHex(pair.decapsulate(fromHex(ciphertext))!), sharedSecret);
    }
  });

  test(`${name}: both ends of ML-KEM have one secret, lengths are the method's, and an altered ciphertext gives another secret`, async () => {
    const kem = await exchange.encapsulation();
    const random = repeatableRandom(runSeed).octets;
    for (const { id, publicValueLength, ciphertextLength } of ENCAPSULATION_METHODS) {
      const pair = kem.generateKeyPair(id, random);
      const made = kem.encapsulate(id, pair.publicValue, random)!;
      assert.deepEqual([pair.publicValue.length, made.ciphertext.length, made.sharedSecret.length], [
        publicValueLength,
        ciphertextLength,
        32,
      ]);
      assert.deepEqual(pair.decapsulate(made.ciphertext), made.sharedSecret);
      const altered = made.ciphertext.slice();
      altered[7] ^= 1;
      assert.notDeepEqual(pair.decapsulate(altered), made.sharedSecret);
      for (const length of [0, 1, ciphertextLength - 1, ciphertextLength + 1]) {
        assert.equal(pair.decapsulate(new Uint8Array(length)), undefined);
      }
      pair.wipe();
      pair.wipe();
      assert.throws(() => pair.decapsulate(made.ciphertext), { message: "the key pair has been wiped" });
    }
  });

  test(`${name}: a public key of another length, or with a number that is not below q, is refused`, async () => {
    const kem = await exchange.encapsulation();
    const random = repeatableRandom(runSeed).octets;
    for (const { id, publicValueLength } of ENCAPSULATION_METHODS) {
      for (const length of [0, 1, publicValueLength - 1, publicValueLength + 1]) {
        assert.equal(kem.encapsulate(id, new Uint8Array(length), random), undefined);
      }
      assert.equal(kem.encapsulate(id, new Uint8Array(publicValueLength).fill(0xff), random), undefined);
    }
  });

  test(`${name}: a method that is not carried throws a RangeError, and what is loaded is loaded once`, async () => {
    const kem = await exchange.encapsulation();
    assert.equal(exchange.encapsulation(), kem);
    for (const method of [0, 31, 35, 38, NaN]) {
      assert.throws(() => kem.generateKeyPair(method, repeatableRandom(1).octets), { name: "RangeError" });
      assert.throws(() => kem.encapsulate(method, new Uint8Array(1), repeatableRandom(1).octets), { name: "RangeError" });
    }
  });
}
