/** All key exchanges: against Wycheproof, against each other, and against hostile public values. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyExchange, type RandomSource, wipeKeyPair } from "../../src/crypto/key_exchange.ts";
import { modpById, octetsOf } from "../../src/crypto/modp.ts";
import { createNodeKeyExchange } from "../../src/crypto/node/key_exchange.ts";
import { CURVE25519, ECP_256, ECP_384, ECP_521, KEY_EXCHANGE_GROUPS, MODP_2048 } from "../../src/crypto/registry.ts";
import { createTsKeyExchange } from "../../src/crypto/ts/key_exchange.ts";
import { fromHex, readVectorJson, testWithVectors, toHex } from "../vectors/vectors.ts";
import { repeatableRandom, runSeed } from "./random.ts";

const node = createNodeKeyExchange(() => undefined);
const ts = createTsKeyExchange();
/** Where this runtime has no faster Curve25519 than its own, the tests are those of `node` once more. */
const fastest = createNodeKeyExchange();
const named: readonly (readonly [string, KeyExchange])[] = [["node", node], ["fastest", fastest], ["ts", ts]];

const MODP_GROUPS = KEY_EXCHANGE_GROUPS.filter(({ id }) => modpById(id) !== undefined);

/** SubjectPublicKeyInfo of a point of P-256 in the uncompressed form, up to the point. */
const P256_SPKI_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

interface AgreementVector {
  readonly tcId: number;
  readonly public: string;
  readonly private: string;
  readonly shared: string;
  readonly result: "valid" | "acceptable" | "invalid";
}

