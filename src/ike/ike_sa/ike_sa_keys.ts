/**
 * The keys of an IKE SA: from a Diffie-Hellman secret (RFC 7296, section 2.14) or from a ticket (RFC 5723, section 5.1).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import { concealing } from "../../crypto/concealed.ts";
import type { DeriveAndOpenRequest, DeriveKeysRequest, OpenRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { passing } from "../../wire/octet_chunks.ts";
import { deriveAndOpen, deriveKeys, prf, prfPlus, type Step } from "../steps/step.ts";
import type { NoncePair } from "./nonces.ts";
import type { SpiPair } from "./spi.ts";
import type { IkeSuite } from "./suite.ts";

/** The seven keys of RFC 7296, section 2.14. Encryption keys have their salt behind them; integrity keys are empty with an AEAD. */
export interface IkeSaKeys {
  /** SK_d, of which the keys of Child SAs and of a rekeyed or resumed IKE SA are made. */
  readonly skD: Uint8Array;
  /** SK_ai: integrity of what the initiator sends. */
  readonly skAi: Uint8Array;
  /** SK_ar: integrity of what the responder sends. */
  readonly skAr: Uint8Array;
  /** SK_ei: encryption of what the initiator sends. */
  readonly skEi: Uint8Array;
  /** SK_er: encryption of what the responder sends. */
  readonly skEr: Uint8Array;
  /** SK_pi, of which the initiator's AUTH is made. */
  readonly skPi: Uint8Array;
  /** SK_pr, of which the responder's AUTH is made. */
  readonly skPr: Uint8Array;
}

/** "Resumption" in ASCII, ten octets without a terminator (RFC 5723, section 5.1). */
export const RESUMPTION_LABEL: Uint8Array = new TextEncoder().encode("Resumption");

/** SKEYSEED = prf(Ni | Nr, g^ir), and the keys from it (RFC 7296, section 2.14). Wipes the shared secret. */
export function* keysFromSharedSecret(
  suite: IkeSuite,
  sharedSecret: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
): Step<IkeSaKeys> {
  const keyingMaterial = yield* deriveKeys(derivationOf(suite, nonces.joined, [sharedSecret], nonces, spis));
  wipe(sharedSecret);
  return cutKeys(keyingMaterial, suite);
}

/** SKEYSEED = prf(SK_d_old, `data` of Ni | Nr), and the keys from it. With RFC 5723: "Resumption" | Ni | Nr (section 5.1). */
export function* keysFromTicket(
  suite: IkeSuite,
  oldSkD: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
  data: SkeyseedData = standardSkeyseedData,
): Step<IkeSaKeys> {
  return cutKeys(yield* deriveKeys(derivationOf(suite, oldSkD, data(nonces.joined), nonces, spis)), suite);
}

/** What SKEYSEED is made of beside SK_d, of Ni | Nr. */
export type SkeyseedData = (nonces: Uint8Array) => readonly Uint8Array[];

/**
 * As {@link keysFromTicket}, and opens a message of the initiator's by the same request; no `plaintext`: it is not authentic.
 */
export function* keysFromTicketAndOpened(
  suite: IkeSuite,
  oldSkD: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
  message: Pick<OpenRequest, "sealed" | "associatedDataLength">,
  data: SkeyseedData,
): Step<{ readonly keys: IkeSaKeys; readonly plaintext: Uint8Array | undefined }> {
  const { keyingMaterial, plaintext } = yield* deriveAndOpen(
    deriveAndOpenRequest(suite, oldSkD, nonces, spis, message, data),
  );
  return { keys: cutKeys(keyingMaterial, suite), plaintext };
}

/** The request for that. Its keying material is for {@link cutKeys}. */
export function deriveAndOpenRequest(
  suite: IkeSuite,
  oldSkD: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
  { sealed, associatedDataLength }: Pick<OpenRequest, "sealed" | "associatedDataLength">,
  data: SkeyseedData = standardSkeyseedData,
): DeriveAndOpenRequest {
  const { prf, protection } = suite;
  return {
    derivation: derivationOf(suite, oldSkD, data(nonces.joined), nonces, spis),
    protection,
    // SK_ei and SK_ai, where `cutKeys` finds them.
    encryptionKeyOffset: prf.outputLength + 2 * integrityKeyLength(protection),
    integrityKeyOffset: prf.outputLength,
    sealed,
    associatedDataLength,
  };
}

/**
 * SKEYSEED = prf(SK_d of the old IKE SA, g^ir | Ni | Nr [| SK(1) | SK(2) …]) with the old one's prf, and the keys from it with the new one's
 * (RFC 7296, section 2.18; RFC 4718, section 5.5; RFC 9370, section 2.2.4). Wipes the shared secrets.
 *
 * @param further Secrets of additional key exchanges that followed, in their order.
 */
