/**
 * How a client proves itself in IKE_AUTH (RFC 7296, section 2.15; RFC 5723, section 4.3.3).
 *
 * @module
 */
import { copyIdentity, type Identity, sameIdentity } from "../../ticket/identity.ts";
import { AuthenticationMethod } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { type Credential, verifyAuthentication } from "../authentication.ts";
import type { IkeSaKeys } from "../ike_sa_keys.ts";
import type { Instant } from "../instant.ts";
import { findPayload } from "../notify.ts";
import { claimTicket, type Step } from "../step.ts";
import type { AwaitingAuth, ResponderContext } from "./state.ts";

/** An authentication for a client that is not known is checked against this key, so that its time does not tell so. */
const NOBODYS_KEY = new Uint8Array(32);

/** The client's identity, once it has proven it; `undefined` when anything about the proof is wrong. */
export function* authenticateInitiator(
  { first, presented }: AwaitingAuth,
  keys: IkeSaKeys,
  payloads: readonly Payload[],
  { configuration, now }: ResponderContext,
): Step<Identity | undefined> {
  const claimed = findPayload(payloads, "IDi");
  const auth = findPayload(payloads, "AUTH");
  if (!claimed || auth?.method !== AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE) return undefined;
  const identity = copyIdentity(claimed);
  const looked = configuration.presharedKeyOf(identity);
  // Everyone knows the empty key: a lookup that comes back with it has found nothing.
  const presharedKey = looked?.length === 0 ? undefined : looked;
  const credential: Credential = presented
    ? { kind: "resumption", form: configuration.resumptionAuthenticationOf(presented.state.initiatorId) }
    : { kind: "shared-key", presharedKey: presharedKey ?? NOBODYS_KEY };
  const content = {
    prf: first.suite.prf,
    skP: keys.skPi,
    realMessage: first.initiatorMessage,
    peerNonce: first.nonces.responderNonce,
    identity,
  };
  const proven = yield* verifyAuthentication(credential, content, auth.data);
  if (!proven || presharedKey === undefined) return undefined;
  if (presented === undefined) return identity;
  return (yield* mayResume(presented, identity, payloads, now)) ? identity : undefined;
}

/** The rules of RFC 5723, section 4.3.3: identities as in the ticket, no certificate. Then, and only then, the ticket is used. */
function* mayResume(
  { ticketId, state }: NonNullable<AwaitingAuth["presented"]>,
  identity: Identity,
  payloads: readonly Payload[],
  now: Instant,
): Step<boolean> {
  if (!sameIdentity(identity, state.initiatorId)) return false;
  const requestedId = findPayload(payloads, "IDr");
  if (requestedId && !sameIdentity(requestedId, state.responderId)) return false;
  if (findPayload(payloads, "CERT")) return false;
  // Claims are remembered as long as tickets live: one that expired since it was opened may have been claimed and forgotten.
  if (now.epochSeconds >= state.expiresAtEpochSeconds) return false;
  return yield* claimTicket({ ticketId, expiresAtEpochSeconds: state.expiresAtEpochSeconds });
}
