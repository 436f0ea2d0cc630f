/**
 * One key that tickets are sealed under, with its algorithm (RFC 5723, sections 6.1 and 9.5).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength, type Protection } from "../crypto/algorithms.ts";
import { concealing } from "../crypto/concealed.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { TICKET_AES_256_CBC_HMAC_SHA2_256_128, TICKET_AES_256_GCM, TICKET_CHACHA20_POLY1305 } from "../crypto/registry.ts";

/** Octets of a key identity (RFC 5723, appendix A.1). */
export const KEY_ID_LENGTH = 8;
/** Octets of an AES-256-GCM ticket key. */
export const TICKET_KEY_LENGTH = 32;

/** How the tickets of one key are protected. The algorithm changes with the key: a ticket says only which key it is under. */
export type TicketAlgorithm = "aes256gcm16" | "chacha20poly1305" | "aes256-sha256";

/** AES-256-GCM, ChaCha20-Poly1305, and AES-256-CBC with HMAC-SHA2-256-128. */
export const TICKET_PROTECTIONS: { readonly [Name in TicketAlgorithm]: Protection } = {
  aes256gcm16: TICKET_AES_256_GCM,
  chacha20poly1305: TICKET_CHACHA20_POLY1305,
  "aes256-sha256": TICKET_AES_256_CBC_HMAC_SHA2_256_128,
};

export const TICKET_ALGORITHMS = Object.keys(TICKET_PROTECTIONS) as readonly TicketAlgorithm[];
export const DEFAULT_TICKET_ALGORITHM: TicketAlgorithm = "aes256gcm16";

/** One ticket key. It serves tickets and nothing else. */
export interface TicketKey {
  /** 8 octets, not all zero: an empty slot must never match what an attacker can write. */
  readonly keyId: Uint8Array;
  /** As many octets as `ticketKeyLength` says of the algorithm. No algorithm runs under them: each use has a key derived from it. Secret. */
  readonly key: Uint8Array;
  /** What seals tickets under it. */
  readonly algorithm: TicketAlgorithm;
  /** Seconds since 1970. */
  readonly madeAtEpochSeconds: number;
  /**
   * Seconds since 1970, from when on tickets are sealed under it, unless a later key has begun. Tickets under it open at any time: until it
   * begins it is staged. `undefined`: staged until a command gives it a time. `Infinity`: it opens tickets, and never seals one.
   */
  readonly activeFromEpochSeconds: number | undefined;
  /**
   * For a key from before keys were derived for each use: tickets of version 1, which were sealed under its own octets, open
   * until they expire. No ticket is sealed so any more.
   */
  readonly opensVersion1?: boolean;
}

/** Octets of a key for an algorithm. */
export function ticketKeyLength(algorithm: TicketAlgorithm): number {
  const protection = TICKET_PROTECTIONS[algorithm];
  return encryptionKeyLength(protection) + integrityKeyLength(protection);
}

/** A new key with a random identity, that seals from the moment it was made. */
export function makeTicketKey(
  random: RandomSource,
  nowEpochSeconds: number,
  algorithm: TicketAlgorithm = DEFAULT_TICKET_ALGORITHM,
): TicketKey {
  let keyId = random(KEY_ID_LENGTH);
  while (isAllZero(keyId)) keyId = random(KEY_ID_LENGTH);
  const key = random(ticketKeyLength(algorithm));
  return concealedTicketKey({
    keyId,
    key,
    algorithm,
    madeAtEpochSeconds: nowEpochSeconds,
    activeFromEpochSeconds: nowEpochSeconds,
  });
}

/** The same key, in a form whose octets neither printing nor JSON shows: whoever has them can make tickets. */
export function concealedTicketKey(key: TicketKey): TicketKey {
  return concealing(key, "key");
}

/** @throws {RangeError} a key or key identity of a wrong length, an all-zero identity, or an algorithm that is none; no key is shown. */
export function checkTicketKey({ keyId, key, algorithm }: TicketKey): void {
  if (keyId.length !== KEY_ID_LENGTH) {
    throw new RangeError(`ticket key: identity of ${keyId.length} octets, expected ${KEY_ID_LENGTH}`);
  }
  if (isAllZero(keyId)) throw new RangeError("ticket key: identity is all zero, expected any other");
  if (!isTicketAlgorithm(algorithm)) {
    throw new RangeError(`ticket key ${ticketKeyName(keyId)}: unknown algorithm, expected ${TICKET_ALGORITHMS.join(", ")}`);
  }
  const length = ticketKeyLength(algorithm);
  if (key.length !== length) throw new RangeError(`ticket key: ${key.length} octets, expected ${length}`);
}

export function isTicketAlgorithm(name: unknown): name is TicketAlgorithm {
  return typeof name === "string" && Object.hasOwn(TICKET_PROTECTIONS, name);
}

export function isAllZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

/** The identity in hexadecimal: what lists and logs show of a key. */
export function ticketKeyName(keyId: Uint8Array): string {
  let name = "";
  for (const octet of keyId) name += octet.toString(16).padStart(2, "0");
  return name;
}