export function* keysFromRekey(
  old: { readonly suite: IkeSuite; readonly keys: IkeSaKeys },
  suite: IkeSuite,
  sharedSecret: Uint8Array,
  nonces: NoncePair,
  spis: SpiPair,
  further: readonly Uint8Array[] = [],
): Step<IkeSaKeys> {
  const seed = yield* prf({ prf: old.suite.prf, key: old.keys.skD, data: [sharedSecret, nonces.joined, ...further] });
  wipe(sharedSecret, ...further);
  const keyingMaterial = yield* prfPlus({
    prf: suite.prf,
    key: seed,
    seed: [nonces.joined, spiOctets(spis)],
    length: keyingMaterialLength(suite),
  });
  wipe(seed);
  return cutKeys(keyingMaterial, suite);
}

/** The same keys, to be handed to listeners: no print and no JSON shows them. */
export function concealedKeys(keys: IkeSaKeys): IkeSaKeys {
  const { skD, skAi, skAr, skEi, skEr, skPi, skPr } = keys;
  return concealing({ skD, skAi, skAr, skEi, skEr, skPi, skPr }, "skD", "skAi", "skAr", "skEi", "skEr", "skPi", "skPr");
}

/** Overwrites all keys of an IKE SA. */
export function wipeIkeSaKeys(keys: IkeSaKeys): void {
  if (keys instanceof CutKeys) wipe(keys.keyingMaterial);
  else wipe(keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr);
}

/** That of RFC 5723, section 5.1. */
export function standardSkeyseedData(nonces: Uint8Array): readonly Uint8Array[] {
  return [RESUMPTION_LABEL, nonces];
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

export function keyingMaterialLength({ prf, protection }: IkeSuite): number {
  return 3 * prf.outputLength + 2 * integrityKeyLength(protection) + 2 * encryptionKeyLength(protection);
}

/** The seven keys of keying material. */
export function cutKeys(keyingMaterial: Uint8Array, suite: IkeSuite): CutKeys {
  return new CutKeys(keyingMaterial, suite);
}

/**
 * Keying material in the order of RFC 7296, section 2.14. A key is cut from it each time when it is asked for: of an IKE SA that is up nobody does
 * for hours, and seven views would take three times as much room as the keys.
 */
export class CutKeys implements IkeSaKeys {
  readonly keyingMaterial: Uint8Array;
  readonly suite: IkeSuite;

  constructor(keyingMaterial: Uint8Array, suite: IkeSuite) {
    this.keyingMaterial = keyingMaterial;
    this.suite = suite;
  }

  get skD(): Uint8Array {
    return this.keyingMaterial.subarray(0, this.#prf);
  }

  get skAi(): Uint8Array {
    return this.#integrityKey(0);
  }

  get skAr(): Uint8Array {
    return this.#integrityKey(1);
  }

  get skEi(): Uint8Array {
    return this.#encryptionKey(0);
  }

  get skEr(): Uint8Array {
    return this.#encryptionKey(1);
  }

  get skPi(): Uint8Array {
    return this.keyingMaterial.subarray(-2 * this.#prf, -this.#prf);
  }

  get skPr(): Uint8Array {
    return this.keyingMaterial.subarray(-this.#prf);
  }

  /** Octets that are of use after IKE_AUTH, which has no more AUTH payloads: all but SK_pi and SK_pr, the last ones. */
  get lastingLength(): number {
    return this.keyingMaterial.length - 2 * this.#prf;
  }

  /** Keys of {@link lastingLength} octets, which are copied: SK_pi and SK_pr are zeros. */
  static ofLasting(lasting: Uint8Array, suite: IkeSuite): CutKeys {
    const keyingMaterial = new Uint8Array(lasting.length + 2 * suite.prf.outputLength);
    keyingMaterial.set(lasting);
    return new CutKeys(keyingMaterial, suite);
  }

  get #prf(): number {
    return this.suite.prf.outputLength;
  }

  #integrityKey(place: 0 | 1): Uint8Array {
    const length = integrityKeyLength(this.suite.protection);
    if (length === 0) return NO_KEY;
    const start = this.#prf + place * length;
    return this.keyingMaterial.subarray(start, start + length);
  }

  #encryptionKey(place: 0 | 1): Uint8Array {
    const { protection } = this.suite;
    const length = encryptionKeyLength(protection);
    const start = this.#prf + 2 * integrityKeyLength(protection) + place * length;
    return this.keyingMaterial.subarray(start, start + length);
  }
}

const NO_KEY = new Uint8Array(0);

function spiOctets({ initiatorSpi, responderSpi }: SpiPair): Uint8Array {
  spiView.setBigUint64(0, initiatorSpi);
  spiView.setBigUint64(8, responderSpi);
  const octets = passing.take(spiBuffer.length);
  octets.set(spiBuffer);
  return octets;
}

/** One view for all: a DataView of each pair would take longer than the copy of sixteen octets. */
const spiBuffer = new Uint8Array(16);
const spiView = new DataView(spiBuffer.buffer);
