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
  readonly #keymat: Uint8Array;
  readonly #start: number;
  readonly #encryptionLength: number;
  readonly #integrityLength: number;

  static {
    Object.defineProperties(this.prototype, printingAs(() => CONCEALED));
  }

  constructor(keymat: Uint8Array, start: number, encryptionLength: number, integrityLength: number) {
    this.#keymat = keymat;
    this.#start = start;
    this.#encryptionLength = encryptionLength;
    this.#integrityLength = integrityLength;
  }

  /** A view each time: as long as a Child SA lives nobody but its owner asks, who does once. */
  get encryptionKey(): Uint8Array {
    return this.#keymat.subarray(this.#start, this.#start + this.#encryptionLength);
  }

  get integrityKey(): Uint8Array {
    if (this.#integrityLength === 0) return NO_KEY;
    const start = this.#start + this.#encryptionLength;
    return this.#keymat.subarray(start, start + this.#integrityLength);
  }

  wipe(): void {
    this.#keymat.fill(0, this.#start, this.#start + this.#encryptionLength + this.#integrityLength);
  }
}

const NO_KEY = new Uint8Array(0);

/** The keys of both directions, as views of KEYMAT. */
export interface ChildSaKeyPair {
  readonly inbound: ChildSaKeys;
  readonly outbound: ChildSaKeys;
}

/**
 * KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr), and the keys from it.
 *
 * @param role this end's in the exchange that makes the Child SA, whoever is the original initiator.
 * @param sharedSecret g^ir, where there was a Diffie-Hellman exchange.
 */
export function* childSaKeys(
  ike: IkeSuite,
  skD: Uint8Array,
  nonces: NoncePair,
  esp: EspSuite,
  role: Role,
  sharedSecret?: Uint8Array,
): Step<ChildSaKeyPair> {
  const request = keymatRequest(ike, skD, nonces, esp);
  const keymat = yield* prfPlus(sharedSecret ? { ...request, seed: [sharedSecret, nonces.joined] } : request);
  return cutKeymat(keymat, esp, role);
}

/** The request that makes KEYMAT without g^ir. */
export function keymatRequest({ prf }: IkeSuite, skD: Uint8Array, nonces: NoncePair, { protection }: EspSuite): PrfPlusRequest {
  const length = 2 * (encryptionKeyLength(protection) + integrityKeyLength(protection));
  return { prf, key: skD, seed: [nonces.joined], length };
}

/** Cuts KEYMAT: first all keys from initiator to responder, encryption before integrity, then those of the other direction. */
export function cutKeymat(keymat: Uint8Array, { protection }: EspSuite, role: Role): ChildSaKeyPair {
  const encryptionLength = encryptionKeyLength(protection);
  const integrityLength = integrityKeyLength(protection);
  const fromInitiator = new ConcealedKeys(keymat, 0, encryptionLength, integrityLength);
  const fromResponder = new ConcealedKeys(keymat, encryptionLength + integrityLength, encryptionLength, integrityLength);
  return role === "initiator"
    ? { inbound: fromResponder, outbound: fromInitiator }
    : { inbound: fromInitiator, outbound: fromResponder };
}

/** Overwrites the keys of a Child SA that is gone. */
export function wipeChildSaKeys(childSa: ChildSa): void {
  for (const keys of [childSa.inbound, childSa.outbound]) {
    if (keys instanceof ConcealedKeys) keys.wipe();
    else wipe(keys.encryptionKey, keys.integrityKey);
  }
}
