/**
 * IKE_SESSION_RESUME, initiator's side (RFC 5723, section 4.3).
 *
 * @module
 */
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { encodeMessage, type Message } from "../../../wire/message.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { findErrorNotify, findPayload } from "../../message/notify.ts";
import { redirectedByFirst, redirectSupport, uselessAnswer } from "../../message/redirect_notifies.ts";
import { firstSent, longestWaitMs } from "../../message/retransmission.ts";
import { resumeAttemptsOf } from "../../policy/first_attempts.ts";
import { send } from "../../states/effect.ts";
import { fragmentationPayload, fragmentsFrom, isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import {
  type AwaitingResumeResponse,
  dropped,
  firstPath,
  type FirstRequest,
  type InitiatorTransition,
  MAXIMUM_RETRIES,
} from "../../states/initiator_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { notTried, withCandidate } from "../candidates.ts";
import { secondsLeft } from "../presented_by_client.ts";
import { startAuth } from "../ike_auth/initiator.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { cookiePayloads, isSentAlready, putOff, refusedUnsigned, requestedCookie } from "../unsigned_answers.ts";

/** Sends HDR, Ni, N(TICKET_OPAQUE), N+ with an SPI of its own. */
export function startResume(ticket: ClientTicket, context: InitiatorContext): InitiatorTransition {
  const initiatorSpi = newIkeSpi(context.random);
  const initiatorNonce = context.random(NONCE_LENGTH);
  const { retransmission } = context.configuration;
  const attempts = resumeAttemptsOf(context.configuration);
  const answersUntilMs = context.now.monotonicMs + longestWaitMs({ ...retransmission, attempts });
  const attempt = { initiatorSpi, initiatorNonce, answersUntilMs, ticket, retries: 0, candidates: [] };
  return sendResume(attempt, { ambiguous: false }, context);
}

/** HDR, Nr [,N+]: one more candidate. COOKIE: once more with it. TICKET_NACK, or any error: a hint that it will not do. */
export function* receiveResumeResponse(
  state: AwaitingResumeResponse,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { payloads, header: { responderSpi } } = message;
  const { profile } = context.configuration;
  const cookie = requestedCookie(message);
  if (cookie && isSentAlready(state.form, cookie)) return dropped(state, "repeated-cookie");
  if (cookie) return putOff(state, { kind: "cookie", cookie }, context) ?? sendWithCookie(state, cookie, context);
  if (profile.notifies.isRefused(payloads)) return refusedUnsigned(state, "ticket-refused", context);
  const to = context.configuration.followRedirects ? redirectedByFirst(payloads, state.initiatorNonce) : undefined;
  if (to !== undefined) return refusedUnsigned(state, "redirected", context, to);
  if (findErrorNotify(payloads)) return refusedUnsigned(state, "refused-by-peer", context);
  const responderNonce = findPayload(payloads, "Nonce")?.nonce;
  const suite = ikeSuiteOf(state.ticket.proposal);
  if (responderSpi === 0n || !responderNonce || !suite) return dropped(state, uselessAnswer(payloads));
  if (!isNonceLongEnough(responderNonce.length, suite)) return dropped(state, "nonce-too-short");
  const reason = notTried(state, message, context);
  if (reason) return dropped(state, reason);
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi };
  const first = {
    spis,
    suite,
    nonces: noncePair(state.initiatorNonce, responderNonce),
    initiatorMessage: state.form.octets,
    responderMessage: message.octets,
    requestAmbiguous: state.form.ambiguous,
    nat: detectNat(payloads, spis, datagram),
    fragments: fragmentsFrom(payloads, context.configuration),
    keySource: { kind: "ticket", oldSkD: state.ticket.skD, profile },
  } as const;
  const tried = yield* startAuth(first, state.ticket, state.candidates, context);
  return tried ? { next: withCandidate(state, tried.candidate), effects: tried.effects } : dropped(state, "malformed");
}

/** Sends the request again, with the same SPI and nonce, and the cookie that was asked for at its head. */
export function sendWithCookie(
  state: AwaitingResumeResponse,
  cookie: Uint8Array,
  context: InitiatorContext,
): InitiatorTransition {
  const { retries, demand: _, ...rest } = state;
  if (retries === MAXIMUM_RETRIES) return dropped({ ...rest, retries }, "too-many-retries");
  return sendResume({ ...rest, retries: retries + 1 }, { cookie, ambiguous: true }, context);
}

function sendResume(
  attempt: Pick<
    AwaitingResumeResponse,
    "initiatorSpi" | "initiatorNonce" | "answersUntilMs" | "ticket" | "retries" | "candidates" | "refusal"
  >,
  form: Omit<FirstRequest, "octets">,
  { configuration, path, random, now, redirectedFrom }: InitiatorContext,
): InitiatorTransition {
  const spis = { initiatorSpi: attempt.initiatorSpi, responderSpi: 0n };
  const { presentation, notifies } = configuration.profile;
  const way = firstPath(path, configuration);
  const octets = encodeMessage(
    { ...spis, exchangeType: presentation.exchangeType, fromInitiator: true, isResponse: false, messageId: 0 },
    [
      ...cookiePayloads(form.cookie),
      { type: "Nonce", nonce: attempt.initiatorNonce },
      notifies.present(attempt.ticket.ticket, secondsLeft(attempt.ticket, now)),
      fragmentationPayload(),
      ...(configuration.followRedirects ? [redirectSupport(redirectedFrom)] : []),
      ...(configuration.refuseNats ? [] : natDetectionPayloads(spis, way.local, way.remote)),
    ],
  );
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    next: { ...attempt, waitsFor: "IKE_SESSION_RESUME response", form: { ...form, octets }, request },
    effects: [send(octets, way)],
  };
}
