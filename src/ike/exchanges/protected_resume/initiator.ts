/**
 * IKE_SESSION_RESUME of draft-sheffer-ipsec-failover-03, initiator's side (sections 4.2 and 4.6).
 *
 * @module
 */
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { copyIdentity, sameIdentity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkExchangeRules } from "../../../wire/rules.ts";
import { keysFromTicket } from "../../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { newIkeSpi } from "../../ike_sa/spi.ts";
import { subsetKeys } from "../../ike_sa/subset_keys.ts";
import { loneProtection, sealLoneMessage } from "../../message/lone_message.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { findErrorNotify, findNotify, findPayload } from "../../message/notify.ts";
import { notOpened, openMessage } from "../../message/protected_message.ts";
import { redirectSupport } from "../../message/redirect_notifies.ts";
import { firstSent, longestWaitMs } from "../../message/retransmission.ts";
import { send } from "../../states/effect.ts";
import { type FirstExchange, isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import {
  type AwaitingResumeResponse,
  closed,
  dropped,
  firstPath,
  type InitiatorTransition,
  MAXIMUM_RETRIES,
  type ProtectedPresentation,
} from "../../states/initiator_state.ts";
import { resumeAttemptsOf } from "../../policy/first_attempts.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { childPayloads, newChildOffer, pathOfAuth } from "../ike_auth/initiator.ts";
import { establish } from "../ike_auth/initiator_establish.ts";
import { secondsLeft, suiteOfTicket } from "../presented_by_client.ts";
import { establishedContextOf, type InitiatorContext } from "../initiator_context.ts";
import { sendRequest } from "../requests.ts";
import { cookiePayloads, isSentAlready, refusedUnsigned, requestedCookie } from "../unsigned_answers.ts";

/** Sends HDR, Ni, N(TICKET_OPAQUE), [N+,] SK {IDi, [IDr,] [CP,] SAi2, TSi, TSr [, N(TICKET_REQUEST)]}. */
export function* startProtected(ticket: ClientTicket, context: InitiatorContext): Step<InitiatorTransition> {
  const { configuration, now, random } = context;
  const { retransmission } = configuration;
  const attempts = resumeAttemptsOf(configuration);
  const initiatorNonce = random(NONCE_LENGTH);
  const suite = suiteOfTicket(ticket);
  const attempt = {
    initiatorSpi: newIkeSpi(random),
    initiatorNonce,
    answersUntilMs: now.monotonicMs + longestWaitMs({ ...retransmission, attempts }),
    ticket,
    retries: 0,
    candidates: [],
  };
  const protection: ProtectedPresentation = {
    suite,
    keys: yield* subsetKeys(suite, ticket.skD, initiatorNonce),
    childOffer: newChildOffer(context),
  };
  return yield* sendProtected(attempt, protection, undefined, context);
}

/** HDR, SK {IDr, Nr, SAr2, TSi, TSr}: the IKE SA is up. HDR, SK {N(COOKIE)}: once more with it. What is in clear is a hint. */
export function* receiveProtectedResponse(
  state: AwaitingResumeResponse,
  protection: ProtectedPresentation,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { payloads } = message;
  const { profile } = context.configuration;
  const { suite, keys } = protection;
  if (!payloads.some(({ type }) => type === "SK")) {
    if (profile.notifies.isRefused(payloads)) return refusedUnsigned(state, "ticket-refused", context);
    return findErrorNotify(payloads) ? refusedUnsigned(state, "refused-by-peer", context) : dropped(state, "malformed");
  }
  const opened = yield* openMessage(loneProtection(keys, suite, "initiator"), message);
  if (opened === undefined) return dropped(state, notOpened(message));
  // From here on it is the gateway's own word: nobody else but this client has the ticket's SK_d.
  if (!opened.ok || checkExchangeRules(profile.presentation.rules, true, true, opened.value)) {
    return closed(spisOf(state, message), "protocol-error");
  }
  const inside = opened.value;
  if (findNotify(inside, NotifyType.COOKIE)) {
    return yield* sendAgain(state, protection, requestedCookie({ payloads: inside }), context);
  }
  return yield* accept(state, protection, message, inside, datagram, context);
}

function* accept(
  state: AwaitingResumeResponse,
  { suite, keys: subset, childOffer }: ProtectedPresentation,
  message: Message,
  inside: readonly Payload[],
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { configuration, random, now } = context;
  const { profile, peerIdentity } = configuration;
  const spis = spisOf(state, message);
  const responderNonce = findPayload(inside, "Nonce")?.nonce;
  const claimed = findPayload(inside, "IDr");
  if (spis.responderSpi === 0n || !responderNonce || !claimed || !isNonceLongEnough(responderNonce.length, suite)) {
    return closed(spis, "protocol-error");
  }
  // The gateway may be another one of its domain (section 4.6): whom the client wants it says itself.
  if (peerIdentity && !sameIdentity(claimed, peerIdentity)) return closed(spis, "authentication-failed");
  const nonces = noncePair(state.initiatorNonce, responderNonce);
  const first: FirstExchange = {
    spis,
    suite,
    nonces,
    initiatorMessage: state.form.octets,
    responderMessage: message.octets,
    nat: detectNat(inside, spis, datagram),
    keySource: { kind: "ticket", oldSkD: subset.keys.skD, profile },
  };
  const keys = yield* keysFromTicket(suite, subset.keys.skD, nonces, spis, profile.skeyseedData);
  const made = {
    first,
    keys,
    sealed: { next: 0n },
    path: pathOfAuth(first, context),
    ticket: state.ticket,
    childOffer,
    nextId: 0,
  };
  const up = yield* establish(made, inside, copyIdentity(claimed), context);
  if (up.next.waitsFor !== "requests" || up.next.sendWindow.outstanding) return up;
  // The gateway takes the ticket for used, and the old IKE SA for gone, once it hears the client on the new one.
  const heard = yield* sendRequest(up.next, "liveness", now, establishedContextOf(configuration, random));
  return { next: heard.next ?? up.next, effects: [...up.effects, ...heard.effects] };
}

function* sendAgain(
  state: AwaitingResumeResponse,
  protection: ProtectedPresentation,
  cookie: Uint8Array | undefined,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  if (cookie === undefined) return dropped(state, "malformed");
  if (isSentAlready(state.form, cookie)) return dropped(state, "repeated-cookie");
  if (state.retries === MAXIMUM_RETRIES) return dropped(state, "too-many-retries");
  return yield* sendProtected({ ...state, retries: state.retries + 1 }, protection, cookie, context);
}

function* sendProtected(
  attempt: Omit<AwaitingResumeResponse, "waitsFor" | "form" | "request" | "protection">,
  protection: ProtectedPresentation,
  cookie: Uint8Array | undefined,
  { configuration, path, random, now, redirectedFrom }: InitiatorContext,
): Step<InitiatorTransition> {
  const { profile: { presentation, notifies }, peerIdentity, requestTicket } = configuration;
  const spis = { initiatorSpi: attempt.initiatorSpi, responderSpi: 0n };
  const way = firstPath(path, configuration);
  const { exchangeType } = presentation;
  const { ticket, initiatorNonce } = attempt;
  const octets = yield* sealLoneMessage(
    protection.keys,
    protection.suite,
    "initiator",
    { ...spis, exchangeType, fromInitiator: true, isResponse: false, messageId: 0 },
    [
      { type: "Nonce", nonce: initiatorNonce },
      notifies.present(ticket.ticket, secondsLeft(ticket, now)),
      ...(configuration.followRedirects ? [redirectSupport(redirectedFrom)] : []),
      ...(configuration.refuseNats ? [] : natDetectionPayloads(spis, way.local, way.remote)),
    ],
    [
      ...cookiePayloads(cookie),
      { type: "IDi", ...configuration.identity },
      ...(peerIdentity ? [{ type: "IDr", ...peerIdentity } as const] : []),
      ...(protection.childOffer ? childPayloads(protection.childOffer.proposals, configuration) : []),
      ...(requestTicket ? [notifies.request] : []),
    ],
  );
  return {
    next: {
      ...attempt,
      waitsFor: "IKE_SESSION_RESUME response",
      protection,
      form: { octets, cookie, ambiguous: false },
      request: firstSent(octets, configuration.retransmission, now.monotonicMs, random),
    },
    effects: [send(octets, way)],
  };
}

function spisOf({ initiatorSpi }: AwaitingResumeResponse, { header: { responderSpi } }: Message) {
  return { initiatorSpi, responderSpi };
}