for (const [provider, exchange] of named) {
  testWithVectors(`${provider}: Curve25519 agrees as Wycheproof says`, "wycheproof/x25519_test.json", (path) => {
    const vectors = agreementVectors(path);
    assert.equal(vectors.length, 518);
    for (const { tcId, shared, ...vector } of vectors) {
      const pair = exchange.generateKeyPair(CURVE25519.id, handingOut(fromHex(vector.private)));
      const agreed = exchange.agree(pair, fromHex(vector.public));
      // RFC 8031, section 2: the all-zero result is refused; every other is taken, also of twisted or unreduced values.
      const expected = /^0+$/.test(shared) ? undefined : shared;
      assert.equal(agreed === undefined ? undefined : toHex(agreed), expected, `test ${tcId}`);
    }
  });

  testWithVectors(`${provider}: P-256 agrees as Wycheproof says`, "wycheproof/ecdh_secp256r1_test.json", (path) => {
    // The KE payload holds x | y: the vectors that are about other encodings cannot be put into one.
    const vectors = agreementVectors(path)
      .filter((vector) => vector.public.startsWith(P256_SPKI_PREFIX) && vector.public.length === P256_SPKI_PREFIX.length + 128);
    assert.ok(vectors.length >= 340);
    for (const { tcId, shared, result, ...vector } of vectors) {
      const scalar = fromHex(vector.private.padStart(64, "0").slice(-64));
      const pair = exchange.generateKeyPair(ECP_256.id, handingOut(scalar));
      const agreed = exchange.agree(pair, fromHex(vector.public.slice(P256_SPKI_PREFIX.length)));
      assert.equal(agreed === undefined ? undefined : toHex(agreed), result === "valid" ? shared : undefined, `test ${tcId}`);
    }
  });

  for (const { id, name, publicValueLength, sharedSecretLength } of KEY_EXCHANGE_GROUPS) {
    test(`${provider}: ${name} gives values of the group's lengths and refuses any other length`, () => {
      const random = repeatableRandom(runSeed);
      const ours = exchange.generateKeyPair(id, random.octets);
      const theirs = exchange.generateKeyPair(id, random.octets);
      assert.equal(ours.group, id);
      assert.equal(ours.publicValue.length, publicValueLength);
      assert.equal(ours.publicValue.constructor, Uint8Array);
      const secret = exchange.agree(ours, theirs.publicValue);
      assert.equal(secret?.length, sharedSecretLength);
      assert.equal(secret?.constructor, Uint8Array);
      assert.deepEqual(exchange.agree(theirs, ours.publicValue), secret);
      for (const length of [0, 1, publicValueLength - 1, publicValueLength + 1, 2 * publicValueLength]) {
        assert.equal(exchange.agree(ours, new Uint8Array(length).fill(1)), undefined);
      }
    });

    test(`${provider}: a wiped key pair of ${name} agrees with nobody`, () => {
      const pair = exchange.generateKeyPair(id, repeatableRandom(runSeed).octets);
      wipeKeyPair(pair);
      wipeKeyPair(pair);
      assert.throws(() => exchange.agree(pair, pair.publicValue), { message: "the key pair has been wiped" });
    });
  }

  test(`${provider}: points that are not on the curve are refused`, () => {
    for (const { id, publicValueLength } of [ECP_256, ECP_384, ECP_521]) {
      const pair = exchange.generateKeyPair(id, repeatableRandom(runSeed).octets);
      for (const fill of [0x00, 0x01, 0xff]) {
        assert.equal(exchange.agree(pair, new Uint8Array(publicValueLength).fill(fill)), undefined);
      }
      const beside = pair.publicValue.slice();
      beside[publicValueLength - 1] ^= 1;
      assert.equal(exchange.agree(pair, beside), undefined);
    }
  });

  for (const { id, name, publicValueLength: length } of MODP_GROUPS) {
    test(`${provider}: ${name} refuses 0, 1, p - 1, p and what is above (RFC 6989, section 2.1)`, () => {
      const pair = exchange.generateKeyPair(id, repeatableRandom(runSeed).octets);
      const { prime } = modpById(id)!;
      const refused = [0n, 1n, prime - 1n, prime, prime + 1n, 2n ** BigInt(8 * length) - 1n];
      for (const value of refused) assert.equal(exchange.agree(pair, octetsOf(value, length)), undefined);
      assert.equal(exchange.agree(pair, octetsOf(2n, length))?.length, length);
    });
  }

  test(`${provider}: a group that is not carried throws a RangeError`, () => {
    for (const group of [0, 1, 5, 22, 32, 65535, NaN]) {
      assert.throws(() => exchange.generateKeyPair(group, repeatableRandom(1).octets), { name: "RangeError" });
    }
  });

  test(`${provider}: a random source that only gives zeros is found out for the ECP groups`, () => {
    for (const { id } of [ECP_256, ECP_384, ECP_521]) {
      assert.throws(() => exchange.generateKeyPair(id, (length) => new Uint8Array(length)), /random source/);
      assert.throws(() => exchange.generateKeyPair(id, (length) => new Uint8Array(length).fill(0xff)), /random source/);
    }
  });
}

for (const { id, name } of KEY_EXCHANGE_GROUPS) {
  test(`node and ts: ${name} gives equal public values for equal randomness, and agrees both ways, seed ${runSeed}`, () => {
    for (let round = 0; round < 8; round++) {
      const [ofNode, ofTs] = [node, ts].map((exchange) => pairOf(exchange, id, runSeed + round));
      assert.deepEqual(ofNode.publicValue, ofTs.publicValue);
      const peer = pairOf(round % 2 === 0 ? ts : node, id, runSeed + 1000 + round);
      const secret = node.agree(ofNode, peer.publicValue);
      assert.ok(secret !== undefined);
      assert.deepEqual(ts.agree(ofTs, peer.publicValue), secret);
      assert.deepEqual((round % 2 === 0 ? ts : node).agree(peer, ofNode.publicValue), secret);
    }
  });
}

test("node and ts: MODP-2048 keeps the ones in front of a public value, which are no sign", () => {
  // Found by search: g^x begins with nine bits of 1, at least, for x of number 3770.
  const [ofNode, ofTs] = [node, ts].map((exchange) => numbered(exchange, 3770).publicValue);
  assert.equal(ofTs[0], 0xff);
  assert.ok(ofTs[1] >= 0x80);
  assert.deepEqual(ofNode, ofTs);
  assert.deepEqual(node.agree(numbered(node, 0), ofTs), ts.agree(numbered(ts, 0), ofTs));
});

