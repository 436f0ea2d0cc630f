/**
 * The keys of an IKE SA: from a Diffie-Hellman secret (RFC 7296, section 2.14) or from a ticket (RFC 5723, section 5.1).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import { concealing } from "../../crypto/concealed.ts";
import type { DeriveKeysRequest, OpenRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { deriveAndOpen, deriveKeys, prf, prfPlus, type Step } from "../steps/step.ts";
import type { SpiPair } from "./spi.ts";
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

/** The nonces of the exchange that made the IKE SA. */
export interface NoncePair {
  /** Ni | Nr: in every derivation they stand like this. */
  readonly joined: Uint8Array;
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

/** Each view is made when it is asked for: for many half-open IKE SAs nobody ever does. */
class JoinedNonces implements NoncePair {
  readonly joined: Uint8Array;
  readonly #initiatorLength: number;

  constructor(joined: Uint8Array, initiatorLength: number) {
    this.joined = joined;
    this.#initiatorLength = initiatorLength;
  }

  get initiatorNonce(): Uint8Array {
    return this.joined.subarray(0, this.#initiatorLength);
  }

  get responderNonce(): Uint8Array {
    return this.joined.subarray(this.#initiatorLength);
  }
}

/** The two nonces as views of one new array. */
export function noncePair(initiatorNonce: Uint8Array, responderNonce: Uint8Array): NoncePair {
  const joined = new Uint8Array(initiatorNonce.length + responderNonce.length);
  joined.set(initiatorNonce);
  joined.set(responderNonce, initiatorNonce.length);
  return new JoinedNonces(joined, initiatorNonce.length);
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
  const keyingMaterial = yield* deriveKeys(derivationOf(suite, nonces.joined, [sharedSecret], nonces, spis));
  wipe(sharedSecret);
  return cut(keyingMaterial, suite);
}

/** SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), and the keys from it (RFC 5723, section 5.1). */
export function* keysFromTicket(suite: IkeSuite, oldSkD: Uint8Array, nonces: NoncePair, spis: SpiPair): Step<IkeSaKeys> {
  return cut(yield* deriveKeys(ticketDerivation(suite, oldSkD, nonces, spis)), suite);
}

/**
 * As {@link keysFromTicket}, and opens a message of the initiator's by the same request; no `plaintext`: it is not authentic.
 */
export function* keysFromTicketAndOpened(
  suite: IkeSuite,
  oldSkD: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
  message: Pick<OpenRequest, "sealed" | "associatedDataLength">,
): Step<{ readonly keys: IkeSaKeys; readonly plaintext: Uint8Array | undefined }> {
  const { prf, protection } = suite;
  const { keyingMaterial, plaintext } = yield* deriveAndOpen({
    derivation: ticketDerivation(suite, oldSkD, nonces, spis),
    protection,
    // SK_ei and SK_ai, where `cut` finds them.
    encryptionKeyOffset: prf.outputLength + 2 * integrityKeyLength(protection),
    integrityKeyOffset: prf.outputLength,
    ...message,
  });
  return { keys: cut(keyingMaterial, suite), plaintext };
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
  const seed = yield* prf({ prf: old.suite.prf, key: old.keys.skD, data: [sharedSecret, nonces.joined] });
  wipe(sharedSecret);
  const keyingMaterial = yield* prfPlus({
    prf: suite.prf,
    key: seed,
    seed: [nonces.joined, spiOctets(spis)],
    length: keyingMaterialLength(suite),
  });
  wipe(seed);
  return cut(keyingMaterial, suite);
}

/** The same keys, to be handed to listeners: no print and no JSON shows them. */
export function concealedKeys(keys: IkeSaKeys): IkeSaKeys {
  return concealing(keys, "skD", "skAi", "skAr", "skEi", "skEr", "skPi", "skPr");
}

/** Overwrites all keys of an IKE SA. */
export function wipeIkeSaKeys(keys: IkeSaKeys): void {
  wipe(keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr);
}

function ticketDerivation(suite: IkeSuite, oldSkD: Uint8Array, nonces: NoncePair, spis: SpiPair): DeriveKeysRequest {
  return derivationOf(suite, oldSkD, [RESUMPTION_LABEL, nonces.joined], nonces, spis);
}

function derivationOf(
  suite: IkeSuite,
  key: Uint8Array,
  data: readonly Uint8Array[],
  nonces: NoncePair,
  spis: SpiPair,
): DeriveKeysRequest {
  const seed = [nonces.joined, spiOctets(spis)];
  return { prf: suite.prf, key, data, seed, length: keyingMaterialLength(suite) };
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
