// Diffie-Hellman of each runtime, which takes the way that is fastest there, against the one that is the same everywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadKeyExchange, systemRandom } from "ike-resume";
import { createTsKeyExchange } from "ike-resume/crypto";

const CURVE25519 = 31;

test("Curve25519 of this runtime agrees with that of noble, both ways, and refuses the all-zero result", async () => {
  const [ours, other] = [await loadKeyExchange(), createTsKeyExchange()];
  for (let round = 0; round < 5; round++) {
    const pair = ours.generateKeyPair(CURVE25519, systemRandom);
    const peer = other.generateKeyPair(CURVE25519, systemRandom);
    const secret = ours.agree(pair, peer.publicValue);
    assert.equal(secret?.length, 32);
    assert.deepEqual(secret, other.agree(peer, pair.publicValue));
    assert.equal(ours.agree(pair, new Uint8Array(32)), undefined);
  }
});

test("ML-KEM of this runtime and that of noble open what the other has encapsulated", async () => {
  const [ours, other] = [await (await loadKeyExchange()).encapsulation(), await createTsKeyExchange().encapsulation()];
  for (const method of [36, 37]) {
    for (const [one, another] of [[ours, other], [other, ours]] as const) {
      const pair = one.generateKeyPair(method, systemRandom);
      const made = another.encapsulate(method, pair.publicValue, systemRandom);
      assert.ok(made);
      assert.deepEqual(pair.decapsulate(made.ciphertext), made.sharedSecret);
      assert.equal(another.encapsulate(method, new Uint8Array(pair.publicValue.length).fill(0xff), systemRandom), undefined);
    }
  }
});
