/**
 * Each operation of the core: what it asks of a request, and how a request becomes a record and an output becomes a result.
 *
 * @module
 */
import { type Cipher, type Hash, icvLength, ivLength, type PrfAlgorithm, type Protection } from "../src/crypto/algorithms.ts";
import { assertOpenable, assertPrfPlusLength, assertSealable, openableLength } from "../src/crypto/guards.ts";
import type {
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  VerifyMacRequest,
} from "../src/crypto/provider.ts";
import type { Arena } from "./arena.ts";
import {
  CIPHER_AES_CBC,
  CIPHER_AES_GCM,
  CIPHER_CHACHA20_POLY1305,
  HASH_SHA1,
  HASH_SHA256,
  HASH_SHA384,
  HASH_SHA512,
  WORD_ASSOCIATED_LENGTH,
  WORD_CIPHER,
  WORD_DATA_OFFSET,
  WORD_HASH,
  WORD_ICV_LENGTH,
  WORD_INTEGRITY_KEY_OFFSET,
  WORD_IV_LENGTH,
  WORD_KEY_OFFSET,
  WORD_MAC_OFFSET,
  WORD_SALT_LENGTH,
  WORD_SEED_OFFSET,
} from "./generated/layout.ts";

export interface Operation<Request, Result> {
  readonly run: "prf" | "prf_plus" | "derive_keys" | "verify_mac" | "seal" | "open";
  /** @throws RangeError when the request contradicts itself. */
  check(request: Request): void;
  /** Octets of inputs, at most. */
  inputsSize(request: Request): number;
  outputsSize(request: Request): number;
  /** Writes the member's record, inputs and output. */
  write(request: Request, arena: Arena): void;
  /** The result of a member that was done. `outputs` holds those of the batch, the member's from `start`. */
  done(request: Request, outputs: Uint8Array, start: number): Result;
  /** The result of a member that is not authentic; where there can be none, `undefined`. */
  readonly notAuthentic: Result | undefined;
}

const HASHES: { readonly [Name in Hash]: number } = {
  sha1: HASH_SHA1,
  sha256: HASH_SHA256,
  sha384: HASH_SHA384,
  sha512: HASH_SHA512,
};

const CIPHERS: { readonly [Name in Cipher]: number } = {
  "aes-gcm": CIPHER_AES_GCM,
  "chacha20-poly1305": CIPHER_CHACHA20_POLY1305,
  "aes-cbc": CIPHER_AES_CBC,
};

const NO_HASH = 0;

export const PRF: Operation<PrfRequest, Uint8Array> = {
  run: "prf",
  check: () => {},
  inputsSize: ({ key, data }) => key.length + total(data),
  outputsSize: ({ prf }) => prf.outputLength,
  write({ prf, key, data }, arena) {
    writePrf(prf, key, arena);
    arena.putInputs(WORD_DATA_OFFSET, data);
    arena.placeOutput(prf.outputLength);
  },
  done: ({ prf }, outputs, start) => outputs.subarray(start, start + prf.outputLength),
  notAuthentic: undefined,
};

export const PRF_PLUS: Operation<PrfPlusRequest, Uint8Array> = {
  run: "prf_plus",
  check: ({ prf, length }) => assertPrfPlusLength(prf, length),
  inputsSize: ({ key, seed }) => key.length + total(seed),
  outputsSize: ({ length }) => length,
  write({ prf, key, seed, length }, arena) {
    writePrf(prf, key, arena);
    arena.putInputs(WORD_SEED_OFFSET, seed);
    arena.placeOutput(length);
  },
  done: ({ length }, outputs, start) => outputs.subarray(start, start + length),
  notAuthentic: undefined,
};

export const DERIVE_KEYS: Operation<DeriveKeysRequest, Uint8Array> = {
  run: "derive_keys",
  check: ({ prf, length }) => assertPrfPlusLength(prf, length),
  inputsSize: ({ key, data, seed }) => key.length + total(data) + total(seed),
  outputsSize: ({ length }) => length,
  write({ prf, key, data, seed, length }, arena) {
    writePrf(prf, key, arena);
    arena.putInputs(WORD_DATA_OFFSET, data);
    arena.putInputs(WORD_SEED_OFFSET, seed);
    arena.placeOutput(length);
  },
  done: ({ length }, outputs, start) => outputs.subarray(start, start + length),
  notAuthentic: undefined,
};

