/**
 * The record by which a message is sealed or opened.
 *
 * @module
 */
import { icvLength, ivLength, type Protection } from "../src/crypto/algorithms.ts";
import { openableLength } from "../src/crypto/guards.ts";
import type { OpenRequest, SealRequest } from "../src/crypto/provider.ts";
import { CIPHERS, HASHES, NO_HASH } from "./algorithm_numbers.ts";
import type { Arena, Outputs } from "./arena.ts";
import {
  WORD_ASSOCIATED_LENGTH,
  WORD_CIPHER,
  WORD_HASH,
  WORD_ICV_LENGTH,
  WORD_INTEGRITY_KEY_OFFSET,
  WORD_IV_LENGTH,
  WORD_KEY_OFFSET,
  WORD_SALT_LENGTH,
} from "./generated/layout.ts";

/** How a message is to be sealed; the message itself is for the caller to place. `place`: which of its member's records this is. */
export function writeSealRecord(
  { protection, encryptionKey, integrityKey, associatedData }: SealRequest,
  arena: Arena,
  place: number,
): void {
  writeProtection(protection, associatedData.length, arena);
  arena.putKey(WORD_KEY_OFFSET, encryptionKey, place);
  arena.putInput(WORD_INTEGRITY_KEY_OFFSET, integrityKey);
}

/** Writes a message to be sealed, `offset` octets behind the start of the output that was placed last. */
export function writeUnsealed({ associatedData, iv, plaintext }: SealRequest, offset: number, arena: Arena): void {
  arena.putOutput(offset, associatedData);
  arena.putOutput(offset + associatedData.length, iv);
  arena.putOutput(offset + associatedData.length + iv.length, plaintext);
}

/** Places and writes a message to be opened; the caller names its keys. */
export function writeSealedMessage(request: Sealed, arena: Arena): void {
  // The core calls a message of no octets too short, which is what this one is.
  const isTooShort = openableLength(request) === undefined;
  writeProtection(request.protection, isTooShort ? 0 : request.associatedDataLength, arena);
  arena.placeMessage(isTooShort ? 0 : request.sealed.length);
  if (!isTooShort) arena.putOutput(0, request.sealed);
}

/** The plaintext in a message that was opened in place. */
export function plaintextOf(
  { protection, sealed, associatedDataLength }: Sealed,
  arena: Arena,
  record: number,
  { messages }: Outputs,
): Uint8Array {
  const start = arena.messageOffset(record);
  return messages.subarray(start + associatedDataLength + ivLength(protection), start + sealed.length - icvLength(protection));
}

type Sealed = Pick<OpenRequest, "protection" | "sealed" | "associatedDataLength">;

/** The words of a record that say how a message is protected. */
export function writeProtection({ encryption, integrity }: Protection, associatedLength: number, arena: Arena): void {
  arena.setWord(WORD_CIPHER, CIPHERS[encryption.cipher]);
  arena.setWord(WORD_HASH, integrity === undefined ? NO_HASH : HASHES[integrity.hash]);
  arena.setWord(WORD_SALT_LENGTH, encryption.saltLength);
  arena.setWord(WORD_IV_LENGTH, encryption.ivLength);
  arena.setWord(WORD_ICV_LENGTH, integrity?.icvLength ?? encryption.icvLength);
  arena.setWord(WORD_ASSOCIATED_LENGTH, associatedLength);
}
