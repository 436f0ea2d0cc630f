/**
 * IKE_SESSION_RESUME, initiator's side (RFC 5723, section 4.3).
 *
 * @module
 */
import { type ClientTicket, isSpent } from "../../ticket/client_ticket.ts";
import { sameIdentity } from "../../ticket/identity.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import type { Datagram } from "../datagram.ts";
import { fragmentationPayload, fragmentsFrom, isNonceLongEnough, NONCE_LENGTH } from "../first_exchange.ts";
import { noncePair } from "../ike_sa_keys.ts";
import type { InitiatorConfiguration } from "../initiator_configuration.ts";
import type { Instant } from "../instant.ts";
import { detectNat, natDetectionPayloads } from "../nat_detection.ts";
import { findErrorNotify, findNotify, findPayload, notify } from "../notify.ts";
import { firstSent } from "../retransmission.ts";
import { newIkeSpi } from "../spi.ts";
import type { Step } from "../step.ts";
import { ikeSuiteOf } from "../suite.ts";
import { cookiePayloads, isSentAlready, refusedUnsigned, requestedCookie } from "./first_response.ts";
import { startAuth } from "./ike_auth.ts";
import {
  type AwaitingResumeResponse,
  dropped,
  type InitiatorContext,
  type InitiatorTransition,
  MAXIMUM_RETRIES,
  plainPath,
  send,
} from "./state.ts";

/**
 * Whether a ticket can be presented at all: never one that is known to be used or expired (RFC 5723, section 4.3.1), and only for the
 * identities that it was issued to and by (section 4.3.3).
 */
export function isPresentable(ticket: ClientTicket, configuration: InitiatorConfiguration, now: Instant): boolean {
  const { identity, peerIdentity } = configuration;
  return !isSpent(ticket) && now.epochSeconds < ticket.expiresAtEpochSeconds && sameIdentity(ticket.initiatorId, identity) &&
    (peerIdentity === undefined || sameIdentity(ticket.responderId, peerIdentity)) && ikeSuiteOf(ticket.proposal) !== undefined;
}

/** Sends HDR, Ni, N(TICKET_OPAQUE), N+ with an SPI of its own. */
export function startResume(ticket: ClientTicket, context: InitiatorContext): InitiatorTransition {
  const initiatorSpi = newIkeSpi(context.random);
  return sendResume({ initiatorSpi, initiatorNonce: context.random(NONCE_LENGTH), ticket, retries: 0 }, context);
}

/** HDR, Nr [,N+]: on to IKE_AUTH. COOKIE: once more with it. TICKET_NACK, or any error: a hint that it will not do. */
export function* receiveResumeResponse(
  state: AwaitingResumeResponse,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { payloads, header: { responderSpi } } = message;
  const cookie = requestedCookie(message);
  if (cookie) {
    return isSentAlready(state, cookie) ? dropped(state, "repeated-cookie") : retryWithCookie(state, cookie, context);
  }
  if (findNotify(payloads, NotifyType.TICKET_NACK)) return refusedUnsigned(state, "ticket-refused", context);
  if (findErrorNotify(payloads)) return refusedUnsigned(state, "refused-by-peer", context);
  const responderNonce = findPayload(payloads, "Nonce")?.nonce;
  const suite = ikeSuiteOf(state.ticket.proposal);
  if (responderSpi === 0n || !responderNonce || !suite) return dropped(state, "malformed");
  if (!isNonceLongEnough(responderNonce, suite)) return dropped(state, "nonce-too-short");
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi };
  const first = {
    spis,
    suite,
    nonces: noncePair(state.initiatorNonce, responderNonce),
    initiatorMessage: state.request.octets,
    responderMessage: message.octets,
    requestAmbiguous: state.cookie !== undefined,
    ...detectNat(payloads, spis, datagram),
    fragments: fragmentsFrom(payloads),
    keySource: { kind: "ticket", oldSkD: state.ticket.skD },
  } as const;
  return (yield* startAuth(first, state.ticket, context)) ?? dropped(state, "malformed");
}

function retryWithCookie(state: AwaitingResumeResponse, cookie: Uint8Array, context: InitiatorContext): InitiatorTransition {
  const { initiatorSpi, initiatorNonce, ticket, retries } = state;
  if (retries === MAXIMUM_RETRIES) return dropped(state, "too-many-retries");
  return sendResume({ initiatorSpi, initiatorNonce, ticket, cookie, retries: retries + 1 }, context);
}

function sendResume(
  attempt: Pick<AwaitingResumeResponse, "initiatorSpi" | "initiatorNonce" | "ticket" | "cookie" | "retries">,
  { configuration, path, random, now }: InitiatorContext,
): InitiatorTransition {
  const spis = { initiatorSpi: attempt.initiatorSpi, responderSpi: 0n };
  const octets = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SESSION_RESUME, fromInitiator: true, isResponse: false, messageId: 0 },
    [
      ...cookiePayloads(attempt.cookie),
      { type: "Nonce", nonce: attempt.initiatorNonce },
      notify(NotifyType.TICKET_OPAQUE, attempt.ticket.ticket),
      fragmentationPayload(),
      ...natDetectionPayloads(spis, path.local, path.remote),
    ],
  );
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    next: { waitsFor: "IKE_SESSION_RESUME response", ...attempt, request },
    effects: [send(octets, plainPath(path))],
  };
}
