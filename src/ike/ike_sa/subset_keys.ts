/**
 * The first keys of draft-sheffer-ipsec-failover-03: those of the "subset" IKE SA that protects the exchange in which a ticket is presented
 * (section 4.2.1).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import { wipe } from "../../crypto/wipe.ts";
import { prfPlus, type Step } from "../steps/step.ts";
import type { IkeSaKeys } from "./ike_sa_keys.ts";
import type { IkeSuite } from "./suite.ts";

export interface SubsetKeys {
  /** SK_d2, SK_ai, SK_ar, SK_ei and SK_er. There are no SK_p: nobody sends AUTH. */
  readonly keys: IkeSaKeys;
  /** What IVs are made with; see `message/lone_message.ts`. */
  readonly ivKey: Uint8Array;
}

const NO_KEY = new Uint8Array(0);

/**
 * {SK_d2 | SK_ai | SK_ar | SK_ei | SK_er} = prf+(SK_d_old, Ni). The key of IVs is what prf+ gives behind them, which the draft has no use for: the five
 * keys are the draft's.
 */
export function* subsetKeys(suite: IkeSuite, oldSkD: Uint8Array, initiatorNonce: Uint8Array): Step<SubsetKeys> {
  const { prf, protection } = suite;
  const [integrity, encryption] = [integrityKeyLength(protection), encryptionKeyLength(protection)];
  const lengths = [prf.outputLength, integrity, integrity, encryption, encryption, prf.outputLength];
  const length = lengths.reduce((sum, one) => sum + one);
  const material = yield* prfPlus({ prf, key: oldSkD, seed: [initiatorNonce], length });
  let end = 0;
  const [skD, skAi, skAr, skEi, skEr, ivKey] = lengths.map((one) => material.subarray(end, end += one));
  return { keys: { skD, skAi, skAr, skEi, skEr, skPi: NO_KEY, skPr: NO_KEY }, ivKey };
}

export function wipeSubsetKeys({ keys: { skD, skAi, skAr, skEi, skEr }, ivKey }: SubsetKeys): void {
  wipe(skD, skAi, skAr, skEi, skEr, ivKey);
}
