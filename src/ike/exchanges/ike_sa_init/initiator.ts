/**
 * IKE_SA_INIT, initiator's side (RFC 7296, section 1.2; RFC 4718, section 2).
 *
 * @module
 */
import { ExchangeType, NotifyType } from "../../../wire/constants.ts";
import { encodeMessage, type Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { secondsLeft, suiteOfTicket } from "../presented_by_client.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { type IkeProposal, isChosenFrom, offerIke } from "../../ike_sa/proposals.ts";
import { newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { findErrorNotify, findNotify, findPayload, notify } from "../../message/notify.ts";
import { redirectedByFirst, redirectSupport, uselessAnswer } from "../../message/redirect_notifies.ts";
import { firstSent, longestWaitMs } from "../../message/retransmission.ts";
import { initAttemptsOf } from "../../policy/first_attempts.ts";
import { send } from "../../states/effect.ts";
import {
  type FirstExchange,
  fragmentationPayload,
  fragmentsFrom,
  isNonceLongEnough,
  NONCE_LENGTH,
} from "../../states/first_exchange.ts";
import {
  type AwaitingInitResponse,
  type Demand,
  dropped,
  firstPath,
  type InitiatorTransition,
  type InitRequest,
  MAXIMUM_RETRIES,
} from "../../states/initiator_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import { generateKeyPair, type Step } from "../../steps/step.ts";
import { notTried, withCandidate } from "../candidates.ts";
import { signatureHashPayloads } from "../ike_auth/certificate_proof.ts";
import { startAuth } from "../ike_auth/initiator.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { cookiePayloads, isSentAlready, putOff, refusedUnsigned, requestedCookie } from "../unsigned_answers.ts";

/** Sends HDR, SAi1, KEi, Ni [, N(TICKET/Opaque)] with a value for the group that is preferred. `ticket`: one that stands beside the offer. */
export function* startInit(context: InitiatorContext, ticket?: ClientTicket): Step<InitiatorTransition> {
  const pair = yield* generateKeyPair(offeredGroups(context)[0]);
  const initiatorSpi = newIkeSpi(context.random);
  const initiatorNonce = context.random(NONCE_LENGTH);
  const { configuration, now } = context;
  const answersUntilMs = now.monotonicMs +
    longestWaitMs({ ...configuration.retransmission, attempts: initAttemptsOf(configuration) });
  const attempt = { initiatorSpi, initiatorNonce, answersUntilMs, retries: 0, candidates: [], ticket };
  return sendInit(attempt, [], { pair, ambiguous: false }, context);
}

/** HDR, SAr1, KEr, Nr: one more candidate. COOKIE and INVALID_KE_PAYLOAD: the request is made anew. */
export function* receiveInitResponse(
  state: AwaitingInitResponse,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const cookie = requestedCookie(message);
  if (cookie && isSentAlready(latest(state), cookie)) return dropped(state, "repeated-cookie");
  if (cookie) return yield* take(state, { kind: "cookie", cookie }, context);
  const wrongGroup = findNotify(message.payloads, NotifyType.INVALID_KE_PAYLOAD);
  if (wrongGroup) return yield* takeGroup(state, wrongGroup.data, context);
  const to = context.configuration.followRedirects ? redirectedByFirst(message.payloads, state.initiatorNonce) : undefined;
  if (to !== undefined) return refusedUnsigned(state, "redirected", context, to);
  if (findErrorNotify(message.payloads)) return refusedUnsigned(state, "no-proposal-chosen", context);
  const reason = notTried(state, message, context);
  if (reason) return dropped(state, reason);
  const ticket = acceptedTicket(state, message, context);
  const first = ticket
    ? acceptTicket(state, ticket, message, datagram, context)
    : acceptInit(state, message, datagram, context);
  if (typeof first === "string") return dropped(state, first);
  const tried = yield* startAuth(first, ticket, state.candidates, context);
  return tried
    ? { next: withCandidate(state, tried.candidate), effects: tried.effects }
    : dropped(state, "public-value-unacceptable");
}

/** HDR, SAr1, Nr, N(TICKET/Ack) without KE accepts the ticket; with one, or without Ack, it is the answer of a full exchange. */
function acceptedTicket(
  { ticket }: AwaitingInitResponse,
  { payloads }: Message,
  { configuration: { profile } }: InitiatorContext,
): ClientTicket | undefined {
  return profile.notifies.isAcknowledged(payloads) && !findPayload(payloads, "KE") ? ticket : undefined;
}

/** SAr1 is the ticket's: another is not the gateway's answer. */
function acceptTicket(
  state: AwaitingInitResponse,
  ticket: ClientTicket,
  message: Message,
  datagram: Datagram,
  { configuration }: InitiatorContext,
): FirstExchange | string {
  const { responderSpi } = message.header;
  const answer = findPayload(message.payloads, "SA");
  const responderNonce = findPayload(message.payloads, "Nonce")?.nonce;
  const suite = suiteOfTicket(ticket);
  if (responderSpi === 0n || !answer || !responderNonce) return "malformed";
  if (!isChosenFrom(answer.proposals, [ticket.proposal])) return "not-offered";
  if (!isNonceLongEnough(responderNonce.length, suite)) return "nonce-too-short";
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi };
  const { octets, ambiguous } = latest(state);
  return {
    spis,
    suite,
    nonces: noncePair(state.initiatorNonce, responderNonce),
    initiatorMessage: octets,
    responderMessage: message.octets,
    requestAmbiguous: ambiguous,
    nat: detectNat(message.payloads, spis, datagram),
    fragments: fragmentsFrom(message.payloads, configuration),
    keySource: { kind: "ticket", oldSkD: ticket.skD, profile: configuration.profile },
  };
}

function acceptInit(
  state: AwaitingInitResponse,
  message: Message,
  datagram: Datagram,
  { configuration }: InitiatorContext,
): FirstExchange | string {
  const { responderSpi } = message.header;
  const answer = findPayload(message.payloads, "SA");
  const keyExchange = findPayload(message.payloads, "KE");
  const responderNonce = findPayload(message.payloads, "Nonce")?.nonce;
  if (responderSpi === 0n || !answer || !keyExchange || !responderNonce) return uselessAnswer(message.payloads);
  if (!isChosenFrom(answer.proposals, offerIke(configuration.ikeProposals))) return "not-offered";
  const suite = ikeSuiteOf(answer.proposals[0]);
  const form = state.forms.find(({ pair }) => pair.group === suite?.group.id);
  if (!suite || !form || keyExchange.group !== suite.group.id) return "not-offered";
  if (!isNonceLongEnough(responderNonce.length, suite)) return "nonce-too-short";
  const knowsIntermediate = findNotify(message.payloads, NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED) !== undefined;
  if (suite.additional.length > 0 && !knowsIntermediate) return "not-offered";
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi };
  return {
    spis,
    suite,
    nonces: noncePair(state.initiatorNonce, responderNonce),
    initiatorMessage: form.octets,
    responderMessage: message.octets,
    requestAmbiguous: form.ambiguous,
    ...(findNotify(message.payloads, NotifyType.CHILDLESS_IKEV2_SUPPORTED) && { offersChildless: true }),
    nat: detectNat(message.payloads, spis, datagram),
    fragments: fragmentsFrom(message.payloads, configuration),
    keySource: { kind: "key-exchange", pair: form.pair, peerPublicValue: keyExchange.keyExchangeData },
  };
}

