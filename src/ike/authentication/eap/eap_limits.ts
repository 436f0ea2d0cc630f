/**
 * What both ends allow an EAP method.
 *
 * @module
 */
import { MSK_LENGTH } from "./eap_method.ts";

/** What one conversation may take at a gateway, whatever the method. */
export interface EapLimits {
  /** Requests in one conversation, 1 to 100: it fails at the next. */
  readonly maximumRounds: number;
  /**
   * Whether a method that makes no key will do. AUTH is then made with SK_pi and SK_pr (RFC 7296, section 2.16), which does not
   * tie the method to the IKE SA: an attacker who can make a client run the method elsewhere can come in as that client.
   */
  readonly acceptMethodWithoutKey: boolean;
}

/** More rounds than any method in use takes, EAP-TLS with long chains included (RFC 9190, section 2.1), and no method without a key. */
export const DEFAULT_EAP_LIMITS: EapLimits = { maximumRounds: 50, acceptMethodWithoutKey: false };

const MOST_ROUNDS = 100;

/** @throws {RangeError} `maximumRounds` is out of range. */
export function checkEapLimits({ maximumRounds }: EapLimits): void {
  if (Number.isInteger(maximumRounds) && maximumRounds >= 1 && maximumRounds <= MOST_ROUNDS) return;
  throw new RangeError(`EAP: maximumRounds is ${maximumRounds}, expected a whole number from 1 to ${MOST_ROUNDS}`);
}

/** Whether the key that a method has made, or its absence, will do to authenticate both ends. */
export function isKeyEnough(msk: Uint8Array | undefined, { acceptMethodWithoutKey }: EapLimits): boolean {
  return msk === undefined ? acceptMethodWithoutKey : msk.length >= MSK_LENGTH;
}
