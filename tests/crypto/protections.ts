/** Every protection that the registry allows, and those of tickets. @module */
import type { Protection } from "../../src/crypto/algorithms.ts";
import { encryptionKeyLength, integrityKeyLength, ivLength } from "../../src/crypto/algorithms.ts";
import type { OpenRequest, SealRequest } from "../../src/crypto/provider.ts";
import {
  ENCRYPTION_ALGORITHMS,
  INTEGRITY_ALGORITHMS,
  TICKET_AES_256_GCM,
  TICKET_CHACHA20_POLY1305,
} from "../../src/crypto/registry.ts";
import type { RepeatableRandom } from "./random.ts";

export const protections: readonly Protection[] = [
  ...ENCRYPTION_ALGORITHMS.flatMap((encryption) =>
    encryption.keyLengths.flatMap((keyLength): Protection[] =>
      encryption.icvLength > 0
        ? [{ encryption, keyLength }]
        : INTEGRITY_ALGORITHMS.map((integrity) => ({ encryption, keyLength, integrity }))
    )
  ),
  TICKET_AES_256_GCM,
  TICKET_CHACHA20_POLY1305,
];

export function protectionName({ encryption, keyLength, integrity }: Protection): string {
  return [encryption.name, `${8 * keyLength} bits`, ...(integrity === undefined ? [] : [integrity.name])].join(", ");
}

/** `plaintextLength` is rounded up to the cipher's block. */
export function randomSealRequest(
  protection: Protection,
  random: RepeatableRandom,
  plaintextLength: number,
  associatedDataLength: number,
): SealRequest {
  const { blockLength } = protection.encryption;
  return {
    protection,
    encryptionKey: random.octets(encryptionKeyLength(protection)),
    integrityKey: random.octets(integrityKeyLength(protection)),
    iv: random.octets(ivLength(protection)),
    associatedData: random.octets(associatedDataLength),
    plaintext: random.octets(Math.ceil(plaintextLength / blockLength) * blockLength),
  };
}

export function openRequestOf(request: SealRequest, sealed: Uint8Array): OpenRequest {
  const { protection, encryptionKey, integrityKey, associatedData } = request;
  return { protection, encryptionKey, integrityKey, sealed, associatedDataLength: associatedData.length };
}