/**
 * INVALID_KE_PAYLOAD names the group that the responder wants, in two octets: only one of those offered will do. One that was
 * tried is not sent again at once: a peer that asks for two groups by turns is not answered each time. The next retransmission
 * has it.
 */
function* takeGroup(state: AwaitingInitResponse, data: Uint8Array, context: InitiatorContext): Step<InitiatorTransition> {
  const group = data.length === 2 ? data[0] << 8 | data[1] : 0;
  if (group === latest(state).pair.group || !offeredGroups(context).includes(group)) return dropped(state, "group-not-offered");
  const tried = state.forms.find(({ pair }) => pair.group === group);
  if (!tried) return yield* take(state, { kind: "group", group }, context);
  const forms = [...state.forms.filter((form) => form !== tried), tried];
  return dropped({ ...state, forms, request: { ...state.request, octets: tried.octets } }, "repeated-group");
}

/** Answers a demand, now or later. */
function* take(state: AwaitingInitResponse, what: Demand, context: InitiatorContext): Step<InitiatorTransition> {
  return putOff(state, what, context) ?? (yield* meetInitDemand(state, what, context));
}

/**
 * Sends the request anew: the same SPI and nonce, message ID 0 and SPIr 0 again (RFC 4718, sections 2.1 and 2.2), and the
 * cookie if there was one. Earlier forms are remembered: the demand may be a forger's, and the real answer one to them.
 */
