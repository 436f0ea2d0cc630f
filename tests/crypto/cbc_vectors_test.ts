/**
 * AES-CBC against Wycheproof and NIST ACVP. A provider only knows CBC with a MAC behind it, so each vector is put between an
 * IV and the MAC that the provider's own prf makes (which has vectors of its own). Wycheproof's padding, PKCS #5, is not
 * IKE's: the test adds and checks it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CryptoProvider, OpenRequest } from "../../src/crypto/provider.ts";
import { AES_CBC, AUTH_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 } from "../../src/crypto/registry.ts";
import { fromHex, inEveryPosition, readVectorJson, toHex } from "../vectors/vectors.ts";
import { testEachWithVectors } from "./providers.ts";

const BLOCK_LENGTH = AES_CBC.blockLength;
const INTEGRITY_KEY = new Uint8Array(AUTH_HMAC_SHA2_256_128.keyLength).fill(0x5a);
const ACVP = "nist/ACVP-AES-CBC-1.0";

interface CbcVector {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly ciphertext: Uint8Array;
}

testEachWithVectors(
  "AES-CBC seals and opens the vectors of Wycheproof",
  "wycheproof/aes_cbc_pkcs5_test.json",
  (provider, path) => {
    interface Test {
      readonly tcId: number;
      readonly key: string;
      readonly iv: string;
      readonly msg: string;
      readonly ct: string;
      readonly result: "valid" | "invalid";
    }
    const { testGroups } = readVectorJson<{ testGroups: { keySize: number; tests: Test[] }[] }>(path);
    const tests = testGroups.flatMap(({ tests }) => tests);
    assert.equal(tests.length, 216);

    const vectors = tests.map(({ key, iv, msg, ct }) => ({
      key: fromHex(key),
      iv: fromHex(iv),
      plaintext: padded(fromHex(msg)),
      ciphertext: fromHex(ct),
    }));
    const opened = openAll(provider, vectors);
    for (const [i, { tcId, msg, result }] of tests.entries()) {
      const plaintext = opened[i];
      const message = plaintext === undefined ? undefined : unpadded(plaintext);
      assert.equal(message === undefined ? undefined : toHex(message), result === "valid" ? msg : undefined, `test ${tcId}`);
    }
    const valid = vectors.filter((_, i) => tests[i].result === "valid");
    assert.deepEqual(sealAll(provider, valid).map(toHex), valid.map(({ ciphertext }) => toHex(ciphertext)));
  },
);

testEachWithVectors("AES-CBC seals and opens the functional vectors of NIST ACVP", ACVP, (provider, path) => {
  const sealed = acvpVectors(path, "encrypt");
  assert.equal(sealed.length, 1075);
  for (const moved of inEveryPosition(sealed)) {
    assert.deepEqual(sealAll(provider, moved).map(toHex), moved.map(({ ciphertext }) => toHex(ciphertext)));
  }
  const opened = acvpVectors(path, "decrypt");
  assert.equal(opened.length, 1075);
  for (const moved of inEveryPosition(opened)) {
    const plaintexts = openAll(provider, moved).map((plaintext) => toHex(plaintext ?? assert.fail("not opened")));
    assert.deepEqual(plaintexts, moved.map(({ plaintext }) => toHex(plaintext)));
  }
});

testEachWithVectors("AES-CBC passes the first rounds of NIST ACVP's Monte Carlo test", ACVP, (provider, path) => {
  // A round is 1,000 dependent steps, and each of the 100 rounds states where it begins: two rounds a group, of six groups.
  for (const direction of ["encrypt", "decrypt"] as const) {
    for (const { key, iv, pt, ct } of acvpMonteCarloRounds(path, direction, 2)) {
      const isSealing = direction === "encrypt";
      let input = fromHex(isSealing ? pt : ct);
      let chain = fromHex(iv);
      let previousOutput = chain;
      for (let step = 0; step < 1000; step++) {
        const vector = { key: fromHex(key), iv: chain, plaintext: input, ciphertext: input };
        const output = isSealing ? sealAll(provider, [vector])[0] : openAll(provider, [vector])[0];
        assert.ok(output !== undefined);
        chain = isSealing ? output : input;
        input = previousOutput;
        previousOutput = output;
      }
      assert.equal(toHex(previousOutput), (isSealing ? ct : pt).toLowerCase());
    }
  }
});

/** The ciphertexts alone. */
function sealAll(provider: CryptoProvider, vectors: readonly CbcVector[]): Uint8Array[] {
  const sealed = provider.seal(vectors.map(({ key, iv, plaintext }) => ({
    protection: { encryption: AES_CBC, keyLength: key.length, integrity: AUTH_HMAC_SHA2_256_128 },
    encryptionKey: key,
    integrityKey: INTEGRITY_KEY,
    iv,
    associatedData: new Uint8Array(0),
    plaintext,
  })));
  return sealed.map((message) => message.subarray(BLOCK_LENGTH, message.length - AUTH_HMAC_SHA2_256_128.icvLength));
}

