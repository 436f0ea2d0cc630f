/**
 * The outcome of IKE_SA_INIT or IKE_SESSION_RESUME, on which IKE_AUTH builds: the two exchanges are equivalent (RFC 5723,
 * section 4.3.2) and differ in where the keys come from.
 *
 * @module
 */
import { type KeyPair, wipeKeyPair } from "../../crypto/key_exchange.ts";
import { wipe } from "../../crypto/wipe.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { type IkeSaKeys, keysFromSharedSecret, keysFromTicket } from "../ike_sa/ike_sa_keys.ts";
import type { NoncePair } from "../ike_sa/nonces.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { longestMessageOf } from "../message/fragmentation.ts";
import { type FragmentBudget, FragmentBuffer } from "../message/fragments.ts";
import type { NatStatus } from "../message/nat_detection.ts";
import { findNotify, notify } from "../message/notify.ts";
import type { ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Path } from "../steps/datagram.ts";
import type { IntermediateProgress } from "./intermediate.ts";
import { agree, type Step } from "../steps/step.ts";

/** Octets of the nonces that this end makes: half the key of the longest prf (RFC 7296, section 2.10). */
export const NONCE_LENGTH = 32;

export interface FirstExchange {
  readonly spis: SpiPair;
  readonly suite: IkeSuite;
  readonly nonces: NoncePair;
  /** RealMessage1 and RealMessage2 of RFC 7296, section 2.15. */
  readonly initiatorMessage: Uint8Array;
  readonly responderMessage: Uint8Array;
  readonly nat: NatStatus;
  /** Responder: the way the request came. */
  readonly cameBy?: Path;
  readonly keySource: KeySource;
  /** The additional key exchanges that are over, each by an IKE_INTERMEDIATE (RFC 9370). */
  readonly intermediate?: IntermediateProgress;
  /**
   * Initiator: the request was sent without a cookie, then with one. The answer does not tell which it is to: if it is to the first, the
   * ends do not agree on RealMessage1.
   */
  readonly requestAmbiguous?: boolean;
  /** Gateway: the client follows to another one (RFC 5685). */
  readonly followsRedirects?: true;
  /** Initiator: the gateway also makes IKE SAs without a Child SA (RFC 6023). */
  readonly offersChildless?: true;
  /** Where fragments wait, if both ends said that they put them together (RFC 7383, section 2.3). */
  readonly fragments?: FragmentBuffer;
}

/** N(IKEV2_FRAGMENTATION_SUPPORTED): this end puts fragments together, and cuts what is too long, if the other end says so too. */
export function fragmentationPayload(): NotifyPayload {
  return notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
}

/**
 * Where fragments wait, if the peer may send any, having said in its message that it knows of them.
 *
 * @param fragmentSize octets of the longest IP packet that this end sends.
 * @param budget what all IKE SAs of this end may hold together.
 */
export function fragmentsFrom(
  payloads: readonly Payload[],
  { fragmentSize }: { readonly fragmentSize: number },
  budget?: FragmentBudget,
): FragmentBuffer | undefined {
  const isKnown = findNotify(payloads, NotifyType.IKEV2_FRAGMENTATION_SUPPORTED) !== undefined;
  return isKnown ? new FragmentBuffer(longestMessageOf(fragmentSize), budget) : undefined;
}

/** A nonce of so many octets that the peer made has at least half the key of the prf (RFC 7296, section 2.10; RFC 4718, section 7.4). */
export function isNonceLongEnough(length: number, { prf }: IkeSuite): boolean {
  return 2 * length >= prf.outputLength;
}

export type KeySource =
  | { readonly kind: "key-exchange"; readonly pair: KeyPair; readonly peerPublicValue: Uint8Array }
  | { readonly kind: "ticket"; readonly oldSkD: Uint8Array; readonly profile: ResumptionProfile };

/** The keys of the IKE SA in the making. `undefined`: the peer's public value is not valid (RFC 6989). */
export function* establishKeys({ suite, nonces, spis, keySource }: FirstExchange): Step<IkeSaKeys | undefined> {
  switch (keySource.kind) {
    case "key-exchange": {
      const sharedSecret = yield* agree(keySource);
      return sharedSecret && (yield* keysFromSharedSecret(suite, sharedSecret, nonces, spis));
    }
    case "ticket":
      return yield* keysFromTicket(suite, keySource.oldSkD, nonces, spis, keySource.profile.skeyseedData);
  }
}

/**
 * Forgets what the keys were made of: the private value, or the SK_d of the ticket. To be called in the same turn in which the state
 * that holds the keys takes the old one's place: what is wiped can make no keys again.
 */
export function forgetKeySource({ keySource }: FirstExchange): void {
  if (keySource.kind === "key-exchange") wipeKeyPair(keySource.pair);
  else wipe(keySource.oldSkD);
}
