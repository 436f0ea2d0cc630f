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
