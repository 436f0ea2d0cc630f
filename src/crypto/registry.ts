/**
 * The algorithms this project carries. Adding one: an entry here, and its branch in each provider
 * (for an HMAC over a hash that is already there, the entry alone).
 *
 * @module
 */
import type { EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeGroup, PrfAlgorithm, Protection } from "./algorithms.ts";
import type { EncapsulationMethod } from "./key_encapsulation.ts";

/** RFC 2104; kept for old peers only. */
export const PRF_HMAC_SHA1: PrfAlgorithm = {
  id: 2,
  name: "PRF-HMAC-SHA1",
  hash: "sha1",
  outputLength: 20,
  enabledByDefault: false,
};
/** RFC 4868. */
export const PRF_HMAC_SHA2_256: PrfAlgorithm = {
  id: 5,
  name: "PRF-HMAC-SHA2-256",
  hash: "sha256",
  outputLength: 32,
  enabledByDefault: true,
};
/** RFC 4868. */
export const PRF_HMAC_SHA2_384: PrfAlgorithm = {
  id: 6,
  name: "PRF-HMAC-SHA2-384",
  hash: "sha384",
  outputLength: 48,
  enabledByDefault: true,
};
/** RFC 4868. */
export const PRF_HMAC_SHA2_512: PrfAlgorithm = {
  id: 7,
  name: "PRF-HMAC-SHA2-512",
  hash: "sha512",
  outputLength: 64,
  enabledByDefault: true,
};

/** RFC 3602. Each IV must be unpredictable. */
export const AES_CBC: EncryptionAlgorithm = {
  id: 12,
  name: "AES-CBC",
  cipher: "aes-cbc",
  keyLengths: [16, 24, 32],
  keyLengthAttribute: true,
  saltLength: 0,
  ivLength: 16,
  icvLength: 0,
  blockLength: 16,
};
/** RFC 4106 and RFC 5282: no padding is needed. */
export const AES_GCM_16: EncryptionAlgorithm = {
  id: 20,
  name: "AES-GCM-16",
  cipher: "aes-gcm",
  keyLengths: [16, 24, 32],
  keyLengthAttribute: true,
  saltLength: 4,
  ivLength: 8,
  icvLength: 16,
  blockLength: 1,
};
/** RFC 7634. */
export const CHACHA20_POLY1305: EncryptionAlgorithm = {
  id: 28,
  name: "ChaCha20-Poly1305",
  cipher: "chacha20-poly1305",
  keyLengths: [32],
  keyLengthAttribute: false,
  saltLength: 4,
  ivLength: 8,
  icvLength: 16,
  blockLength: 1,
};

/** RFC 4868. */
export const AUTH_HMAC_SHA2_256_128: IntegrityAlgorithm = {
  id: 12,
  name: "AUTH-HMAC-SHA2-256-128",
  hash: "sha256",
  keyLength: 32,
  icvLength: 16,
};
/** RFC 4868. */
export const AUTH_HMAC_SHA2_384_192: IntegrityAlgorithm = {
  id: 13,
  name: "AUTH-HMAC-SHA2-384-192",
  hash: "sha384",
  keyLength: 48,
  icvLength: 24,
};
/** RFC 4868. */
export const AUTH_HMAC_SHA2_512_256: IntegrityAlgorithm = {
  id: 14,
  name: "AUTH-HMAC-SHA2-512-256",
  hash: "sha512",
  keyLength: 64,
  icvLength: 32,
};

/** RFC 7296, appendix B.2: 1,024 bits, which no longer keep anybody out. Kept for old peers only. */
export const MODP_1024: KeyExchangeGroup = modp(2, 1_024, 3, false);
/** RFC 3526, sections 3 to 5. */
export const MODP_2048: KeyExchangeGroup = modp(14, 2_048, 15);
/** RFC 3526, section 4. */
export const MODP_3072: KeyExchangeGroup = modp(15, 3_072, 30);
/** RFC 3526, section 5. */
export const MODP_4096: KeyExchangeGroup = modp(16, 4_096, 55);
/** RFC 5903: the public value is x | y, the shared secret x alone. */
export const ECP_256: KeyExchangeGroup = ecp(19, "P-256", 32, 5);
/** RFC 5903, section 3.2. */
export const ECP_384: KeyExchangeGroup = ecp(20, "P-384", 48, 20);
/** RFC 5903, section 3.3. */
export const ECP_521: KeyExchangeGroup = ecp(21, "P-521", 66, 45);
/** RFC 8031. */
export const CURVE25519: KeyExchangeGroup = {
  id: 31,
  name: "Curve25519",
  publicValueLength: 32,
  sharedSecretLength: 32,
  cost: 1,
  enabledByDefault: true,
};

