/**
 * The keys of an IKE SA: from a Diffie-Hellman secret (RFC 7296, section 2.14) or from a ticket (RFC 5723, section 5.1).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../crypto/algorithms.ts";
import { wipe } from "../crypto/wipe.ts";
import type { SpiPair } from "./effect.ts";
import { deriveKeys, prf, prfPlus, type Step } from "./step.ts";
import type { IkeSuite } from "./suite.ts";

/** The seven keys of RFC 7296, section 2.14. Encryption keys have their salt behind them; integrity keys are empty with an AEAD. */
export interface IkeSaKeys {
  readonly skD: Uint8Array;
  readonly skAi: Uint8Array;
  readonly skAr: Uint8Array;
  readonly skEi: Uint8Array;
  readonly skEr: Uint8Array;
  readonly skPi: Uint8Array;
  readonly skPr: Uint8Array;
}

/** The nonces of the exchange that made the IKE SA, in the order that every derivation uses. */
export interface NoncePair {
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

/** "Resumption" in ASCII, ten octets without a terminator (RFC 5723, section 5.1). */
const RESUMPTION_LABEL = new TextEncoder().encode("Resumption");

/** SKEYSEED = prf(Ni | Nr, g^ir), and the keys from it (RFC 7296, section 2.14). Wipes the shared secret. */
export function* keysFromSharedSecret(
  suite: IkeSuite,
  sharedSecret: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
): Step<IkeSaKeys> {
  const key = concatenate(nonces.initiatorNonce, nonces.responderNonce);
  const keys = yield* keysFrom(suite, key, [sharedSecret], nonces, spis);
  wipe(sharedSecret);
  return keys;
}

/** SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), and the keys from it (RFC 5723, section 5.1). */
export function keysFromTicket(suite: IkeSuite, oldSkD: Uint8Array, nonces: NoncePair, spis: SpiPair): Step<IkeSaKeys> {
  return keysFrom(suite, oldSkD, [RESUMPTION_LABEL, nonces.initiatorNonce, nonces.responderNonce], nonces, spis);
}

/**
 * SKEYSEED = prf(SK_d of the old IKE SA, g^ir | Ni | Nr) with the old one's prf, and the keys from it with the new one's (RFC 7296,
 * section 2.18; RFC 4718, section 5.5). Wipes the shared secret.
 */
export function* keysFromRekey(
  old: { readonly suite: IkeSuite; readonly keys: IkeSaKeys },
  suite: IkeSuite,
  sharedSecret: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
): Step<IkeSaKeys> {
  const { initiatorNonce, responderNonce } = nonces;
  const seed = yield* prf({ prf: old.suite.prf, key: old.keys.skD, data: [sharedSecret, initiatorNonce, responderNonce] });
  wipe(sharedSecret);
  const keyingMaterial = yield* prfPlus({
    prf: suite.prf,
    key: seed,
    seed: [initiatorNonce, responderNonce, spiOctets(spis)],
    length: keyingMaterialLength(suite),
  });
  wipe(seed);
  return cut(keyingMaterial, suite);
}

/** Overwrites all keys of an IKE SA. */
export function wipeIkeSaKeys(keys: IkeSaKeys): void {
  wipe(keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr);
}

function* keysFrom(
  suite: IkeSuite,
  key: Uint8Array,
  data: readonly Uint8Array[],
  nonces: NoncePair,
  spis: SpiPair,
): Step<IkeSaKeys> {
  const keyingMaterial = yield* deriveKeys({
    prf: suite.prf,
    key,
    data,
    seed: [nonces.initiatorNonce, nonces.responderNonce, spiOctets(spis)],
    length: keyingMaterialLength(suite),
  });
  return cut(keyingMaterial, suite);
}

function keyingMaterialLength({ prf, protection }: IkeSuite): number {
  return 3 * prf.outputLength + 2 * integrityKeyLength(protection) + 2 * encryptionKeyLength(protection);
}

/** The seven keys in the order of RFC 7296, section 2.14, as views of the keying material. */
function cut(keyingMaterial: Uint8Array, { prf, protection }: IkeSuite): IkeSaKeys {
  const prfLength = prf.outputLength;
  const integrityLength = integrityKeyLength(protection);
  const encryptionLength = encryptionKeyLength(protection);
  let offset = 0;
  const take = (length: number) => keyingMaterial.subarray(offset, offset += length);
  return {
    skD: take(prfLength),
    skAi: take(integrityLength),
    skAr: take(integrityLength),
    skEi: take(encryptionLength),
    skEr: take(encryptionLength),
    skPi: take(prfLength),
    skPr: take(prfLength),
  };
}

function spiOctets(spis: SpiPair): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  view.setBigUint64(0, spis.initiatorSpi);
  view.setBigUint64(8, spis.responderSpi);
  return octets;
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const octets = new Uint8Array(first.length + second.length);
  octets.set(first);
  octets.set(second, first.length);
  return octets;
}
