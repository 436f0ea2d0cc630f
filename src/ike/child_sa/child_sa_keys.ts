/**
 * Keys of a Child SA (RFC 7296, section 2.17).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import { CONCEALED, printingAs } from "../../crypto/concealed.ts";
import type { PrfPlusRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { NoncePair } from "../ike_sa/ike_sa_keys.ts";
import type { EspSuite, IkeSuite } from "../ike_sa/suite.ts";
import type { Role } from "../message/protected_message.ts";
import { prfPlus, type Step } from "../steps/step.ts";
import type { ChildSa, ChildSaKeys } from "./child_sa.ts";

/**
 * Keys of one direction that no print and no JSON shows: octets are read by name alone. Not an object literal with hidden properties, because one
 * for each direction is made in every resumption.
 */
class ConcealedKeys implements ChildSaKeys {
  readonly #encryptionKey: Uint8Array;
  readonly #integrityKey: Uint8Array;

  static {
    Object.defineProperties(this.prototype, printingAs(() => CONCEALED));
  }

  constructor(encryptionKey: Uint8Array, integrityKey: Uint8Array) {
    this.#encryptionKey = encryptionKey;
    this.#integrityKey = integrityKey;
  }

  get encryptionKey(): Uint8Array {
    return this.#encryptionKey;
  }

  get integrityKey(): Uint8Array {
    return this.#integrityKey;
  }
}

/** The keys of both directions, as views of KEYMAT. */
export interface ChildSaKeyPair {
  readonly inbound: ChildSaKeys;
  readonly outbound: ChildSaKeys;
}

/** KEYMAT = prf+(SK_d, Ni | Nr), and the keys from it. */
export function* childSaKeys(
  ike: IkeSuite,
  skD: Uint8Array,
  nonces: NoncePair,
  esp: EspSuite,
  role: Role,
): Step<ChildSaKeyPair> {
  return cutKeymat(yield* prfPlus(keymatRequest(ike, skD, nonces, esp)), esp, role);
}

/** The request that makes KEYMAT. */
export function keymatRequest({ prf }: IkeSuite, skD: Uint8Array, nonces: NoncePair, { protection }: EspSuite): PrfPlusRequest {
  const length = 2 * (encryptionKeyLength(protection) + integrityKeyLength(protection));
  return { prf, key: skD, seed: [nonces.joined], length };
}

/** Cuts KEYMAT: first all keys from initiator to responder, encryption before integrity, then those of the other direction. */
export function cutKeymat(keymat: Uint8Array, { protection }: EspSuite, role: Role): ChildSaKeyPair {
  const encryptionLength = encryptionKeyLength(protection);
  const integrityLength = integrityKeyLength(protection);
  let offset = 0;
  const take = (length: number) => keymat.subarray(offset, offset += length);
  const fromInitiator = new ConcealedKeys(take(encryptionLength), take(integrityLength));
  const fromResponder = new ConcealedKeys(take(encryptionLength), take(integrityLength));
  return role === "initiator"
    ? { inbound: fromResponder, outbound: fromInitiator }
    : { inbound: fromInitiator, outbound: fromResponder };
}

/** Overwrites the keys of a Child SA that is gone. */
export function wipeChildSaKeys(childSa: ChildSa): void {
  wipe(childSa.inbound.encryptionKey, childSa.inbound.integrityKey);
  wipe(childSa.outbound.encryptionKey, childSa.outbound.integrityKey);
}
