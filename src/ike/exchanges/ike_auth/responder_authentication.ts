/**
 * How a client proves itself in IKE_AUTH: by a shared key (RFC 7296, section 2.15), by a ticket (RFC 5723, section 4.3.3), or after EAP
 * (RFC 7296, section 2.16). By certificate: `responder_certificate.ts`.
 *
 * @module
 */
import type { Authenticated } from "../../../crypto/provider.ts";
import { wipe } from "../../../crypto/wipe.ts";
import { copyIdentity, type Identity, sameIdentity } from "../../../ticket/identity.ts";
import type { TicketItems } from "../../../ticket/ticket_items.ts";
import type { Payload } from "../../../wire/payload.ts";
import { authDataOf, AUTHENTICATION_METHOD } from "../../authentication/auth_payload.ts";
import { authenticateRequest, type Credential, verifyAuthentication } from "../../authentication/signed_content.ts";
import { keymatRequest } from "../../child_sa/child_sa_keys.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { NoncePair } from "../../ike_sa/nonces.ts";
import { findPayload } from "../../message/notify.ts";
import { authorize, certificatesOf, itemsAfterResumption, refusalOfResumption } from "../../policy/client_policy.ts";
import type { LaterAnswers } from "../../policy/later_answers.ts";
import type { ResumptionProfile } from "../../profiles/resumption_profile.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import type { AwaitingEap, PresentedTicket } from "../../states/responder_state.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import { authenticate, type Step } from "../../steps/step.ts";
import type { ResponderContext } from "../responder_context.ts";
import { initiatorContent, responderContent } from "./auth_content.ts";
import type { OwnProof } from "./certificate_proof.ts";
import type { ChildSaChoice } from "./first_child_sa.ts";
import { authenticateByCertificate, isByCertificate } from "./responder_certificate.ts";

/** The AUTH of an unknown client is checked against this key, so that the time it takes does not give that away. */
const NOBODYS_KEY = new Uint8Array(32);

/** A client that has proven itself and may come in. */
export interface ProvenClient {
  readonly initiatorId: Identity;
  /**
   * What the gateway proves itself with in return; or its proof already: by certificate, or AUTH and KEYMAT of the first Child SA if one was chosen.
   */
  readonly inReturn: Credential | Authenticated | OwnProof;
  readonly authenticationMethod: number;
  /** What its tickets are to tell of it. */
  readonly items: TicketItems;
}

/** An IKE_AUTH request that opened: who sent it is yet to be proven. */
export interface UnprovenRequest {
  readonly first: FirstExchange;
  readonly presented?: PresentedTicket;
  readonly keys: IkeSaKeys;
  /** Where the request came from. */
  readonly remote: Endpoint;
  readonly payloads: readonly Payload[];
  /** The choice from its offer for the first Child SA. */
  readonly childSaChoice: ChildSaChoice | undefined;
  /** Those of the Child SA, where it has its own. */
  readonly childNonces?: NoncePair;
}

/** Nobody who may come in. `reason`: why, where there is more to tell people than that the proof is wrong. */
export interface NotProven {
  readonly reason?: string;
}

/**
 * The client, once it has proven itself; else anything about the proof is wrong, or policy does not let it in.
 *
 * @param policy is asked all that there is to ask, so that nothing has to be waited for once the client comes up.
 */
export function* authenticateInitiator(
  request: UnprovenRequest,
  policy: LaterAnswers,
  context: ResponderContext,
): Step<ProvenClient | NotProven | undefined> {
  const claimed = findPayload(request.payloads, "IDi");
  if (!claimed) return undefined;
  const initiatorId = copyIdentity(claimed);
  const { presented, first: { keySource } } = request;
  if (presented && keySource.kind === "ticket") {
    return yield* authenticateByTicket(request, { presented, profile: keySource.profile }, initiatorId, policy, context);
  }
  return isByCertificate(request.payloads, context)
    ? yield* authenticateByCertificate(request, initiatorId, policy, context)
    : yield* authenticateBySharedKey(request, initiatorId, policy, context);
}