export const VERIFY_MAC: Operation<VerifyMacRequest, boolean> = {
  run: "verify_mac",
  check: () => {},
  inputsSize: ({ key, data, mac }) => key.length + total(data) + mac.length,
  outputsSize: () => 0,
  write({ prf, key, data, mac }, arena) {
    writePrf(prf, key, arena);
    arena.putInputs(WORD_DATA_OFFSET, data);
    arena.putInput(WORD_MAC_OFFSET, mac);
  },
  done: () => true,
  notAuthentic: false,
};

export const SEAL: Operation<SealRequest, Uint8Array> = {
  run: "seal",
  check: assertSealable,
  inputsSize: ({ encryptionKey, integrityKey }) => encryptionKey.length + integrityKey.length,
  outputsSize: sealedLength,
  write(request, arena) {
    const { protection, encryptionKey, integrityKey, associatedData, iv, plaintext } = request;
    writeProtection(protection, encryptionKey, integrityKey, associatedData.length, arena);
    arena.placeOutput(sealedLength(request));
    arena.putOutput(0, associatedData);
    arena.putOutput(associatedData.length, iv);
    arena.putOutput(associatedData.length + iv.length, plaintext);
  },
  done: (request, outputs, start) => outputs.subarray(start, start + sealedLength(request)),
  notAuthentic: undefined,
};

/** `undefined` is the result itself of a member that is not authentic. */
export const OPEN: Operation<OpenRequest, Uint8Array | undefined> = {
  run: "open",
  check: assertOpenable,
  inputsSize: ({ encryptionKey, integrityKey }) => encryptionKey.length + integrityKey.length,
  outputsSize: ({ sealed }) => sealed.length,
  write(request, arena) {
    const { protection, encryptionKey, integrityKey, sealed } = request;
    // The core calls a message of no octets too short, which is what this one is.
    const tooShort = openableLength(request) === undefined;
    writeProtection(protection, encryptionKey, integrityKey, tooShort ? 0 : request.associatedDataLength, arena);
    arena.placeOutput(tooShort ? 0 : sealed.length);
    if (!tooShort) arena.putOutput(0, sealed);
  },
  done({ protection, sealed, associatedDataLength }, outputs, start) {
    const plaintextStart = start + associatedDataLength + ivLength(protection);
    return outputs.subarray(plaintextStart, start + sealed.length - icvLength(protection));
  },
  notAuthentic: undefined,
};

function writePrf(prf: PrfAlgorithm, key: Uint8Array, arena: Arena): void {
  arena.setWord(WORD_HASH, HASHES[prf.hash]);
  arena.putKey(WORD_KEY_OFFSET, key);
}

function writeProtection(
  protection: Protection,
  encryptionKey: Uint8Array,
  integrityKey: Uint8Array,
  associatedLength: number,
  arena: Arena,
): void {
  const { encryption, integrity } = protection;
  arena.setWord(WORD_CIPHER, CIPHERS[encryption.cipher]);
  arena.setWord(WORD_HASH, integrity === undefined ? NO_HASH : HASHES[integrity.hash]);
  arena.setWord(WORD_SALT_LENGTH, encryption.saltLength);
  arena.setWord(WORD_IV_LENGTH, encryption.ivLength);
  arena.setWord(WORD_ICV_LENGTH, icvLength(protection));
  arena.setWord(WORD_ASSOCIATED_LENGTH, associatedLength);
  arena.putKey(WORD_KEY_OFFSET, encryptionKey);
  arena.putInput(WORD_INTEGRITY_KEY_OFFSET, integrityKey);
}

function sealedLength({ protection, associatedData, iv, plaintext }: SealRequest): number {
  return associatedData.length + iv.length + plaintext.length + icvLength(protection);
}

function total(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
