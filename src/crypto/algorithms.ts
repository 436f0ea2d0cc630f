/**
 * What is known of an algorithm, by type of transform, each with its number of IANA's "Internet Key Exchange Version 2
 * Parameters". The algorithms themselves are in registry.ts.
 *
 * @module
 */

export type Hash = "sha1" | "sha256" | "sha384" | "sha512";
/** Ciphers by name; a registry entry says with which IANA number and key lengths. */
export type Cipher = "aes-gcm" | "chacha20-poly1305" | "aes-cbc";

/** Transform type 2. */
export interface PrfAlgorithm {
  /** IANA transform ID. */
  readonly id: number;
  /** For logs, as in IANA's registry. */
  readonly name: string;
  /** The hash of the HMAC. */
  readonly hash: Hash;
  /** Octets of output; also the preferred key length (RFC 7296, section 2.13; RFC 4868, section 2.1.2). */
  readonly outputLength: number;
  /** False: accepted only when the configuration names it. */
  readonly enabledByDefault: boolean;
}

/** Transform type 1. */
export interface EncryptionAlgorithm {
  /** IANA transform ID. */
  readonly id: number;
  /** For logs, as in IANA's registry. */
  readonly name: string;
  /** What providers know it by. */
  readonly cipher: Cipher;
  /** Key lengths in octets, the salt not counted. */
  readonly keyLengths: readonly number[];
  /** Whether the Key Length attribute must be present (AES) or must be absent (ChaCha20-Poly1305). */
  readonly keyLengthAttribute: boolean;
  /** Octets of salt taken from the keying material after the key (RFC 5282; RFC 7634). */
  readonly saltLength: number;
  /** Octets of IV in each message. */
  readonly ivLength: number;
  /** Octets of ICV of the cipher itself; 0 where a separate integrity algorithm is needed. */
  readonly icvLength: number;
  /** Plaintext is padded to a multiple of this. */
  readonly blockLength: number;
}

/** Transform type 3. */
export interface IntegrityAlgorithm {
  /** IANA transform ID. */
  readonly id: number;
  /** For logs, as in IANA's registry. */
  readonly name: string;
  /** The hash of the HMAC. */
  readonly hash: Hash;
  /** Octets of its key (RFC 4868, section 2.1.1). */
  readonly keyLength: number;
  /** Octets of the truncated MAC. */
  readonly icvLength: number;
}

/** Transform type 4. */
export interface KeyExchangeGroup {
  /** IANA transform ID. */
  readonly id: number;
  /** For logs, as in IANA's registry. */
  readonly name: string;
  /** Octets of the public value in the KE payload. */
  readonly publicValueLength: number;
  /** Octets of the shared secret. */
  readonly sharedSecretLength: number;
  /** About how many times the work of Curve25519 an exchange is, on the slower of the runtimes. */
  readonly cost: number;
  /** False: offered and accepted only when the configuration names it. */
  readonly enabledByDefault: boolean;
}

/** What protects a message or a ticket: an AEAD alone, or a cipher with an integrity algorithm (encrypt-then-MAC). */
export interface Protection {
  /** The cipher, which may be an AEAD. */
  readonly encryption: EncryptionAlgorithm;
  /** Octets, salt not counted. */
  readonly keyLength: number;
  /** Present exactly when `encryption.icvLength` is 0. */
  readonly integrity?: IntegrityAlgorithm;
}

/** Octets of the encryption key with the salt behind it: what is taken from the keying material. */
export function encryptionKeyLength(protection: Protection): number {
  return protection.keyLength + protection.encryption.saltLength;
}

/** Octets of the integrity key; 0 for an AEAD. */
export function integrityKeyLength(protection: Protection): number {
  return protection.integrity?.keyLength ?? 0;
}

/** Octets of the IV that stands before the ciphertext. */
export function ivLength(protection: Protection): number {
  return protection.encryption.ivLength;
}

/** Octets of the ICV that stands behind the ciphertext, whichever algorithm makes it. */
export function icvLength(protection: Protection): number {
  return protection.integrity?.icvLength ?? protection.encryption.icvLength;
}