/** FIPS 203, and its numbers for IKEv2: as additional key exchanges alone (RFC 9370). */
export const ML_KEM_768: EncapsulationMethod = {
  id: 36,
  name: "ML-KEM-768",
  publicValueLength: 1_184,
  ciphertextLength: 1_088,
  cost: 5,
};
/** FIPS 203, as an additional key exchange (RFC 9370). */
export const ML_KEM_1024: EncapsulationMethod = {
  id: 37,
  name: "ML-KEM-1024",
  publicValueLength: 1_568,
  ciphertextLength: 1_568,
  cost: 8,
};

/** In order of preference. */
export const PRF_ALGORITHMS: readonly PrfAlgorithm[] = [
  PRF_HMAC_SHA2_256,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
  PRF_HMAC_SHA1,
];
/** In order of preference. */
export const ENCRYPTION_ALGORITHMS: readonly EncryptionAlgorithm[] = [AES_GCM_16, CHACHA20_POLY1305, AES_CBC];
/** In order of preference. */
export const INTEGRITY_ALGORITHMS: readonly IntegrityAlgorithm[] = [
  AUTH_HMAC_SHA2_256_128,
  AUTH_HMAC_SHA2_384_192,
  AUTH_HMAC_SHA2_512_256,
];
/** In order of preference. */
export const KEY_EXCHANGE_GROUPS: readonly KeyExchangeGroup[] = [
  CURVE25519,
  ECP_256,
  ECP_384,
  ECP_521,
  MODP_2048,
  MODP_3072,
  MODP_4096,
  MODP_1024,
];

/** In order of preference. */
export const ENCAPSULATION_METHODS: readonly EncapsulationMethod[] = [ML_KEM_768, ML_KEM_1024];

/**
 * Tickets by value: a 96-bit IV in full and no salt, because one key seals the tickets of all sessions
 * and no keying material is at hand to take a salt from.
 */
export const TICKET_AES_256_GCM: Protection = {
  encryption: { ...AES_GCM_16, name: "AES-256-GCM", keyLengths: [32], saltLength: 0, ivLength: 12 },
  keyLength: 32,
};
/** Tickets by value: the same, with the cipher of RFC 8439 as it stands there. */
export const TICKET_CHACHA20_POLY1305: Protection = {
  encryption: { ...CHACHA20_POLY1305, saltLength: 0, ivLength: 12 },
  keyLength: 32,
};
/** Tickets by value, where no AEAD may be used: encrypt-then-MAC, a random IV of a whole block. */
export const TICKET_AES_256_CBC_HMAC_SHA2_256_128: Protection = {
  encryption: AES_CBC,
  keyLength: 32,
  integrity: AUTH_HMAC_SHA2_256_128,
};

/** Transform type 2 by its number; `undefined` when not carried. */
export function prfById(id: number): PrfAlgorithm | undefined {
  return PRF_ALGORITHMS.find((algorithm) => algorithm.id === id);
}

/** Transform type 1 by its number; `undefined` when not carried. */
export function encryptionById(id: number): EncryptionAlgorithm | undefined {
  return ENCRYPTION_ALGORITHMS.find((algorithm) => algorithm.id === id);
}

/** Transform type 3 by its number; `undefined` when not carried. */
export function integrityById(id: number): IntegrityAlgorithm | undefined {
  return INTEGRITY_ALGORITHMS.find((algorithm) => algorithm.id === id);
}

/** Transform type 4 by its number; `undefined` when not carried. */
export function groupById(id: number): KeyExchangeGroup | undefined {
  return KEY_EXCHANGE_GROUPS.find((group) => group.id === id);
}

/** A key encapsulation method by its number; `undefined` when not carried. */
export function encapsulationById(id: number): EncapsulationMethod | undefined {
  return ENCAPSULATION_METHODS.find((method) => method.id === id);
}

function modp(id: number, bits: number, cost: number, enabledByDefault: boolean = true): KeyExchangeGroup {
  const length = bits / 8;
  return { id, name: `MODP-${bits}`, publicValueLength: length, sharedSecretLength: length, cost, enabledByDefault };
}

function ecp(id: number, name: string, length: number, cost: number): KeyExchangeGroup {
  return { id, name, publicValueLength: 2 * length, sharedSecretLength: length, cost, enabledByDefault: true };
}
