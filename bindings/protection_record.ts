/**
 * The record by which a message is sealed or opened.
 *
 * @module
 */
import { type Cipher, type Hash, icvLength, ivLength, type Protection } from "../src/crypto/algorithms.ts";
import { openableLength } from "../src/crypto/guards.ts";
import type { OpenRequest, SealRequest } from "../src/crypto/provider.ts";
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
  WORD_HASH,
  WORD_ICV_LENGTH,
  WORD_INTEGRITY_KEY_OFFSET,
  WORD_IV_LENGTH,
  WORD_KEY_OFFSET,
  WORD_SALT_LENGTH,
} from "./generated/layout.ts";

/** The core's number of each hash. */
export const HASHES: { readonly [Name in Hash]: number } = {
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

/** How a message is to be sealed; the message itself is for the caller to place. `place`: which of its member's records this is. */
export function writeSealRecord(
  { protection, encryptionKey, integrityKey, associatedData }: SealRequest,
  arena: Arena,
  place = 0,
): void {
  writeProtection(protection, associatedData.length, arena);
  arena.putKey(WORD_KEY_OFFSET, encryptionKey, place);
  arena.putInput(WORD_INTEGRITY_KEY_OFFSET, integrityKey);
}

/** Writes what is to be sealed, `offset` octets behind the start of the output that was placed last. */
export function writeUnsealed({ associatedData, iv, plaintext }: SealRequest, offset: number, arena: Arena): void {
  arena.putOutput(offset, associatedData);
  arena.putOutput(offset + associatedData.length, iv);
  arena.putOutput(offset + associatedData.length + iv.length, plaintext);
}

/** Places and writes what is to be opened; its keys are for the caller to name. */
export function writeSealedMessage(request: Sealed, arena: Arena): void {
  // The core calls a message of no octets too short, which is what this one is.
  const isTooShort = openableLength(request) === undefined;
  writeProtection(request.protection, isTooShort ? 0 : request.associatedDataLength, arena);
  arena.placeOutput(isTooShort ? 0 : request.sealed.length);
  if (!isTooShort) arena.putOutput(0, request.sealed);
}

/** The plaintext in what was opened in place. */
export function plaintextOf(
  { protection, sealed, associatedDataLength }: Sealed,
  outputs: Uint8Array,
  start: number,
): Uint8Array {
  const plaintextStart = start + associatedDataLength + ivLength(protection);
  return outputs.subarray(plaintextStart, start + sealed.length - icvLength(protection));
}

type Sealed = Pick<OpenRequest, "protection" | "sealed" | "associatedDataLength">;

function writeProtection({ encryption, integrity }: Protection, associatedLength: number, arena: Arena): void {
  arena.setWord(WORD_CIPHER, CIPHERS[encryption.cipher]);
  arena.setWord(WORD_HASH, integrity === undefined ? NO_HASH : HASHES[integrity.hash]);
  arena.setWord(WORD_SALT_LENGTH, encryption.saltLength);
  arena.setWord(WORD_IV_LENGTH, encryption.ivLength);
  arena.setWord(WORD_ICV_LENGTH, integrity?.icvLength ?? encryption.icvLength);
  arena.setWord(WORD_ASSOCIATED_LENGTH, associatedLength);
}
