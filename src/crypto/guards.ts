/**
 * What every provider checks of its requests, so that a programmer's error has the same name everywhere. What the network
 * can cause is no error here: see `openableLength`.
 *
 * @module
 */
import {
  encryptionKeyLength,
  icvLength,
  integrityKeyLength,
  ivLength,
  type PrfAlgorithm,
  type Protection,
} from "./algorithms.ts";
import type { OpenRequest, SealRequest } from "./provider.ts";

/** prf+ counts its outputs in one octet (RFC 7296, section 2.13). */
const PRF_PLUS_MAXIMUM_OUTPUTS = 255;

/** @throws RangeError when prf+ cannot give `length` octets. */
export function assertPrfPlusLength(prf: PrfAlgorithm, length: number): void {
  const maximum = PRF_PLUS_MAXIMUM_OUTPUTS * prf.outputLength;
  if (Number.isInteger(length) && length >= 1 && length <= maximum) return;
  throw new RangeError(`prf+ length is ${length}, expected 1 to ${maximum} octets with ${prf.name}`);
}

/** @throws RangeError naming the field whose size contradicts the protection. */
export function assertSealable(request: SealRequest): void {
  const { protection } = request;
  assertKeys("seal", protection, request.encryptionKey, request.integrityKey);
  assertLength("seal", "iv", request.iv.length, ivLength(protection), protection);
  const { blockLength, name } = protection.encryption;
  if (request.plaintext.length % blockLength !== 0) {
    throw new RangeError(
      `seal: plaintext is ${request.plaintext.length} octets, expected a multiple of ${blockLength} with ${name}`,
    );
  }
}

/** @throws RangeError naming the key whose size contradicts the protection, or an associated data length that is no length. */
export function assertOpenable(request: OpenRequest): void {
  assertKeys("open", request.protection, request.encryptionKey, request.integrityKey);
  if (!Number.isInteger(request.associatedDataLength) || request.associatedDataLength < 0) {
    throw new RangeError(`open: associatedDataLength is ${request.associatedDataLength}, expected an integer of 0 or more`);
  }
}

/**
 * Octets of ciphertext in what is to be opened; `undefined` when it is too short or no multiple of the cipher's block,
 * which only says that it is not authentic.
 */
export function openableLength(request: OpenRequest): number | undefined {
  const { protection, sealed, associatedDataLength } = request;
  const length = sealed.length - associatedDataLength - ivLength(protection) - icvLength(protection);
  return length >= 0 && length % protection.encryption.blockLength === 0 ? length : undefined;
}

function assertKeys(operation: string, protection: Protection, encryptionKey: Uint8Array, integrityKey: Uint8Array): void {
  const { encryption, integrity, keyLength } = protection;
  if (!encryption.keyLengths.includes(keyLength)) {
    throw new RangeError(
      `${operation}: keyLength is ${keyLength}, expected ${encryption.keyLengths.join(" or ")} octets with ${encryption.name}`,
    );
  }
  if ((integrity === undefined) !== (encryption.icvLength > 0)) {
    throw new RangeError(
      `${operation}: integrity is ${integrity?.name ?? "absent"}, expected ${
        encryption.icvLength > 0 ? "none" : "an algorithm"
      } with ${encryption.name}`,
    );
  }
  assertLength(operation, "encryptionKey", encryptionKey.length, encryptionKeyLength(protection), protection);
  assertLength(operation, "integrityKey", integrityKey.length, integrityKeyLength(protection), protection);
}

function assertLength(operation: string, field: string, actual: number, expected: number, protection: Protection): void {
  if (actual === expected) return;
  throw new RangeError(`${operation}: ${field} is ${actual} octets, expected ${expected} with ${protection.encryption.name}`);
}
