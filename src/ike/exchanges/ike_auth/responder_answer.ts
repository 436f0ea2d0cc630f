/**
 * What an IKE_AUTH request leads to in the end: an IKE SA that is up, or a refusal.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { authPayload } from "../../authentication/auth_payload.ts";
import { authenticate, type SignedContent } from "../../authentication/signed_content.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { NoncePair } from "../../ike_sa/nonces.ts";
import { findNotify } from "../../message/notify.ts";
import { identityOf, type ProtectionContext, type SealCounter, sealMessage } from "../../message/protected_message.ts";
import { redirect } from "../../message/redirect_notifies.ts";
import type { ResponderConfiguration } from "../../policy/responder_configuration.ts";
import { reauthenticationOf } from "../../policy/reauthentication.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import { firstAuthMessageId } from "../../states/intermediate.ts";
import { lifeLimitsOf } from "../../states/life_limits.ts";
import type { AwaitingAuth, PresentedTicket } from "../../states/responder_state.ts";
import { newTicketSeries, type TicketSeries } from "../../states/ticket_series.ts";
import { encapsulatesEsp, metAt } from "../../states/peer_path.ts";
import type { Path } from "../../steps/datagram.ts";
import { settled, type Step } from "../../steps/step.ts";
import { roomBeside } from "../../tickets/ticket_limits.ts";
import { finishTicket, ticketRefusal, useTicketFor } from "../../tickets/ticket_request.ts";
import { draftTicket } from "../../tickets/ticket_draft.ts";
import { authLifetimePayloads } from "../authentication_lifetime.ts";
import { mobilityAnswer } from "../mobility_agreement.ts";
import type { ResponderContext } from "../responder_context.ts";
import { type ChildSaChoice, createChildSa } from "./first_child_sa.ts";
import { responderContent } from "./auth_content.ts";
import type { AuthAnswer } from "./auth_answer.ts";
import { claimOf, refusalPayloads, refuse, refuseClaim, responseHeaderOf } from "./responder_refusal.ts";
import { forgetKeymat, type ProvenClient, responderIdOf } from "./responder_authentication.ts";
import { establishedBy } from "./responder_up.ts";

/** An IKE_AUTH request whose sender has proven itself. */
export interface ProvenRequest {
  readonly first: FirstExchange;
  readonly presented?: PresentedTicket;
  readonly sealed: SealCounter;
  readonly keys: IkeSaKeys;
  readonly protection: ProtectionContext;
  readonly message: Message;
  /** Where the client is met from now on. */
  readonly path: Path;
  /** What the client wants: the payloads of its first IKE_AUTH request. */
  readonly requested: readonly Payload[];
  readonly client: ProvenClient;
  /** The choice from its offer for the first Child SA. */
  readonly childSaChoice: ChildSaChoice | undefined;
  /** The half-open IKE SA, where the client presented a ticket, should it have to send the request again. */
  readonly unanswered?: AwaitingAuth;
  /** Ni2 and Nr2, where IKE_AUTH came in CREATE_CHILD_SA. */
  readonly childNonces?: NoncePair;
}

/** The last response of IKE_AUTH: AUTH, the Child SA, the ticket. IDr stands in the first one, which may be the same. */
export function* establish(request: ProvenRequest, context: ResponderContext): Step<AuthAnswer> {
  let isChildUp = false;
  try {
    const answer = yield* establishIkeSa(request, context);
    isChildUp = answer.kind === "established" && answer.next.childSas.length > 0;
    return answer;
  } finally {
    if (!isChildUp) forgetKeymat(request.client.inReturn);
  }
}

