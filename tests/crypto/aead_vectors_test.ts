/**
 * AES-GCM-16 and ChaCha20-Poly1305 against Wycheproof, whose nonce of 96 bits is salt | IV here. Other nonce lengths are
 * not IKE's and are left out.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { EncryptionAlgorithm, Protection } from "../../src/crypto/algorithms.ts";
import type { OpenRequest, SealRequest } from "../../src/crypto/provider.ts";
import { AES_GCM_16, CHACHA20_POLY1305, TICKET_AES_256_GCM, TICKET_CHACHA20_POLY1305 } from "../../src/crypto/registry.ts";
import { fromHex, inEveryPosition, readVectorJson, toHex } from "../vectors/vectors.ts";
import { testEachWithVectors } from "./providers.ts";

interface AeadGroup {
  readonly ivSize: number;
  readonly keySize: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly key: string;
    readonly iv: string;
    readonly aad: string;
    readonly msg: string;
    readonly ct: string;
    readonly tag: string;
    readonly result: "valid" | "invalid";
  }[];
}

interface AeadVector {
  readonly id: number;
  readonly seal: SealRequest;
  readonly open: OpenRequest;
  readonly valid: boolean;
}

const FILES = [
  ["aes_gcm", AES_GCM_16, 197],
  ["chacha20_poly1305", CHACHA20_POLY1305, 316],
] as const;

for (const [file, encryption, count] of FILES) {
  testEachWithVectors(
    `${encryption.name} seals and opens the vectors of Wycheproof and refuses the false ones`,
    `wycheproof/${file}_test.json`,
    (provider, path) => {
      const vectors = wycheproofVectors(path, encryption);
      assert.equal(vectors.length, count);

      for (const { id, open, seal, valid } of vectors) {
        assert.equal(hexOf(provider.open([open])[0]), valid ? toHex(seal.plaintext) : undefined, `open alone, test ${id}`);
      }
      for (const moved of inEveryPosition(vectors)) {
        const opened = provider.open(moved.map(({ open }) => open));
        for (const [i, { id, seal, valid }] of moved.entries()) {
          assert.equal(hexOf(opened[i]), valid ? toHex(seal.plaintext) : undefined, `open, test ${id}`);
        }
        const valid = moved.filter(({ valid }) => valid);
        const sealed = provider.seal(valid.map(({ seal }) => seal));
        for (const [i, { id, open }] of valid.entries()) assert.equal(toHex(sealed[i]), toHex(open.sealed), `seal, test ${id}`);
      }
    },
  );
}

for (
  const [name, protection, file, count] of [
    ["AES-256-GCM", TICKET_AES_256_GCM, "aes_gcm_test.json", 66],
    ["ChaCha20-Poly1305", TICKET_CHACHA20_POLY1305, "chacha20_poly1305_test.json", 316],
  ] as const
) {
  testEachWithVectors(
    `[R-6.1-1] tickets are sealed and opened with ${name} as in the vectors of Wycheproof`,
    `wycheproof/${file}`,
    (provider, path) => {
      const vectors = wycheproofVectors(path, protection.encryption);
      assert.equal(vectors.length, count);
      for (let round = 0; round < 2; round++) {
        const opened = provider.openTickets(vectors.map(({ open }) => open));
        for (const [i, { id, seal, valid }] of vectors.entries()) {
          assert.equal(hexOf(opened[i]), valid ? toHex(seal.plaintext) : undefined, `open, test ${id}`);
        }
        const valid = vectors.filter(({ valid }) => valid);
        const sealed = provider.seal(valid.map(({ seal }) => seal));
        for (const [i, { id, open }] of valid.entries()) assert.equal(toHex(sealed[i]), toHex(open.sealed), `seal, test ${id}`);
        // The second round finds no key state of the first.
        provider.forgetTicketKeys();
      }
    },
  );
}

function wycheproofVectors(path: string, encryption: EncryptionAlgorithm): AeadVector[] {
  const { testGroups } = readVectorJson<{ testGroups: AeadGroup[] }>(path);
  return testGroups
    .filter(({ ivSize, keySize }) => ivSize === 96 && encryption.keyLengths.includes(keySize / 8))
    .flatMap(({ keySize, tests }) =>
      tests.map(({ tcId, key, iv, aad, msg, ct, tag, result }) => {
        const protection: Protection = { encryption, keyLength: keySize / 8 };
        const salt = iv.slice(0, 2 * encryption.saltLength);
        const explicitIv = iv.slice(2 * encryption.saltLength);
        const keys = { protection, encryptionKey: fromHex(key + salt), integrityKey: new Uint8Array(0) };
        const associatedData = fromHex(aad);
        return {
          id: tcId,
          seal: { ...keys, iv: fromHex(explicitIv), associatedData, plaintext: fromHex(msg) },
          open: { ...keys, sealed: fromHex(aad + explicitIv + ct + tag), associatedDataLength: associatedData.length },
          valid: result === "valid",
        };
      })
    );
}

function hexOf(octets: Uint8Array | undefined): string | undefined {
  return octets === undefined ? undefined : toHex(octets);
}
