/**
 * IKE_AUTH, initiator's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { copyIdentity } from "../../../ticket/identity.ts";
import { ExchangeType, NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import { sameOctets } from "../../../wire/octets.ts";
import type { Payload, Proposal } from "../../../wire/payload.ts";
import { checkExchangeRules, rulesOf } from "../../../wire/rules.ts";
import { offeredTraits } from "../../child_sa/child_sa_traits.ts";
import { wipeIkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import { offerEsp } from "../../ike_sa/proposals.ts";
import { espSpiOctets, newEspSpi } from "../../ike_sa/spi.ts";
import type { IkeSuite } from "../../ike_sa/suite.ts";
import { NO_NAT } from "../../message/nat_detection.ts";
import { findPayload, notify } from "../../message/notify.ts";
import { notOpened, openMessage, sealMessage } from "../../message/protected_message.ts";
import { firstSent } from "../../message/retransmission.ts";
import type { InitiatorConfiguration } from "../../policy/initiator_configuration.ts";
import { type Effect, sendEach } from "../../states/effect.ts";
import { piggybackRulesOf } from "../../profiles/resumption_profile.ts";
import { establishKeys, type FirstExchange, NONCE_LENGTH } from "../../states/first_exchange.ts";
import {
  type AdditionalExchange,
  type AwaitingAuthResponse,
  type ChildOffer,
  dropped,
  encapsulatedPath,
  firstPath,
  type InitiatorTransition,
  protectionOfAttempt,
} from "../../states/initiator_state.ts";
import { firstAuthMessageId } from "../../states/intermediate.ts";
import type { Path } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { additionalDue, type Candidate, finishIntermediate, sendIntermediate } from "../ike_intermediate/initiator.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { mobilityOffer } from "../mobility_agreement.ts";
import { addressRequest } from "./configuration_request.ts";
import { certificateRequestPayloads } from "./certificate_proof.ts";
import { fail, gatewayOf, prove, provesItself } from "./initiator_authentication.ts";
import { receiveEapResponse, startEap } from "./initiator_eap.ts";
import { establish } from "./initiator_establish.ts";

/**
 * Sends HDR, SK {IDi, [CERT+,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr [, N(TICKET_REQUEST)]}, to port 4500 when there is a NAT. `undefined`: the
 * answer's public value is not valid, or no signature can be made that it asks for, and it may be a forger's. Where EAP is to follow, AUTH is left out (RFC 7296, section 2.16).
 *
 * @param candidates those that are tried already. An altered copy of the gateway's own answer leads to the same keys as the answer: there is one
 * IKE_AUTH request for both, since the gateway takes one, and no IV may serve twice.
 */
export function* startAuth(
  first: FirstExchange,
  ticket: ClientTicket | undefined,
  candidates: readonly AwaitingAuthResponse[],
  context: InitiatorContext,
): Step<{ readonly candidate: AwaitingAuthResponse; readonly effects: readonly Effect[] } | undefined> {
  const { configuration } = context;
  const keys = yield* establishKeys(first);
  if (keys === undefined) return undefined;
  const path = pathOfAuth(first, context);
  const ofSameSecret = candidates.filter((other) => sameOctets(other.keys.skD, keys.skD));
  const twin = ofSameSecret.find((other) => isSameProtection(other.first.suite, first.suite));
  if (twin) {
    wipeIkeSaKeys(keys);
    const eap = startEap(configuration, ticket !== undefined);
    return { candidate: { ...twin, first, path, eap }, effects: sendEach(twin.request.octets, path) };
  }
  // Another suite may make the same key of the same secret.
  const sealed = ofSameSecret[0]?.sealed ?? { next: 0n };
  const childOffer = newChildOffer(context, ticket !== undefined || first.offersChildless === true);
  const eap = startEap(configuration, ticket !== undefined);
  const begun = yield* proceed({ waitsFor: "IKE_AUTH response", first, keys, sealed, path, ticket, eap, childOffer }, context);
  if (begun === undefined) wipeIkeSaKeys(keys);
  return begun;
}

/** The next request of an attempt: IKE_INTERMEDIATE as long as there are additional key exchanges, then IKE_AUTH. `undefined`: no proof can be made. */
function* proceed(
  candidate: Candidate,
  context: InitiatorContext,
): Step<{ readonly candidate: AwaitingAuthResponse; readonly effects: readonly Effect[] } | undefined> {
  const { first, keys, path, ticket, eap, childOffer } = candidate;
  const { configuration, random, now } = context;
  const due = additionalDue(first);
  if (due) return yield* sendIntermediate(candidate, due, context);
  const peerIdentity = gatewayOf(ticket, configuration);
  const proof = eap ? undefined : yield* prove(first, keys, ticket, context);
  if (!eap && proof === undefined) return undefined;
  const childNonce = piggybacks(candidate) ? random(NONCE_LENGTH) : undefined;
  const payloads: Payload[] = [
    { type: "IDi", ...configuration.identity },
    ...(proof?.certificates ?? []),
    // A resumption replaces the old IKE SA without it (RFC 5723, section 4.3.4). Its place: RFC 4718, section 7.9 and appendix A.2.
    ...(context.initialContact && !ticket ? [notify(NotifyType.INITIAL_CONTACT)] : []),
    ...(ticket ? [] : certificateRequestPayloads(configuration.certificates)),
    ...(peerIdentity ? [{ type: "IDr", ...peerIdentity } as const] : []),
    ...(proof ? [proof.auth] : []),
    ...(eap && configuration.eap?.eapOnly !== undefined ? [notify(NotifyType.EAP_ONLY_AUTHENTICATION)] : []),
    ...(childOffer ? childPayloads(childOffer.proposals, configuration) : []),
    ...(childNonce ? [{ type: "Nonce", nonce: childNonce } as const] : []),
    ...mobilityOffer(configuration, path),
    ...(configuration.requestTicket ? [configuration.profile.notifies.request] : []),
  ];
  const messageId = firstAuthMessageId(first);
  const octets = yield* sealMessage(protectionOfAttempt(candidate, random), {
    ...first.spis,
    exchangeType: childNonce ? ExchangeType.CREATE_CHILD_SA : ExchangeType.IKE_AUTH,
    fromInitiator: true,
    isResponse: false,
    messageId,
  }, payloads);
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    candidate: { ...candidate, request, messageId, childNonce, authenticationMethod: proof?.auth.method },
    effects: sendEach(octets, path),
  };
}