test("node and ts: MODP-2048 keeps the zeros in front of a public value and of a shared secret", () => {
  // Found by search: g^x begins with a zero octet for x of number 50, 51 and 105, g^(xy) for x of 0 and y of 147 or 258.
  for (const exchange of [node, ts]) {
    for (const number of [50, 51, 105]) assert.equal(numbered(exchange, number).publicValue[0], 0);
    for (const number of [147, 258]) {
      const peer = numbered(exchange === node ? ts : node, number);
      const secret = exchange.agree(numbered(exchange, 0), peer.publicValue);
      assert.equal(secret?.length, 256);
      assert.equal(secret?.[0], 0);
    }
  }
  for (const number of [50, 51, 105, 147]) {
    assert.deepEqual(numbered(node, number).publicValue, numbered(ts, number).publicValue);
    assert.deepEqual(
      node.agree(numbered(node, 0), numbered(ts, number).publicValue),
      ts.agree(numbered(ts, 0), numbered(node, number).publicValue),
    );
  }
});

test("node and fastest: Curve25519 gives equal public values for equal randomness, and agrees both ways", () => {
  for (let round = 0; round < 8; round++) {
    const [ofNode, ofFastest] = [node, fastest].map((exchange) => pairOf(exchange, CURVE25519.id, runSeed + round));
    assert.deepEqual(ofNode.publicValue, ofFastest.publicValue);
    const peer = pairOf(ts, CURVE25519.id, runSeed + 1000 + round);
    assert.deepEqual(fastest.agree(ofFastest, peer.publicValue), node.agree(ofNode, peer.publicValue));
  }
});

test("a Curve25519 that is faster is looked for when it is first needed, once, and done without where there is none", () => {
  let asked = 0;
  const exchange = createNodeKeyExchange(() => {
    asked++;
    return undefined;
  });
  const random = repeatableRandom(runSeed);
  exchange.generateKeyPair(ECP_256.id, random.octets);
  assert.equal(asked, 0);
  for (let pair = 0; pair < 3; pair++) exchange.generateKeyPair(CURVE25519.id, random.octets);
  assert.equal(asked, 1);
});

test("pairs of Curve25519 do not get into each other's way, in whatever order they agree and are wiped", () => {
  const random = repeatableRandom(runSeed);
  const pairs = Array.from({ length: 20 }, () => fastest.generateKeyPair(CURVE25519.id, random.octets));
  const peer = ts.generateKeyPair(CURVE25519.id, random.octets);
  for (const pair of pairs.toReversed()) {
    assert.equal(fastest.agree(pair, new Uint8Array(32)), undefined, "the all-zero result is refused");
    assert.deepEqual(fastest.agree(pair, peer.publicValue), ts.agree(peer, pair.publicValue), "and harms no other");
    wipeKeyPair(pair);
  }
});

function pairOf(exchange: KeyExchange, group: number, seed: number): ReturnType<KeyExchange["generateKeyPair"]> {
  return exchange.generateKeyPair(group, repeatableRandom(seed).octets);
}

/** MODP-2048 with a private value whose last octets are `number`. */
function numbered(exchange: KeyExchange, number: number): ReturnType<KeyExchange["generateKeyPair"]> {
  const secret = new Uint8Array(40).fill(0x11);
  secret[38] = number >> 8;
  secret[39] = number & 0xff;
  return exchange.generateKeyPair(MODP_2048.id, handingOut(secret));
}

/** A random source that gives this one value, in an array of its own. */
function handingOut(secret: Uint8Array): RandomSource {
  return (length) => {
    assert.equal(length, secret.length);
    return secret.slice();
  };
}

function agreementVectors(path: string): AgreementVector[] {
  const { testGroups } = readVectorJson<{ testGroups: { tests: AgreementVector[] }[] }>(path);
  return testGroups.flatMap(({ tests }) => tests);
}