function openAll(provider: CryptoProvider, vectors: readonly CbcVector[]): (Uint8Array | undefined)[] {
  const macs = provider.prf(vectors.map(({ iv, ciphertext }) => ({
    prf: PRF_HMAC_SHA2_256,
    key: INTEGRITY_KEY,
    data: [iv, ciphertext],
  })));
  return provider.open(vectors.map(({ key, iv, ciphertext }, i): OpenRequest => ({
    protection: { encryption: AES_CBC, keyLength: key.length, integrity: AUTH_HMAC_SHA2_256_128 },
    encryptionKey: key,
    integrityKey: INTEGRITY_KEY,
    sealed: Uint8Array.of(...iv, ...ciphertext, ...macs[i].subarray(0, AUTH_HMAC_SHA2_256_128.icvLength)),
    associatedDataLength: 0,
  })));
}

function padded(message: Uint8Array): Uint8Array {
  const padLength = BLOCK_LENGTH - message.length % BLOCK_LENGTH;
  return Uint8Array.of(...message, ...new Uint8Array(padLength).fill(padLength));
}

/** `undefined` when the padding is not PKCS #5. */
function unpadded(plaintext: Uint8Array): Uint8Array | undefined {
  const padLength = plaintext.at(-1) ?? 0;
  const start = plaintext.length - padLength;
  const isPadding = padLength >= 1 && padLength <= BLOCK_LENGTH && start >= 0 &&
    plaintext.subarray(start).every((octet) => octet === padLength);
  return isPadding ? plaintext.subarray(0, start) : undefined;
}

interface AcvpTest {
  readonly tcId: number;
  readonly key?: string;
  readonly iv?: string;
  readonly pt?: string;
  readonly ct?: string;
  readonly resultsArray?: readonly MonteCarloRound[];
}

interface MonteCarloRound {
  readonly key: string;
  readonly iv: string;
  readonly pt: string;
  readonly ct: string;
}

interface AcvpGroup {
  readonly testType: "AFT" | "MCT";
  readonly direction: "encrypt" | "decrypt";
  readonly keyLen: number;
  readonly tests: readonly AcvpTest[];
}

/** The tests of a kind, prompt and expected result put together. */
function acvpTests(path: string, testType: AcvpGroup["testType"], direction: AcvpGroup["direction"]): AcvpTest[] {
  const prompt = readVectorJson<{ testGroups: AcvpGroup[] }>(`${path}/prompt.json.gz`);
  const expected = readVectorJson<{ testGroups: { tests: AcvpTest[] }[] }>(`${path}/expectedResults.json.gz`);
  const results = new Map(expected.testGroups.flatMap(({ tests }) => tests).map((test) => [test.tcId, test]));
  return prompt.testGroups
    .filter((group) => group.testType === testType && group.direction === direction)
    .flatMap(({ tests }) => tests)
    .map((test) => ({ ...test, ...results.get(test.tcId) }));
}

function acvpVectors(path: string, direction: AcvpGroup["direction"]): CbcVector[] {
  return acvpTests(path, "AFT", direction).map(({ key = "", iv = "", pt = "", ct = "" }) => ({
    key: fromHex(key),
    iv: fromHex(iv),
    plaintext: fromHex(pt),
    ciphertext: fromHex(ct),
  }));
}

function acvpMonteCarloRounds(path: string, direction: AcvpGroup["direction"], rounds: number): MonteCarloRound[] {
  const tests = acvpTests(path, "MCT", direction);
  assert.equal(tests.length, 3);
  return tests.flatMap(({ resultsArray = [] }) => resultsArray.slice(0, rounds));
}