function* authenticateBySharedKey(
  { first, keys, remote, payloads }: UnprovenRequest,
  initiatorId: Identity,
  policy: LaterAnswers,
  { now }: ResponderContext,
): Step<ProvenClient | undefined> {
  const looked = yield* policy.ask(({ presharedKeyOf }) => presharedKeyOf(initiatorId));
  // Everyone knows the empty key: a lookup that comes back with it has found nothing.
  const presharedKey = looked?.length === 0 ? undefined : looked;
  const inReturn: Credential = { kind: "shared-key", presharedKey: presharedKey ?? NOBODYS_KEY };
  if (!(yield* isProven(inReturn, first, keys, initiatorId, payloads))) return undefined;
  if (presharedKey === undefined) return undefined;
  const client = {
    identity: initiatorId,
    initiatorId,
    authenticationMethod: AUTHENTICATION_METHOD,
    authenticatedAtEpochSeconds: now.epochSeconds,
    certificates: certificatesOf(payloads),
    remote,
  };
  const items = yield* policy.ask((asked) => authorize(client, asked));
  return items && { initiatorId, inReturn, authenticationMethod: AUTHENTICATION_METHOD, items };
}

function* authenticateByTicket(
  request: UnprovenRequest,
  { presented, profile }: { readonly presented: PresentedTicket; readonly profile: ResumptionProfile },
  initiatorId: Identity,
  policy: LaterAnswers,
  context: ResponderContext,
): Step<ProvenClient | undefined> {
  const { state } = presented;
  const { remote } = request;
  const form = yield* policy.ask(({ resumptionAuthenticationOf }) => resumptionAuthenticationOf(state.initiatorId));
  if (form === undefined) return undefined;
  const inReturn = form === "message-only"
    ? yield* proofInMessageOnly(request, initiatorId)
    : yield* proofsTogether(request, initiatorId, responderIdOf(presented, profile, context));
  if (inReturn === undefined) return undefined;
  // Once what was made is waited for no more: the question may be asked again.
  const admitted = yield* keymatGuarded(
    inReturn,
    policy.ask((configuration) =>
      admittedByTicket(presented, initiatorId, request.payloads, remote, profile, { ...context, configuration })
    ),
  );
  if (admitted === undefined) forgetKeymat(inReturn);
  return admitted && { ...admitted, inReturn };
}

/**
 * A client whose proof is right, if its ticket and policy let it in.
 *
 * @throws {AnsweredLater} policy has to be waited for.
 */
export function admittedByTicket(
  presented: PresentedTicket,
  initiatorId: Identity,
  payloads: readonly Payload[],
  remote: Endpoint,
  profile: ResumptionProfile,
  context: ResponderContext,
): Omit<ProvenClient, "inReturn"> | undefined {
  const { state } = presented;
  const { configuration, now } = context;
  // The message may have come from elsewhere than the ticket, and policy may have changed since.
  const isAdmitted = refusalOfResumption(state, remote, now, configuration) === undefined &&
    mayResume(presented, initiatorId, payloads, profile, context);
  if (!isAdmitted) return undefined;
  const items = itemsAfterResumption(state, remote, configuration);
  return { initiatorId, authenticationMethod: state.authenticationMethod, items };
}

