import assert from "node:assert/strict";
import { test } from "node:test";
import { wipeKeyPair } from "../../src/crypto/key_exchange.ts";
import { CURVE25519 } from "../../src/crypto/registry.ts";
import { SharedKeyPair } from "../../src/crypto/shared_key_pair.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { watchKeyExchange } from "../simulation/watched_cryptography.ts";

test("a shared key pair agrees for all who share it, and its secret is wiped with the last of them", () => {
  const keyExchange = watchKeyExchange();
  const random = new SeededRandom(1).octets;
  const peer = keyExchange.generateKeyPair(CURVE25519.id, random);
  const shared = new SharedKeyPair(keyExchange.generateKeyPair(CURVE25519.id, random));
  const [one, other] = [shared.share(), shared.share()];
  assert.deepEqual(one.publicValue, other.publicValue);
  const secret = keyExchange.agree(peer, one.publicValue);
  assert.deepEqual(keyExchange.agree(one, peer.publicValue), secret);
  wipeKeyPair(one);
  wipeKeyPair(one);
  assert.throws(() => keyExchange.agree(one, peer.publicValue), /wiped/);
  assert.equal(keyExchange.pairs[1].wiped, false);
  assert.deepEqual(keyExchange.agree(other, peer.publicValue), secret);
  assert.equal(shared.timesShared, 2);
  wipeKeyPair(other);
  assert.equal(keyExchange.pairs[1].wiped, true);
  assert.equal(shared.isWiped, true);
  assert.throws(() => shared.share(), /wiped/);
});
