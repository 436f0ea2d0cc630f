/**
 * Additional key exchanges (RFC 9370): methods of transform types 6 to 12, which are carried out one after the other before IKE_AUTH.
 *
 * @module
 */
import type { KeyExchangeGroup } from "../../crypto/algorithms.ts";
import type { EncapsulationMethod } from "../../crypto/key_encapsulation.ts";
import { encapsulationById, groupById } from "../../crypto/registry.ts";
import { TransformType } from "../../wire/constants.ts";

/** A key exchange after that of IKE_SA_INIT: Diffie-Hellman, or key encapsulation (RFC 9370). */
export type AdditionalKeyExchange = KeyExchangeGroup | EncapsulationMethod;

/** What one transform type offers, in order of preference. */
export interface AdditionalChoice {
  /** 1 to 7: the exchanges follow each other in this order. */
  readonly place: number;
  /** In order of preference. */
  readonly methods: readonly AdditionalKeyExchange[];
  /** Whether it may be left out too. */
  readonly optional: boolean;
}

export function additionalById(id: number): AdditionalKeyExchange | undefined {
  return groupById(id) ?? encapsulationById(id);
}

/** Whether a transform type is that of an additional key exchange. */
export function isAdditional(transformType: number): boolean {
  return transformType >= TransformType.ADDKE1 && transformType <= TransformType.ADDKE7;
}

/** ML-KEM, whose responder sends a ciphertext. */
export function isEncapsulation(method: AdditionalKeyExchange): method is EncapsulationMethod {
  return "ciphertextLength" in method;
}
