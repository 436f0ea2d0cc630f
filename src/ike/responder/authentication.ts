/**
 * How a client proves itself in IKE_AUTH: by a shared key (RFC 7296, section 2.15), by a ticket (RFC 5723, section 4.3.3), or after EAP
 * (RFC 7296, section 2.16).
 *
 * @module
 */
import { copyIdentity, type Identity, sameIdentity } from "../../ticket/identity.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import { AuthenticationMethod } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { type Credential, type SignedContent, verifyAuthentication } from "../authentication.ts";
import type { Datagram } from "../datagram.ts";
import type { FirstExchange } from "../first_exchange.ts";
import type { IkeSaKeys } from "../ike_sa_keys.ts";
import { findPayload } from "../notify.ts";
import type { Step } from "../step.ts";
import { authorize, certificatesOf, itemsAfterResumption, refusalOfResumption } from "./policy.ts";
import type { AwaitingAuth, AwaitingEap, ResponderContext } from "./state.ts";

const { SHARED_KEY_MESSAGE_INTEGRITY_CODE } = AuthenticationMethod;

/** An authentication for a client that is not known is checked against this key, so that its time does not tell so. */
const NOBODYS_KEY = new Uint8Array(32);

/** A client that has proven itself and may come in. */
export interface ProvenClient {
  readonly initiatorId: Identity;
  /** What the gateway proves itself with in return. */
  readonly credential: Credential;
  readonly authenticationMethod: number;
  /** What its tickets are to tell of it. */
  readonly items: TicketItems;
}

/** The client, once it has proven itself; `undefined` when anything about the proof is wrong, or policy does not let it in. */
export function* authenticateInitiator(
  { first, presented }: AwaitingAuth,
  keys: IkeSaKeys,
  payloads: readonly Payload[],
  { remote }: Datagram,
  context: ResponderContext,
): Step<ProvenClient | undefined> {
  const { configuration, now } = context;
  const claimed = findPayload(payloads, "IDi");
  if (!claimed) return undefined;
  const initiatorId = copyIdentity(claimed);
  const looked = presented ? undefined : configuration.presharedKeyOf(initiatorId);
  // Everyone knows the empty key: a lookup that comes back with it has found nothing.
  const presharedKey = looked?.length === 0 ? undefined : looked;
  const credential: Credential = presented
    ? { kind: "resumption", form: configuration.resumptionAuthenticationOf(presented.state.initiatorId) }
    : { kind: "shared-key", presharedKey: presharedKey ?? NOBODYS_KEY };
  if (!(yield* isProven(credential, first, keys, initiatorId, payloads))) return undefined;

  if (presented === undefined) {
    if (presharedKey === undefined) return undefined;
    const items = authorize({
      identity: initiatorId,
      initiatorId,
      authenticationMethod: SHARED_KEY_MESSAGE_INTEGRITY_CODE,
      authenticatedAtEpochSeconds: now.epochSeconds,
      certificates: certificatesOf(payloads),
      remote,
    }, configuration);
    return items && { initiatorId, credential, authenticationMethod: SHARED_KEY_MESSAGE_INTEGRITY_CODE, items };
  }
  const { state } = presented;
  // The message may have come from elsewhere than the ticket, and policy may have changed since.
  if (refusalOfResumption(state, remote, configuration) !== undefined) return undefined;
  if (!mayResume(presented, initiatorId, payloads, context)) return undefined;
  const items = itemsAfterResumption(state, remote, configuration);
  return { initiatorId, credential, authenticationMethod: state.authenticationMethod, items };
}

/** The client, once it has shown that it shares the key which the EAP method has made (RFC 7296, section 2.16). */
export function* authenticateAfterEap(
  { first, keys, initiatorId, requested, server, success }: AwaitingEap,
  payloads: readonly Payload[],
  { remote }: Datagram,
  { configuration, now }: ResponderContext,
): Step<ProvenClient | undefined> {
  if (success === undefined) return undefined;
  const initiatorKey: Credential = { kind: "shared-key", presharedKey: success.msk ?? keys.skPi };
  if (!(yield* isProven(initiatorKey, first, keys, initiatorId, payloads))) return undefined;
  const { identity = initiatorId } = success;
  const items = authorize({
    identity: copyIdentity(identity),
    initiatorId,
    authenticationMethod: SHARED_KEY_MESSAGE_INTEGRITY_CODE,
    eapType: server.type,
    authenticatedAtEpochSeconds: now.epochSeconds,
    certificates: certificatesOf(requested),
    remote,
  }, configuration);
  const credential: Credential = { kind: "shared-key", presharedKey: success.msk ?? keys.skPr };
  return items && { initiatorId, credential, authenticationMethod: SHARED_KEY_MESSAGE_INTEGRITY_CODE, items };
}

function* isProven(
  credential: Credential,
  first: FirstExchange,
  keys: IkeSaKeys,
  initiatorId: Identity,
  payloads: readonly Payload[],
): Step<boolean> {
  const auth = findPayload(payloads, "AUTH");
  if (auth?.method !== SHARED_KEY_MESSAGE_INTEGRITY_CODE) return false;
  const content: SignedContent = {
    prf: first.suite.prf,
    skP: keys.skPi,
    realMessage: first.initiatorMessage,
    peerNonce: first.nonces.responderNonce,
    identity: initiatorId,
  };
  return yield* verifyAuthentication(credential, content, auth.data);
}

/** The rules of RFC 5723, section 4.3.3: identities as in the ticket, no certificate. */
function mayResume(
  { state }: NonNullable<AwaitingAuth["presented"]>,
  identity: Identity,
  payloads: readonly Payload[],
  { now, revokedIdentities }: ResponderContext,
): boolean {
  if (!sameIdentity(identity, state.initiatorId)) return false;
  const requestedId = findPayload(payloads, "IDr");
  if (requestedId && !sameIdentity(requestedId, state.responderId)) return false;
  if (findPayload(payloads, "CERT")) return false;
  // Claims are remembered as long as tickets live: one that expired since it was opened may have been claimed and forgotten.
  return now.epochSeconds < state.expiresAtEpochSeconds && !revokedIdentities.has(state);
}
