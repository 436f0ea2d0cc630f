/**
 * SKEYSEED and prf+ against values of others: OpenSSL's self-test, a recording of two deployed peers, and an independent
 * program (tests/vectors/resumption_keys.py).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrfAlgorithm } from "../../src/crypto/algorithms.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { PRF_HMAC_SHA2_256, prfById } from "../../src/crypto/registry.ts";
import { recordedResumption, type RecordedSa } from "../vectors/recorded_resumption.ts";
import { fromHex, readVectorJson, toHex, vectorsPath } from "../vectors/vectors.ts";
import { testEach, testEachWithVectors } from "./providers.ts";

/** Ten ASCII octets, no NUL (RFC 5723, section 5.1). */
const RESUMPTION = new TextEncoder().encode("Resumption");

interface ResumptionCase {
  readonly prf: number;
  readonly SK_d_old: string;
  readonly Ni: string;
  readonly Nr: string;
  readonly SPIi: string;
  readonly SPIr: string;
  readonly SKEYSEED: string;
  readonly keys: string;
}

testEachWithVectors(
  "SKEYSEED, prf+ and the SKEYSEED of a rekeyed IKE SA are those of OpenSSL's self-test",
  "openssl/ikev2kdf_sha256.json",
  (provider, path) => {
    const vector = readVectorJson<Record<string, string>>(path);
    const octets = (name: string) => fromHex(vector[name]);
    const prf = PRF_HMAC_SHA2_256;
    const nonces = [octets("nInit"), octets("nResp")];
    const seed = [...nonces, octets("spiInit"), octets("spiResp")];
    const keys = octets("derivedKeyingMaterial");
    const skD = keys.subarray(0, prf.outputLength);

    assertDerivation(provider, prf, joined(nonces), [octets("gir")], seed, vector.sKeySeed, vector.derivedKeyingMaterial);
    const [child, childWithDh] = provider.prfPlus([
      { prf, key: skD, seed: nonces, length: octets("derivedKeyingMaterialChild").length },
      { prf, key: skD, seed: [octets("girNew"), ...nonces], length: octets("derivedKeyingMaterialDh").length },
    ]);
    assert.equal(toHex(child), vector.derivedKeyingMaterialChild.toLowerCase());
    assert.equal(toHex(childWithDh), vector.derivedKeyingMaterialDh.toLowerCase());
    const [rekeyed] = provider.prf([{ prf, key: skD, data: [octets("girNew"), ...nonces] }]);
    assert.equal(toHex(rekeyed), vector.sKeySeedReKey.toLowerCase());
  },
);

testEach("[R-5.1-1] [R-5.1-2] the keys of a resumed SA are those that an independent program computed", (provider) => {
  const path = vectorsPath("resumption_keys.json");
  assert.ok(path !== undefined);
  const { cases } = readVectorJson<{ cases: ResumptionCase[] }>(path);
  assert.equal(cases.length, 16);
  for (const { prf: id, SK_d_old, Ni, Nr, SPIi, SPIr, SKEYSEED, keys } of cases) {
    const prf = prfById(id);
    assert.ok(prf !== undefined);
    const nonces = [fromHex(Ni), fromHex(Nr)];
    const seed = [...nonces, fromHex(SPIi), fromHex(SPIr)];
    assertDerivation(provider, prf, fromHex(SK_d_old), [RESUMPTION, ...nonces], seed, SKEYSEED, keys);
  }
});

testEach("[R-5.1-1] [R-5.1-2] the keys of the resumed SAs are those that two deployed peers used", (provider) => {
  const resumed = recordedResumption().sas.filter(({ kind }) => kind === "resume");
  assert.equal(resumed.length, 2);
  for (const sa of resumed) {
    const key = fromHex(sa.SK_d_old ?? "");
    const nonces = [fromHex(sa.Ni), fromHex(sa.Nr)];
    assertDerivation(provider, PRF_HMAC_SHA2_256, key, [RESUMPTION, ...nonces], seedOf(sa), sa.SKEYSEED, sa.keymat);
  }
});

testEach("the keys of the recorded full exchange follow from its SKEYSEED", (provider) => {
  const [full] = recordedResumption().sas.filter(({ kind }) => kind === "full");
  const request = { prf: PRF_HMAC_SHA2_256, key: fromHex(full.SKEYSEED), seed: seedOf(full), length: full.keymat.length / 2 };
  assert.equal(toHex(provider.prfPlus([request])[0]), full.keymat);
});

test("the recorded keymat is SK_d | SK_ei | salt | SK_er | salt | SK_pi | SK_pr", () => {
  for (const sa of recordedResumption().sas) {
    assert.equal(sa.keymat, sa.SK_d + sa.SK_ei + sa.salt_i + sa.SK_er + sa.salt_r + sa.SK_pi + sa.SK_pr);
  }
});

/** SKEYSEED by `prf`, the keys from it by `prfPlus`, and the keys in one step by `deriveKeys`. */
function assertDerivation(
  provider: CryptoProvider,
  prf: PrfAlgorithm,
  key: Uint8Array,
  data: readonly Uint8Array[],
  seed: readonly Uint8Array[],
  skeyseed: string,
  keys: string,
): void {
  const length = keys.length / 2;
  assert.equal(toHex(provider.prf([{ prf, key, data }])[0]), skeyseed.toLowerCase());
  assert.equal(toHex(provider.prfPlus([{ prf, key: fromHex(skeyseed), seed, length }])[0]), keys.toLowerCase());
  assert.equal(toHex(provider.deriveKeys([{ prf, key, data, seed, length }])[0]), keys.toLowerCase());
}

function seedOf({ Ni, Nr, SPIi, SPIr }: RecordedSa): Uint8Array[] {
  return [Ni, Nr, SPIi, SPIr].map(fromHex);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.of(...parts.flatMap((part) => [...part]));
}