/** The client, once it has shown that it shares the key which the EAP method has made (RFC 7296, section 2.16). */
export function* authenticateAfterEap(
  { first, keys, initiatorId, requested, server, success }: AwaitingEap,
  payloads: readonly Payload[],
  remote: Endpoint,
  policy: LaterAnswers,
  { now }: ResponderContext,
): Step<ProvenClient | undefined> {
  if (success === undefined) return undefined;
  const initiatorKey: Credential = { kind: "shared-key", presharedKey: success.msk ?? keys.skPi };
  if (!(yield* isProven(initiatorKey, first, keys, initiatorId, payloads))) return undefined;
  const { identity = initiatorId } = success;
  const client = {
    identity: copyIdentity(identity),
    initiatorId,
    authenticationMethod: AUTHENTICATION_METHOD,
    eapType: server.type,
    authenticatedAtEpochSeconds: now.epochSeconds,
    certificates: success.certificates ?? certificatesOf(requested),
    certificatesEndAtEpochSeconds: success.certificatesEndAtEpochSeconds,
    certificateNames: success.certificateNames,
    remote,
  };
  const items = yield* policy.ask((asked) => authorize(client, asked));
  const inReturn: Credential = { kind: "shared-key", presharedKey: success.msk ?? keys.skPr };
  return items && { initiatorId, inReturn, authenticationMethod: AUTHENTICATION_METHOD, items };
}

/** Wipes KEYMAT that no Child SA came of. */
export function forgetKeymat(inReturn: ProvenClient["inReturn"]): void {
  if ("keyingMaterial" in inReturn) wipe(inReturn.keyingMaterial);
}

/** The same step, which may wait. KEYMAT is wiped where it never comes to its end. */
export function* keymatGuarded<T>(inReturn: ProvenClient["inReturn"], step: Step<T>): Step<T> {
  let isOver = false;
  try {
    const result = yield* step;
    isOver = true;
    return result;
  } finally {
    if (!isOver) forgetKeymat(inReturn);
  }
}

function* isProven(
  credential: Credential,
  first: FirstExchange,
  keys: IkeSaKeys,
  initiatorId: Identity,
  payloads: readonly Payload[],
): Step<boolean> {
  const auth = authDataOf(payloads);
  return auth !== undefined && (yield* verifyAuthentication(credential, initiatorContent(first, keys, initiatorId), auth));
}

/** IDr of the answer: the ticket's, or this gateway's own. */
export function responderIdOf(
  { state }: PresentedTicket,
  { bindsResponderId }: ResumptionProfile,
  { configuration }: Pick<ResponderContext, "configuration">,
): Identity {
  return bindsResponderId ? state.responderId : configuration.identity;
}

function* proofInMessageOnly(
  { first, keys, payloads }: UnprovenRequest,
  initiatorId: Identity,
): Step<Credential | undefined> {
  const credential: Credential = { kind: "resumption", form: "message-only" };
  return (yield* isProven(credential, first, keys, initiatorId, payloads)) ? credential : undefined;
}

/** In the standard's form the client's proof is checked, and the gateway's and KEYMAT are made, in one request. */
function* proofsTogether(
  { first, keys, payloads, childSaChoice, childNonces = first.nonces }: UnprovenRequest,
  initiatorId: Identity,
  responderId: Identity,
): Step<Authenticated | undefined> {
  const auth = authDataOf(payloads);
  if (auth === undefined) return undefined;
  const theirs = initiatorContent(first, keys, initiatorId);
  const ours = responderContent(first, keys, responderId);
  const expansion = childSaChoice && keymatRequest(first.suite, keys.skD, childNonces, childSaChoice.suite);
  return yield* authenticate(authenticateRequest(theirs, auth, ours, expansion));
}

/** The rules of RFC 5723, section 4.3.3: identities as in the ticket, no certificate. */
function mayResume(
  { state }: PresentedTicket,
  identity: Identity,
  payloads: readonly Payload[],
  { bindsResponderId }: ResumptionProfile,
  { now, revokedIdentities }: ResponderContext,
): boolean {
  if (!sameIdentity(identity, state.initiatorId)) return false;
  const requestedId = findPayload(payloads, "IDr");
  if (bindsResponderId && requestedId && !sameIdentity(requestedId, state.responderId)) return false;
  if (findPayload(payloads, "CERT")) return false;
  // Claims are remembered as long as tickets live: a ticket that expired since it was opened may have been claimed and
  // forgotten.
  return now.epochSeconds < state.expiresAtEpochSeconds && !revokedIdentities.has(state);
}
