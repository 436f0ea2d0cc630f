/**
 * What AUTH covers, and how its data is made and checked: with a shared key (RFC 7296, section 2.15) and after resumption (RFC
 * 5723, section 4.3.3).
 *
 * @module
 */
import type { PrfAlgorithm } from "../../crypto/algorithms.ts";
import type { AuthenticateRequest, SignedOctets } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { Identity } from "../../ticket/identity.ts";
import { concatenate } from "../../wire/octets.ts";
import { encodeIdentificationBody } from "../../wire/payloads/identification.ts";
import { prf, type Step, verifyMac } from "../steps/step.ts";

/** What an end proves itself with. */
export type Credential =
  | { readonly kind: "shared-key"; readonly presharedKey: Uint8Array }
  /** Knowledge of the keys that the ticket's SK_d led to is the proof. */
  | { readonly kind: "resumption"; readonly form?: ResumptionAuthentication };

/**
 * What AUTH covers after IKE_SESSION_RESUME.
 *
 * - `"rfc5723"`, the standard's form and the default: message, the other end's nonce, and the own identity under SK_px (RFC 5723, section
 *   4.3.3, which refers to RFC 4306, section 2.15).
 * - `"message-only"`: the message alone, as Libreswan 5 computes it. The keys still come from both nonces and the ticket, and a ticket names
 *   its identities; but AUTH itself then vouches neither for the nonce nor for the identity. For such peers only.
 */
export type ResumptionAuthentication = "rfc5723" | "message-only";

export const RESUMPTION_AUTHENTICATIONS: readonly ResumptionAuthentication[] = ["rfc5723", "message-only"];

/** What one end's AUTH covers, besides its credential. */
export interface SignedContent {
  readonly prf: PrfAlgorithm;
  /** SK_pi for the initiator's AUTH, SK_pr for the responder's. */
  readonly skP: Uint8Array;
  /** The first message that this end sent, as it stood on the wire, without the non-ESP marker (RFC 4718, section 3.1). */
  readonly realMessage: Uint8Array;
  /** The other end's nonce, without its payload header. */
  readonly peerNonce: Uint8Array;
  readonly identity: Identity;
  /** IntAuth of the IKE_INTERMEDIATE exchanges, if there were any (RFC 9242, section 3.3.2). */
  readonly intAuth?: Uint8Array;
}

/** "Key Pad for IKEv2" in ASCII, 17 octets without a terminator (RFC 7296, section 2.15). */
const KEY_PAD = new TextEncoder().encode("Key Pad for IKEv2");

/**
 * The request that both checks the other end's AUTH and makes this end's, where the two are in the standard's form after
 * resumption.
 *
 * @param theirAuth the data of the AUTH payload that came.
 */
export function authenticateRequest(
  theirs: SignedContent,
  theirAuth: Uint8Array,
  ours: SignedContent,
  expansion: AuthenticateRequest["expansion"],
): AuthenticateRequest {
  return { prf: ours.prf, theirs: partsOf(theirs), theirAuth, ours: partsOf(ours), expansion };
}

function partsOf({ skP, realMessage, peerNonce, identity }: SignedContent): SignedOctets {
  return { key: skP, realMessage, peerNonce, restOfIdPayload: encodeIdentificationBody(identity) };
}

/** The data of this end's AUTH payload. */
export function* authenticate(credential: Credential, content: SignedContent): Step<Uint8Array> {
  const data = yield* signedOctets(credential, content);
  const key = yield* authenticationKey(credential, content);
  const auth = yield* prf({ prf: content.prf, key, data });
  forgetKey(credential, key);
  return auth;
}

/** Whether `auth` is the data of the AUTH payload that the other end should have sent. Compared in constant time. */
export function* verifyAuthentication(credential: Credential, content: SignedContent, auth: Uint8Array): Step<boolean> {
  const data = yield* signedOctets(credential, content);
  const key = yield* authenticationKey(credential, content);
  const valid = yield* verifyMac({ prf: content.prf, key, data, mac: auth });
  forgetKey(credential, key);
  return valid;
}

/** The same octets as one array, for a signature. */
export function* signedOctetsOf(content: SignedContent): Step<Uint8Array> {
  const parts = yield* signedOctets(undefined, content);
  return concatenate(parts);
}

/** <SignedOctets> = RealMessage | NonceData of the peer | prf(SK_px, RestOfIDPayload): RFC 7296, section 2.15. */
function* signedOctets(credential: Credential | undefined, content: SignedContent): Step<readonly Uint8Array[]> {
  if (credential?.kind === "resumption" && credential.form === "message-only") return [content.realMessage];
  const restOfIdPayload = encodeIdentificationBody(content.identity);
  const macedId = yield* prf({ prf: content.prf, key: content.skP, data: [restOfIdPayload] });
  const { realMessage, peerNonce, intAuth } = content;
  return intAuth === undefined ? [realMessage, peerNonce, macedId] : [realMessage, peerNonce, macedId, intAuth];
}

function* authenticationKey(credential: Credential, content: SignedContent): Step<Uint8Array> {
  switch (credential.kind) {
    case "shared-key":
      return yield* prf({ prf: content.prf, key: credential.presharedKey, data: [KEY_PAD] });
    case "resumption":
      return content.skP;
  }
}

/** The key made of a shared key serves one AUTH; SK_px belongs to the IKE SA. */
function forgetKey(credential: Credential, key: Uint8Array): void {
  if (credential.kind === "shared-key") wipe(key);
}
