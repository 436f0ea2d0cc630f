/**
 * Key encapsulation: ML-KEM (FIPS 203) as an additional key exchange (RFC 9370). The initiator sends a public key, the responder a
 * ciphertext, and both have the same secret.
 *
 * @module
 */
import type { RandomSource } from "./key_exchange.ts";

/** A method of transform types 6 to 12 that encapsulates. */
export interface EncapsulationMethod {
  /** In the number space of transform type 4. */
  readonly id: number;
  /** For logs, as in IANA's registry. */
  readonly name: string;
  /** Octets of the initiator's KE payload. */
  readonly publicValueLength: number;
  /** Octets of the responder's KE payload. */
  readonly ciphertextLength: number;
  /** About how many times the work of Curve25519 it is, on the slower of the runtimes. */
  readonly cost: number;
}

/** What the initiator keeps until the ciphertext comes. */
export interface EncapsulationKeyPair {
  /** By its number of transform type 4. */
  readonly method: number;
  /** As it stands in the KE payload. */
  readonly publicValue: Uint8Array;
  /** The shared secret; `undefined` for a ciphertext of the wrong length. Another's ciphertext gives another secret. */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined;
  /** Forgets the secret, as far as the runtime lets it be overwritten. After that, `decapsulate` throws an Error. */
  wipe(): void;
}

/** What a responder makes of an initiator's public value. */
export interface Encapsulated {
  /** As it stands in the answer's KE payload. */
  readonly ciphertext: Uint8Array;
  /** Secret: whoever has used it wipes it. */
  readonly sharedSecret: Uint8Array;
}

/** Key encapsulation over every method of the registry (RFC 9370). */
export interface KeyEncapsulation {
  /** `node`: over node:crypto; `ts`: over the noble packages. */
  readonly name: "node" | "ts";
  /**
   * The private key comes from `random` alone.
   *
   * @throws RangeError for a method that the registry does not carry
   */
  generateKeyPair(method: number, random: RandomSource): EncapsulationKeyPair;
  /**
   * A secret for whoever has the private key. `undefined`: the public key is of a wrong length, or holds a number out of range (FIPS 203, section
   * 7.2). With node:crypto the secret comes from the runtime's own random source.
   */
  encapsulate(method: number, publicValue: Uint8Array, random: RandomSource): Encapsulated | undefined;
}
