/**
 * Diffie-Hellman (RFC 7296, section 1.2; RFC 5903; RFC 8031; RFC 3526), apart from the batch provider because it is the one
 * operation that resumption does without.
 *
 * @module
 */

/** Fills with random octets; the only source of randomness that protocol code sees. */
export type RandomSource = (length: number) => Uint8Array;

export interface KeyPair {
  /** IANA transform type 4 number. */
  readonly group: number;
  /** As it stands in the KE payload. */
  readonly publicValue: Uint8Array;
  /** The implementation's own form. Wiped by `wipeKeyPair`. */
  readonly privateValue: unknown;
}

export interface KeyExchange {
  readonly name: "node" | "ts";
  generateKeyPair(group: number, random: RandomSource): KeyPair;
  /** The shared secret, or `undefined` when the peer's value is unacceptable (wrong length, not on the curve, all-zero result; RFC 6989, RFC 8031). */
  agree(pair: KeyPair, peerPublicValue: Uint8Array): Uint8Array | undefined;
}