export function* meetInitDemand(
  state: AwaitingInitResponse,
  what: Demand,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { retries, forms, demand: _, ...rest } = state;
  if (retries === MAXIMUM_RETRIES) return dropped({ ...rest, retries, forms }, "too-many-retries");
  const { pair, cookie } = latest(state);
  const attempt = { ...rest, retries: retries + 1 };
  if (what.kind === "cookie") {
    const others = forms.filter((form) => form.pair !== pair);
    return sendInit(attempt, others, { pair, cookie: what.cookie, ambiguous: true }, context);
  }
  const known = forms.find((form) => form.pair.group === what.group);
  if (known) return dropped({ ...rest, retries, forms }, "repeated-group");
  return sendInit(attempt, forms, { pair: yield* generateKeyPair(what.group), cookie, ambiguous: false }, context);
}

function latest({ forms }: AwaitingInitResponse): InitRequest {
  return forms[forms.length - 1];
}

function sendInit(
  attempt: Pick<
    AwaitingInitResponse,
    "initiatorSpi" | "initiatorNonce" | "answersUntilMs" | "retries" | "candidates" | "refusal" | "ticket"
  >,
  others: readonly InitRequest[],
  form: Omit<InitRequest, "octets">,
  { configuration, path, random, now, redirectedFrom }: InitiatorContext,
): InitiatorTransition {
  const spis = { initiatorSpi: attempt.initiatorSpi, responderSpi: 0n };
  const way = firstPath(path, configuration);
  const octets = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SA_INIT, fromInitiator: true, isResponse: false, messageId: 0 },
    [
      ...cookiePayloads(form.cookie),
      { type: "SA", proposals: offerIke(configuration.ikeProposals) },
      { type: "KE", group: form.pair.group, keyExchangeData: form.pair.publicValue },
      { type: "Nonce", nonce: attempt.initiatorNonce },
      fragmentationPayload(),
      ...signatureHashPayloads(configuration.certificates),
      ...(configuration.followRedirects ? [redirectSupport(redirectedFrom)] : []),
      ...intermediatePayloads(configuration.ikeProposals),
      ...(attempt.ticket
        ? [configuration.profile.notifies.present(attempt.ticket.ticket, secondsLeft(attempt.ticket, now))]
        : []),
      ...(configuration.refuseNats ? [] : natDetectionPayloads(spis, way.local, way.remote)),
    ],
  );
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    next: { ...attempt, waitsFor: "IKE_SA_INIT response", forms: [...others, { ...form, octets }], request },
    effects: [send(octets, way)],
  };
}

/** The groups on offer, in order of preference. */
function offeredGroups({ configuration }: InitiatorContext): number[] {
  return configuration.ikeProposals.flatMap(({ groups }) => groups.map(({ id }) => id));
}

/** N(INTERMEDIATE_EXCHANGE_SUPPORTED) where additional key exchanges are offered (RFC 9370, section 2.2.1). */
function intermediatePayloads(proposals: readonly IkeProposal[]): readonly Payload[] {
  return proposals.some(({ additional }) => additional) ? [notify(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED)] : [];
}
