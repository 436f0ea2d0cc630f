/** Requests of the sizes that one resumption has, each member with octets of its own. */
import type { Protection } from "../../src/crypto/algorithms.ts";
import { encryptionKeyLength, integrityKeyLength, ivLength } from "../../src/crypto/algorithms.ts";
import type { DeriveKeysRequest, OpenRequest, PrfRequest, SealRequest } from "../../src/crypto/provider.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  CHACHA20_POLY1305,
  PRF_HMAC_SHA2_256,
} from "../../src/crypto/registry.ts";

export const AES_256_GCM: Protection = { encryption: AES_GCM_16, keyLength: 32 };
export const CHACHA: Protection = { encryption: CHACHA20_POLY1305, keyLength: 32 };
export const AES_256_CBC: Protection = { encryption: AES_CBC, keyLength: 32, integrity: AUTH_HMAC_SHA2_256_128 };

const HEADER_LENGTH = 32;
const PLAINTEXT_LENGTH = 160;

/** Octets that no other seed gives, and that nobody writes by chance. */
export function octets(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

export function prfRequest(i: number): PrfRequest {
  return { prf: PRF_HMAC_SHA2_256, key: octets(32, 4 * i), data: [octets(200, 4 * i + 1), octets(32, 4 * i + 2)] };
}

export function deriveKeysRequest(i: number): DeriveKeysRequest {
  return {
    prf: PRF_HMAC_SHA2_256,
    key: octets(32, 5 * i),
    data: [octets(32, 5 * i + 1), octets(32, 5 * i + 2)],
    seed: [octets(64, 5 * i + 3), octets(16, 5 * i + 4)],
    length: 168,
  };
}

export function sealRequest(i: number, protection: Protection = AES_256_GCM): SealRequest {
  return {
    protection,
    encryptionKey: octets(encryptionKeyLength(protection), 5 * i),
    integrityKey: octets(integrityKeyLength(protection), 5 * i + 1),
    iv: octets(ivLength(protection), 5 * i + 2),
    associatedData: octets(HEADER_LENGTH, 5 * i + 3),
    plaintext: octets(PLAINTEXT_LENGTH, 5 * i + 4),
  };
}

export function openRequest({ protection, encryptionKey, integrityKey }: SealRequest, sealed: Uint8Array): OpenRequest {
  return { protection, encryptionKey, integrityKey, sealed, associatedDataLength: HEADER_LENGTH };
}

export function upTo<T>(size: number, make: (i: number) => T): T[] {
  return Array.from({ length: size }, (_, i) => make(i));
}
