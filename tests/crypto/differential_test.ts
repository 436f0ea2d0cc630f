/**
 * Equal results for equal inputs: each provider against the first of the list, over lengths of 0 to 2,000 octets and batches
 * of mixed algorithms and lengths. The seed is in the titles; IKE_RESUME_TEST_SEED repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CryptoProvider,
  DeriveKeysRequest,
  OpenRequest,
  SealRequest,
  VerifyMacRequest,
} from "../../src/crypto/provider.ts";
import { PRF_ALGORITHMS, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import { openRequestOf, protectionName, protections, randomSealRequest } from "./protections.ts";
import { labelOf, providers } from "./providers.ts";
import { type RepeatableRandom, repeatableRandom, runSeed } from "./random.ts";

const MAXIMUM_LENGTH = 2000;
const BATCH_LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64];

const [reference, ...others] = providers;

for (const provider of others) {
  const pair = `${labelOf(provider)} as ${labelOf(reference)}, seed ${runSeed}`;

  test(`${pair}: prf, prfPlus, deriveKeys and verifyMac in batches of 1 to 64 with mixed algorithms and lengths`, () => {
    const random = repeatableRandom(runSeed);
    for (const batchLength of BATCH_LENGTHS) {
      const batch = Array.from({ length: batchLength }, () => randomDeriveKeysRequest(random));
      assert.deepEqual(provider.prf(batch), reference.prf(batch));
      assert.deepEqual(provider.prfPlus(batch), reference.prfPlus(batch));
      assert.deepEqual(provider.deriveKeys(batch), reference.deriveKeys(batch));

      const macs = reference.prf(batch);
      const claims = batch.map((request, i): VerifyMacRequest => ({ ...request, mac: sometimesAltered(macs[i], random) }));
      assert.deepEqual(provider.verifyMac(claims), reference.verifyMac(claims));
    }
  });

  test(`${pair}: prf and deriveKeys at every length of data from 0 to ${MAXIMUM_LENGTH}`, () => {
    const random = repeatableRandom(runSeed + 1);
    const data = random.octets(MAXIMUM_LENGTH);
    for (const prf of PRF_ALGORITHMS) {
      const key = random.octets(prf.outputLength);
      const batch = Array.from({ length: MAXIMUM_LENGTH + 1 }, (_, length): DeriveKeysRequest => ({
        prf,
        key,
        data: [data.subarray(0, length)],
        seed: [data.subarray(length)],
        length: prf.outputLength,
      }));
      // All in one batch, far beyond what a wave holds; then those around a block's edge alone.
      assert.deepEqual(provider.prf(batch), reference.prf(batch));
      for (const request of batch.slice(0, 300)) {
        assert.deepEqual(provider.deriveKeys([request]), reference.deriveKeys([request]));
      }
    }
  });

  test(`${pair}: prf, prfPlus and deriveKeys over data of many kilooctets, under keys around a hash's block`, () => {
    const random = repeatableRandom(runSeed + 5);
    const long = random.octets(40_000);
    for (const prf of PRF_ALGORITHMS) {
      for (const keyLength of [0, 1, 63, 64, 65, 127, 128, 129, 1000]) {
        const batch = [16_000, 16_255, 16_256, 16_257, 16_319, 16_320, 16_321, 16_384, 40_000].map((length) => ({
          prf,
          key: random.octets(keyLength),
          data: [long.subarray(0, length)],
          seed: [long.subarray(0, length - prf.outputLength)],
          length: 3 * prf.outputLength - 1,
        }));
        assert.deepEqual(provider.prf(batch), reference.prf(batch));
        assert.deepEqual(provider.prfPlus(batch), reference.prfPlus(batch));
        assert.deepEqual(provider.deriveKeys(batch), reference.deriveKeys(batch));
      }
    }
  });

  test(`${pair}: seal and open in batches of 1 to 64 with mixed algorithms and lengths`, () => {
    const random = repeatableRandom(runSeed + 2);
    for (const batchLength of BATCH_LENGTHS) {
      const batch = Array.from({ length: batchLength }, () => {
        const protection = protections[random.integer(0, protections.length - 1)];
        return randomSealRequest(protection, random, random.integer(0, MAXIMUM_LENGTH), random.integer(0, 100));
      });
      assertSealedAndOpenedAlike(provider, batch, random, "open");
    }
  });

  for (const protection of protections) {
    test(`${pair}: seal and open ${protectionName(protection)} at every length from 0 to ${MAXIMUM_LENGTH}`, () => {
      const random = repeatableRandom(runSeed + 3);
      const { plaintext, ...rest } = randomSealRequest(protection, random, MAXIMUM_LENGTH, MAXIMUM_LENGTH);
      const batch: SealRequest[] = [];
      for (let length = 0; length <= plaintext.length; length += protection.encryption.blockLength) {
        // Long messages matter at a few lengths around each block's edge only.
        if (length > 300 && length % 16 > 1 && length % 16 < 15) continue;
        const associatedData = rest.associatedData.subarray(0, (length * 7) % 99);
        batch.push({ ...rest, plaintext: plaintext.subarray(0, length), associatedData });
      }
      const sealed = provider.seal(batch);
      assert.deepEqual(sealed, reference.seal(batch));
      assert.deepEqual(provider.open(batch.map((request, i) => openRequestOf(request, sealed[i]))), plaintextsOf(batch));
    });
  }

  test(`${pair}: seal and openTickets under one key, and under several in one batch`, () => {
    const random = repeatableRandom(runSeed + 4);
    const keys = Array.from({ length: 3 }, () => random.octets(32));
    for (const batchLength of BATCH_LENGTHS) {
      const keyCount = batchLength % 2 === 0 ? 1 : keys.length;
      const batch = Array.from({ length: batchLength }, (): SealRequest => ({
        ...randomSealRequest(TICKET_AES_256_GCM, random, random.integer(0, 500), 12),
        encryptionKey: keys[random.integer(0, keyCount - 1)],
      }));
      assertSealedAndOpenedAlike(provider, batch, random, "openTickets");
      if (batchLength % 3 === 0) provider.forgetTicketKeys();
    }
  });
}

function assertSealedAndOpenedAlike(
  provider: CryptoProvider,
  batch: readonly SealRequest[],
  random: RepeatableRandom,
  open: "open" | "openTickets",
): void {
  const sealed = provider.seal(batch);
  assert.deepEqual(sealed, reference.seal(batch));
  const whole = batch.map((request, i) => openRequestOf(request, sealed[i]));
  assert.deepEqual(provider[open](whole), plaintextsOf(batch));
  const altered = whole.map((request): OpenRequest => ({ ...request, sealed: sometimesAltered(request.sealed, random) }));
  assert.deepEqual(provider[open](altered), reference[open](altered));
}

function randomDeriveKeysRequest(random: RepeatableRandom): DeriveKeysRequest {
  const prf = PRF_ALGORITHMS[random.integer(0, PRF_ALGORITHMS.length - 1)];
  const parts = () => Array.from({ length: random.integer(0, 4) }, () => random.octets(random.integer(0, MAXIMUM_LENGTH / 4)));
  return {
    prf,
    key: random.octets(random.integer(0, 3) === 0 ? random.integer(0, 300) : prf.outputLength),
    data: parts(),
    seed: parts(),
    length: random.integer(1, 600),
  };
}

/** Half of the time as it is; else with a bit changed, or cut short. */
function sometimesAltered(octets: Uint8Array, random: RepeatableRandom): Uint8Array {
  const kind = random.integer(0, 3);
  if (kind <= 1) return octets;
  if (kind === 2) return octets.slice(0, random.integer(0, octets.length));
  const altered = octets.slice();
  altered[random.integer(0, octets.length - 1)] ^= 1 << random.integer(0, 7);
  return altered;
}

function plaintextsOf(batch: readonly SealRequest[]): Uint8Array[] {
  return batch.map(({ plaintext }) => plaintext);
}
