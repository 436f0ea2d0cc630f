/**
 * Ni and Nr (RFC 7296, section 3.9).
 *
 * @module
 */
import { MAXIMUM_NONCE_LENGTH, MINIMUM_NONCE_LENGTH } from "../limits.ts";
import type { NoncePayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

const EXPECTED_LENGTH = `${MINIMUM_NONCE_LENGTH} to ${MAXIMUM_NONCE_LENGTH} octets`;

export function readNonce(reader: Reader): NoncePayload {
  if (!isNonceLength(reader.remaining)) reader.fail("bad-length", EXPECTED_LENGTH);
  return { type: "Nonce", nonce: reader.rest() };
}

export function nonceLength(payload: NoncePayload): number {
  const length = payload.nonce.length;
  if (!isNonceLength(length)) throw outOfRange("Nonce: length", EXPECTED_LENGTH, length);
  return length;
}

export function writeNonce(writer: Writer, payload: NoncePayload): void {
  writer.copy(payload.nonce);
}

function isNonceLength(length: number): boolean {
  return length >= MINIMUM_NONCE_LENGTH && length <= MAXIMUM_NONCE_LENGTH;
}