function* establishIkeSa(request: ProvenRequest, context: ResponderContext): Step<AuthAnswer> {
  const { first, presented, sealed, keys, protection, message, path, requested, client, childSaChoice, childNonces } = request;
  const { configuration } = context;
  const { messageId } = message.header;
  const { initiatorId, inReturn, authenticationMethod, items } = client;
  const { keySource } = first;
  const responderId = presented && keySource.kind === "ticket"
    ? responderIdOf(presented, keySource.profile, context)
    : configuration.identity;
  const saysInitialContact = findNotify(requested, NotifyType.INITIAL_CONTACT) !== undefined;
  const identity = items.eapIdentity ?? initiatorId;
  const newcomer = context.admission.newcomer({
    ownSpi: first.spis.responderSpi,
    identity,
    saysInitialContact,
    ticketOf: presented?.state,
    remote: path.remote,
  });
  const reason = context.admission.refusalOf(newcomer);
  // AUTHENTICATION_FAILED, since every client takes that, and no other notify, for the end of its attempt (RFC 7296, section
  // 2.21.2).
  if (reason) return { ...yield* refuse(message, protection, refusalPayloads(requested, configuration)), reason };
  const to = first.followsRedirects &&
    configuration.redirectClient?.({ identity, remote: path.remote, resumed: presented !== undefined });
  if (to) return yield* redirectProven(request, responderId, to, configuration);
  const reauthenticateByMs = reauthenticationOf(configuration, context.now, presented?.state);
  const lifeLimits = lifeLimitsOf(configuration, first.spis.responderSpi, context.now);
  const series = newTicketSeries(first.spis);
  yield* beginCredential(request, series, context);
  const draft = yield* settled(draftTicket(
    requested,
    {
      ...items,
      initiatorId,
      responderId,
      initiatorSpi: first.spis.initiatorSpi,
      responderSpi: first.spis.responderSpi,
      proposal: first.suite.proposal,
      skD: keys.skD,
      authenticationMethod,
    },
    context,
    { series, reauthenticateByMs, endsAtMs: lifeLimits.endsAtMs },
  ));
  // The presented ticket is used now that its client has proven itself, and no earlier (RFC 5723, section 4.3.1).
  const { used, kept } = yield* useTicketFor(draft, presented, first.spis.responderSpi);
  if (used === undefined && request.unanswered && configuration.waitForStore) {
    return { kind: "ignored", reason: "store-down", next: request.unanswered };
  }
  if (!used) {
    const refused = yield* refuseClaim(message, protection, requested, claimOf("ticket", initiatorId), context);
    if (used === false) return refused;
    // The client has proven itself: it is the store that cannot say whether somebody else had used the ticket.
    const { claim: _, ...unclaimed } = refused;
    return { ...unclaimed, reason: "store-down" };
  }
  // Before an inner address is assigned, which may be that of an IKE SA that makes room.
  context.admission.admit(newcomer, context.now);
  const proof = yield* proofOf(inReturn, responderContent(first, keys, responderId));
  const child = yield* createChildSa({
    first,
    keys,
    payloads: requested,
    choice: childSaChoice,
    keymat: "keyingMaterial" in inReturn ? inReturn.keyingMaterial : undefined,
    encapsulated: encapsulatesEsp(first, path),
    identity,
    identityKey: newcomer.key,
    remote: path.remote,
    metAt: metAt(first, path),
    predecessor: presented && context.ownSpiOf(presented.state),
    nonces: childNonces,
  }, context);
  const payloads: Payload[] = [];
  if (messageId === firstAuthMessageId(first)) {
    payloads.push({ type: "IDr", idType: responderId.idType, identification: responderId.identification });
  }
  const mobility = mobilityAnswer(requested, configuration, path);
  const nonce = childNonces && child.childSa ? [{ type: "Nonce", nonce: childNonces.responderNonce } as const] : [];
  payloads.push(
    ...proof,
    ...child.payloads,
    ...nonce,
    ...authLifetimePayloads(reauthenticateByMs, context.now),
    ...mobility.payloads,
  );
  const ticket = yield* finishTicket(draft, kept, roomBeside(configuration, first.suite, payloads));
  payloads.push(...ticket.payloads);
  const response = yield* sealMessage(protection, responseHeaderOf(message), payloads, ticket.unsealed);
  return establishedBy({
    first,
    sealed,
    keys,
    lastRequest: identityOf(message, first.fragments),
    expectedId: messageId + 1,
    response,
    path,
    client,
    responderId,
    resumed: presented !== undefined,
    lifeLimits,
    reauthenticateByMs,
    series,
    childSa: child.childSa,
    mobility: mobility.mobility,
    told: [...child.effects, ...ticket.effects],
  }, context);
}

/** CERT and AUTH. */
function* proofOf(inReturn: ProvenClient["inReturn"], content: SignedContent): Step<readonly Payload[]> {
  if ("certificates" in inReturn) return [...inReturn.certificates, inReturn.auth];
  return [authPayload("keyingMaterial" in inReturn ? inReturn.auth : yield* authenticate(inReturn, content))];
}

/** HDR, SK {IDr, AUTH, N(REDIRECT)}: no IKE SA comes up, and the ticket, if one was presented, is not used (RFC 5685, section 6). */
function* redirectProven(
  { first, keys, protection, message, requested, client: { inReturn } }: ProvenRequest,
  responderId: Identity,
  to: string,
  { profiles }: ResponderConfiguration,
): Step<AuthAnswer> {
  const proof = yield* proofOf(inReturn, responderContent(first, keys, responderId));
  const identity: Payload[] = message.header.messageId === firstAuthMessageId(first)
    ? [{ type: "IDr", idType: responderId.idType, identification: responderId.identification }]
    : [];
  const payloads = [...identity, ...proof, redirect(to), ...ticketRefusal(requested, profiles)];
  const refusal = yield* refuse(message, protection, payloads);
  return { ...refusal, reason: "redirected", to };
}

/** What the tickets of the new IKE SA depend on: the shared key by which the client proved itself, now or at the head of the chain. */
function* beginCredential(
  { presented, client: { inReturn, items } }: ProvenRequest,
  series: TicketSeries,
  { issued }: ResponderContext,
): Step<void> {
  if (presented) {
    const { state: { credential }, ticketKey } = presented;
    // The ticket's own fingerprint is wiped with its content.
    if (credential) series.credential = { ticketKey, fingerprint: credential.slice() };
  } else if (items.eapType === undefined && "kind" in inReturn && inReturn.kind === "shared-key") {
    yield* issued.credentials.begin(series, inReturn.presharedKey);
  }
}