/** Whether IKE_AUTH goes into CREATE_CHILD_SA, because a Child SA is wanted, and the profile has it there. */
function piggybacks({ first: { keySource }, ticket, childOffer }: Candidate): boolean {
  return ticket !== undefined && childOffer !== undefined && keySource.kind === "ticket" &&
    piggybackRulesOf(keySource.profile) !== undefined;
}

/** What is offered for the first Child SA. `undefined`: this end wants none, and the gateway makes IKE SAs without (RFC 6023). */
export function newChildOffer({ configuration, random }: InitiatorContext, mayBeChildless = true): ChildOffer | undefined {
  const inboundSpi = newEspSpi(random);
  if (configuration.childless && mayBeChildless) return undefined;
  return { proposals: offerEsp(configuration.espProposals, espSpiOctets(inboundSpi)), inboundSpi };
}

/** [CP,] [N+,] SAi2, TSi, TSr. A gateway that issued a ticket is taken to support what it supported then (RFC 6023). */
export function childPayloads(proposals: readonly Proposal[], configuration: InitiatorConfiguration): Payload[] {
  return [
    ...addressRequest(configuration),
    ...offeredTraits(configuration.childSas),
    { type: "SA", proposals },
    { type: "TSi", selectors: configuration.localSelectors },
    { type: "TSr", selectors: configuration.remoteSelectors },
  ];
}

/**
 * The UDP-encapsulation port once a NAT was found (RFC 7296, section 2.23), and for MOBIKE also without one, where the gateway looks for NATs:
 * then no later move has to change it (RFC 4555, section 3.3).
 */
export function pathOfAuth({ nat }: FirstExchange, { configuration, path }: InitiatorContext): Path {
  if (configuration.refuseNats) return firstPath(path, configuration);
  return nat.natDetected || configuration.mobike && nat !== NO_NAT ? encapsulatedPath(path) : firstPath(path, configuration);
}

function isSameProtection(
  { protection: one, additional }: IkeSuite,
  { protection: other, additional: others }: IkeSuite,
): boolean {
  const isSameAdditional = additional.length === others.length && additional.every((method, index) => method === others[index]);
  return isSameAdditional && one.encryption.id === other.encryption.id && one.keyLength === other.keyLength &&
    one.integrity?.id === other.integrity?.id;
}

/** HDR, SK {IDr, [CERT+,] AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}: the IKE SA is up once the gateway has proven itself. */
export function* receiveAuthResponse(
  state: AwaitingAuthResponse,
  message: Message,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { messageId, exchangeType } = message.header;
  if (messageId !== state.messageId) return dropped(state, "message-id-outside-window");
  const { exchanging, childNonce, first: { keySource } } = state;
  const proofType = childNonce ? ExchangeType.CREATE_CHILD_SA : ExchangeType.IKE_AUTH;
  if (exchangeType !== (exchanging ? ExchangeType.IKE_INTERMEDIATE : proofType)) {
    return dropped(state, "unexpected-exchange");
  }
  if (exchanging) return yield* receiveIntermediateResponse(state, exchanging, message, context);
  const protection = protectionOfAttempt(state, context.random);
  const opened = yield* openMessage(protection, message);
  // Not authentic: anyone could have sent it, and an answer in clear decides nothing (RFC 5723, section 9.4).
  if (opened === undefined) return dropped(state, notOpened(message));
  const piggyback = childNonce && keySource.kind === "ticket" ? piggybackRulesOf(keySource.profile) : undefined;
  const rules = piggyback ?? rulesOf(ExchangeType.IKE_AUTH)!;
  if (!opened.ok || checkExchangeRules(rules, true, true, opened.value) !== undefined) {
    return fail(state, "protocol-error");
  }
  const payloads = opened.value;
  if (state.eap) return yield* receiveEapResponse(state, state.eap, payloads, protection, context);
  const claimed = findPayload(payloads, "IDr");
  const auth = findPayload(payloads, "AUTH");
  if (!claimed || !auth) return fail(state, "authentication-failed");
  // After a resumption nobody proves anything by a certificate (RFC 5723, section 4.3.3).
  if (state.ticket && findPayload(payloads, "CERT")) return fail(state, "authentication-failed");
  const proven = yield* provesItself(state, claimed, auth, payloads, context);
  return proven
    ? yield* establish({ ...state, nextId: messageId + 1 }, payloads, copyIdentity(claimed), context)
    : fail(state, "authentication-failed");
}

/** HDR, SK {KEr(n)}: nobody is proven by it yet, but the attempt goes on with other keys. */
function* receiveIntermediateResponse(
  state: AwaitingAuthResponse,
  exchanging: AdditionalExchange,
  message: Message,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const after = yield* finishIntermediate(state, exchanging, message, context);
  if (typeof after === "string") return dropped(state, after);
  const begun = after && (yield* proceed(after, context));
  return begun
    ? { next: begun.candidate, effects: begun.effects }
    : fail(state, after ? "authentication-failed" : "protocol-error");
}
