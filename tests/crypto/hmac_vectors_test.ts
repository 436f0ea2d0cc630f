/** The prf and the verification of MACs against RFC 4231, Wycheproof and NIST ACVP. @module */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PrfAlgorithm } from "../../src/crypto/algorithms.ts";
import type { PrfRequest } from "../../src/crypto/provider.ts";
import { PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512 } from "../../src/crypto/registry.ts";
import { fromHex, inEveryPosition, readVectorJson, toHex } from "../vectors/vectors.ts";
import { testEachWithVectors } from "./providers.ts";

interface MacVector {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  /** May be truncated. */
  readonly mac: Uint8Array;
  readonly valid: boolean;
}

const SHA2 = [[PRF_HMAC_SHA2_256, "256"], [PRF_HMAC_SHA2_384, "384"], [PRF_HMAC_SHA2_512, "512"]] as const;

for (const [prf, size] of SHA2) {
  testEachWithVectors(`${prf.name} gives the MACs of RFC 4231`, `nist/rfc-4231-sha${size}.txt`, (provider, path) => {
    const vectors = rfc4231Vectors(readFileSync(path, "utf8"));
    assert.equal(vectors.length, 6);
    for (const moved of inEveryPosition(vectors)) {
      assert.deepEqual(macsOf(provider.prf(requestsOf(prf, moved))), macsOf(moved.map(({ mac }) => mac)));
    }
    const verified = provider.verifyMac(vectors.map((vector, i) => ({ ...requestsOf(prf, vectors)[i], mac: vector.mac })));
    assert.deepEqual(verified, vectors.map(() => true));
  });

  testEachWithVectors(`${prf.name} gives the MACs of NIST ACVP`, `nist/HMAC-SHA2-${size}-2.0`, (provider, path) => {
    const vectors = acvpVectors(path);
    assert.equal(vectors.length, 150);
    for (const moved of inEveryPosition(vectors)) assertMacs(provider.prf(requestsOf(prf, moved)), moved);
    for (const vector of vectors) assertMacs(provider.prf(requestsOf(prf, [vector])), [vector]);
  });
}

for (const [prf, size] of [[PRF_HMAC_SHA1, "1"], ...SHA2] as const) {
  testEachWithVectors(
    `${prf.name} gives the MACs of Wycheproof and refuses the false ones`,
    `wycheproof/hmac_sha${size}_test.json`,
    (provider, path) => {
      const vectors = wycheproofVectors(path);
      assert.ok(vectors.length >= 170);
      for (const moved of inEveryPosition(vectors)) {
        assertMacs(provider.prf(requestsOf(prf, moved)), moved);
        const whole = moved.filter(({ mac }) => mac.length === prf.outputLength);
        const verified = provider.verifyMac(requestsOf(prf, whole).map((request, i) => ({ ...request, mac: whole[i].mac })));
        assert.deepEqual(verified, whole.map(({ valid }) => valid));
      }

      // A truncated MAC is not the prf's output, however right its octets are.
      const truncated = vectors.filter(({ mac }) => mac.length < prf.outputLength);
      const refused = provider.verifyMac(
        requestsOf(prf, truncated).map((request, i) => ({ ...request, mac: truncated[i].mac })),
      );
      assert.deepEqual(refused, truncated.map(() => false));
    },
  );
}

testEachWithVectors("the prfs give the MACs of NIST ACVP in one batch of all", "nist/HMAC-SHA2-256-2.0", (provider, path) => {
  const files = SHA2.map(([prf, size]) =>
    acvpVectors(join(dirname(path), `HMAC-SHA2-${size}-2.0`)).map((vector) => ({ prf, vector }))
  );
  // By turns: each member stands beside others of other hashes.
  const mixed = files[0].flatMap((_, i) => files.map((file) => file[i]));
  for (const moved of inEveryPosition(mixed)) {
    const macs = provider.prf(
      moved.map(({ prf, vector }, i) => ({ ...requestsOf(prf, [vector])[0], data: inParts(vector.message, i) })),
    );
    assertMacs(macs, moved.map(({ vector }) => vector));
  }
});

function requestsOf(prf: PrfAlgorithm, vectors: readonly MacVector[]): PrfRequest[] {
  return vectors.map(({ key, message }, i) => ({ prf, key, data: inParts(message, i) }));
}

/** The same octets, cut in one to three parts: the provider must not notice. */
function inParts(message: Uint8Array, index: number): Uint8Array[] {
  const cut = Math.min(message.length, index % 67);
  if (index % 3 === 0) return [message];
  if (index % 3 === 1) return [message.subarray(0, cut), message.subarray(cut)];
  return [message.subarray(0, cut), new Uint8Array(0), message.subarray(cut)];
}

function assertMacs(macs: readonly Uint8Array[], vectors: readonly MacVector[]): void {
  assert.equal(macs.length, vectors.length);
  for (const [i, { mac, valid }] of vectors.entries()) {
    assert.equal(toHex(macs[i].subarray(0, mac.length)) === toHex(mac), valid, `vector ${i}`);
  }
}

function macsOf(macs: readonly Uint8Array[]): string[] {
  return macs.map(toHex);
}

function rfc4231Vectors(text: string): MacVector[] {
  return [...text.matchAll(/^Key = (\w+)\n(?:#.*\n)*Msg = (\w+)\nMD = (\w+)$/gm)].map(([, key, message, mac]) => ({
    key: fromHex(key),
    message: fromHex(message),
    mac: fromHex(mac),
    valid: true,
  }));
}

function wycheproofVectors(path: string): MacVector[] {
  interface Test {
    readonly key: string;
    readonly msg: string;
    readonly tag: string;
    readonly result: "valid" | "invalid";
  }
  const { testGroups } = readVectorJson<{ testGroups: { tests: Test[] }[] }>(path);
  return testGroups.flatMap(({ tests }) => tests).map(({ key, msg, tag, result }) => ({
    key: fromHex(key),
    message: fromHex(msg),
    mac: fromHex(tag),
    valid: result === "valid",
  }));
}

function acvpVectors(path: string): MacVector[] {
  type Groups<Test> = { testGroups: { tests: Test[] }[] };
  const prompt = readVectorJson<Groups<{ tcId: number; key: string; msg: string; macLen: number }>>(`${path}/prompt.json.gz`);
  const expected = readVectorJson<Groups<{ tcId: number; mac: string }>>(`${path}/expectedResults.json.gz`);
  const macs = new Map(expected.testGroups.flatMap(({ tests }) => tests).map(({ tcId, mac }) => [tcId, mac]));
  return prompt.testGroups.flatMap(({ tests }) => tests).map(({ tcId, key, msg, macLen }) => {
    const mac = fromHex(macs.get(tcId) ?? "");
    assert.equal(mac.length, macLen / 8);
    return { key: fromHex(key), message: fromHex(msg), mac, valid: true };
  });
}
