/**
 * Diffie-Hellman (RFC 7296, section 1.2; RFC 5903; RFC 8031; RFC 3526), apart from the batch provider because it is the one
 * operation that resumption does without.
 *
 * @module
 */
import type { KeyEncapsulation } from "./key_encapsulation.ts";

/**
 * Random octets, in an array of its own that the caller may change and wipe; the only source of randomness that protocol
 * code sees.
 */
export interface RandomSource {
  (length: number): Uint8Array;
  /** The same for an array that is there already. Only where it saves something: see {@link fillRandomly}. */
  readonly fill?: (octets: Uint8Array) => void;
}

/** Fills octets at random, as `random` would give them. An array of its own for eight octets takes longer than to draw them. */
export function fillRandomly(octets: Uint8Array, random: RandomSource): void {
  if (random.fill) random.fill(octets);
  else octets.set(random(octets.length));
}

/** Opaque to all but the implementation that made it. */
export interface PrivateValue {
  /** As {@link KeyExchange.agree}; the length has been checked. */
  agree(peerPublicValue: Uint8Array): Uint8Array | undefined;
  /** Forgets the secret, as far as the runtime lets it be overwritten. After that, `agree` throws an Error. */
  wipe(): void;
}

/** One end's key pair of a Diffie-Hellman exchange. */
export interface KeyPair {
  /** IANA transform type 4 number. */
  readonly group: number;
  /** As it stands in the KE payload. */
  readonly publicValue: Uint8Array;
  /** Wiped by {@link wipeKeyPair}. */
  readonly privateValue: PrivateValue;
}

/** Diffie-Hellman over every group of the registry, and key encapsulation (RFC 9370) where it is loaded. */
export interface KeyExchange {
  /** `node`: over node:crypto; `ts`: over the noble packages. */
  readonly name: "node" | "ts";
  /**
   * All that is secret comes from `random`: with equal octets, every implementation gives the same pair.
   *
   * @throws RangeError for a group that the registry does not carry
   */
  generateKeyPair(group: number, random: RandomSource): KeyPair;
  /** The shared secret, or `undefined` when the peer's value is unacceptable (wrong length, not on the curve, all-zero result; RFC 6989, RFC 8031). */
  agree(pair: KeyPair, peerPublicValue: Uint8Array): Uint8Array | undefined;
  /** Key encapsulation, which is loaded when it is first asked for: a promise until it is there. */
  encapsulation(): KeyEncapsulation | Promise<KeyEncapsulation>;
}

/** To be called as soon as the shared secret is known. */
export function wipeKeyPair(pair: KeyPair): void {
  pair.privateValue.wipe();
}
