/** Requests of the sizes that one resumption has, each member with octets of its own. */
import type { PrfAlgorithm, Protection } from "../../src/crypto/algorithms.ts";
import { encryptionKeyLength, integrityKeyLength, ivLength } from "../../src/crypto/algorithms.ts";
import { sealedLength } from "../../src/crypto/guards.ts";
import type {
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DeriveKeysRequest,
  OpenRequest,
  PrfRequest,
  SealRequest,
  SealWithTicketRequest,
} from "../../src/crypto/provider.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  CHACHA20_POLY1305,
  PRF_HMAC_SHA2_256,
  TICKET_AES_256_GCM,
} from "../../src/crypto/registry.ts";

export const AES_256_GCM: Protection = { encryption: AES_GCM_16, keyLength: 32 };
export const CHACHA: Protection = { encryption: CHACHA20_POLY1305, keyLength: 32 };
export const AES_256_CBC: Protection = { encryption: AES_CBC, keyLength: 32, integrity: AUTH_HMAC_SHA2_256_128 };

const HEADER_LENGTH = 32;
const PLAINTEXT_LENGTH = 160;
const TICKET_KEY_SEED = 43_000;

/** One for all tickets. */
const TICKET_KEY = octets(32, TICKET_KEY_SEED);

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

/** A message that opens, under keys that are derived first. */
export function deriveAndOpenRequest(i: number, protection: Protection, provider: CryptoProvider): DeriveAndOpenRequest {
  const encryptionKeyOffset = 32;
  const integrityKeyOffset = encryptionKeyOffset + encryptionKeyLength(protection);
  const derivation = { ...deriveKeysRequest(1000 + i), length: integrityKeyOffset + integrityKeyLength(protection) };
  const [keys] = provider.deriveKeys([derivation]);
  const [sealed] = provider.seal([{
    ...sealRequest(1000 + i, protection),
    encryptionKey: keys.subarray(encryptionKeyOffset, integrityKeyOffset),
    integrityKey: keys.subarray(integrityKeyOffset),
  }]);
  return { derivation, protection, encryptionKeyOffset, integrityKeyOffset, sealed, associatedDataLength: HEADER_LENGTH };
}

/** With the right AUTH of the other end. */
export function authenticateRequest(i: number, prf: PrfAlgorithm, provider: CryptoProvider): AuthenticateRequest {
  const signed = (seed: number) => ({
    key: octets(prf.outputLength, seed),
    realMessage: octets(180 + seed % 240, seed + 1),
    peerNonce: octets(32, seed + 2),
    restOfIdPayload: octets(9 + seed % 56, seed + 3),
  });
  const [theirs, ours] = [signed(20_000 + 10 * i), signed(20_005 + 10 * i)];
  const [macedId] = provider.prf([{ prf, key: theirs.key, data: [theirs.restOfIdPayload] }]);
  const [theirAuth] = provider.prf([{ prf, key: theirs.key, data: [theirs.realMessage, theirs.peerNonce, macedId] }]);
  const expansion = { key: octets(prf.outputLength, 30_000 + i), seed: [octets(64, 31_000 + i)], length: 72 };
  return { prf, theirs, theirAuth, ours, expansion };
}

export function sealWithTicketRequest(i: number, protection: Protection): SealWithTicketRequest {
  const ticket = { ...sealRequest(40_000 + i, TICKET_AES_256_GCM), encryptionKey: TICKET_KEY };
  const ticketOffset = 24;
  const length = ticketOffset + sealedLength(ticket) + 16;
  const message = sealRequest(41_000 + i, protection);
  return { ticket, ticketOffset, message: { ...message, plaintext: octets(length + (16 - length % 16), 42_000 + i) } };
}

export function upTo<T>(size: number, make: (i: number) => T): T[] {
  return Array.from({ length: size }, (_, i) => make(i));
}
