/**
 * Keys of a Child SA (RFC 7296, section 2.17).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import type { PrfPlusRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { NoncePair } from "../ike_sa/nonces.ts";
import type { EspSuite, IkeSuite } from "../ike_sa/suite.ts";
import type { Role } from "../message/protected_message.ts";
import { prfPlus, type Step } from "../steps/step.ts";
import type { ChildSa } from "./child_sa.ts";
import { type ChildSaKeyPair, ConcealedKeys } from "./concealed_keys.ts";

/**
 * KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr [| SK(1) | SK(2) …]), and the keys from it (RFC 9370, section 2.2.4).
 *
 * @param role this end's in the exchange that makes the Child SA, whoever is the original initiator.
 * @param sharedSecret g^ir, where there was a Diffie-Hellman exchange.
 * @param further Secrets of additional key exchanges that followed, in their order.
 */
export function* childSaKeys(
  ike: IkeSuite,
  skD: Uint8Array,
  nonces: NoncePair,
  esp: EspSuite,
  role: Role,
  sharedSecret?: Uint8Array,
  further: readonly Uint8Array[] = [],
): Step<ChildSaKeyPair> {
  const request = keymatRequest(ike, skD, nonces, esp);
  const keymat = yield* prfPlus(sharedSecret ? { ...request, seed: [sharedSecret, nonces.joined, ...further] } : request);
  return cutKeymat(keymat, esp, role);
}

/** The request that makes KEYMAT without g^ir. */
export function keymatRequest({ prf }: IkeSuite, skD: Uint8Array, nonces: NoncePair, { protection }: EspSuite): PrfPlusRequest {
  const length = 2 * (encryptionKeyLength(protection) + integrityKeyLength(protection));
  return { prf, key: skD, seed: [nonces.joined], length };
}

/** Cuts KEYMAT: first all keys from initiator to responder, encryption before integrity, then those of the other direction. */
export function cutKeymat(keymat: Uint8Array, { protection }: EspSuite, role: Role): ChildSaKeyPair {
  return ConcealedKeys.pair({ keymat, start: 0, isInboundFirst: role === "responder" }, protection);
}

/** Overwrites the keys of a Child SA that is gone. */
export function wipeChildSaKeys(childSa: ChildSa): void {
  for (const keys of [childSa.inbound, childSa.outbound]) {
    if (keys instanceof ConcealedKeys) keys.wipe();
    else wipe(keys.encryptionKey, keys.integrityKey);
  }
}
