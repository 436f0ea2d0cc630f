/**
 * An attempt at an IKE SA, until it is up or has come to nothing: what handles which message, and which timeout.
 *
 * @module
 */
import { ExchangeType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import { awaitLonger, isDemandDue, receiveCandidateAnswer } from "../exchanges/candidates.ts";
import { receiveAuthResponse } from "../exchanges/ike_auth/initiator.ts";
import { meetInitDemand, receiveInitResponse } from "../exchanges/ike_sa_init/initiator.ts";
import { receiveResumeResponse, sendWithCookie } from "../exchanges/ike_session_resume/initiator.ts";
import { receiveProtectedResponse } from "../exchanges/protected_resume/initiator.ts";
import type { InitiatorContext } from "../exchanges/initiator_context.ts";
import { shortenedRequest } from "../message/fragmentation.ts";
import { sentAgain } from "../message/retransmission.ts";
import { authRetransmissionOf } from "../policy/first_attempts.ts";
import { checkFirstMessage } from "../profiles/first_rules.ts";
import { sendEach } from "../states/effect.ts";
import type { Established } from "../states/established.ts";
import {
  type AwaitingAuthResponse,
  type AwaitingFirst,
  closed,
  dropped,
  type InitiatorState,
  type InitiatorTransition,
  protectionOfAttempt,
} from "../states/initiator_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Step } from "../steps/step.ts";

export type Attempt = AwaitingFirst | AwaitingAuthResponse;

export function isAttempt(state: InitiatorState): state is Attempt {
  return isAwaitingFirst(state) || state.waitsFor === "IKE_AUTH response";
}

export function isAwaitingFirst(state: InitiatorState): state is AwaitingFirst {
  return state.waitsFor === "IKE_SA_INIT response" || state.waitsFor === "IKE_SESSION_RESUME response";
}

/** What a state waits for, as its owner sees it: while an answer is tried, the response to IKE_AUTH. */
export function waitsForOf(state: InitiatorState): InitiatorState["waitsFor"] {
  return isAwaitingFirst(state) && state.candidates.length > 0 ? "IKE_AUTH response" : state.waitsFor;
}

/** A message to the SPI of the attempt. */
export function* receiveInAttempt(
  state: Attempt,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { exchangeType, isResponse, messageId, responderSpi } = message.header;
  const isAuth = isResponse && AFTER_FIRST.has(exchangeType);
  if (!isAwaitingFirst(state)) {
    if (!isAuth || responderSpi !== state.first.spis.responderSpi) return dropped(state, "unexpected-exchange");
    return yield* receiveAuthResponse(state, message, context);
  }
  if (isAuth) return yield* receiveCandidateAnswer(state, message, context);
  const isResuming = state.waitsFor === "IKE_SESSION_RESUME response";
  const { profile } = context.configuration;
  const expected = isResuming ? profile.presentation.exchangeType : ExchangeType.IKE_SA_INIT;
  if (exchangeType !== expected || !isResponse || messageId !== 0) return dropped(state, "unexpected-exchange");
  const presents = isResuming || state.waitsFor === "IKE_SA_INIT response" && state.ticket !== undefined;
  if (checkFirstMessage(message, presents ? profile : undefined)) return dropped(state, "malformed-rule");
  if (isResuming && state.protection) {
    return yield* receiveProtectedResponse(state, state.protection, message, datagram, context);
  }
  return isResuming
    ? yield* receiveResumeResponse(state, message, datagram, context)
    : yield* receiveInitResponse(state, message, datagram, context);
}

/** CREATE_CHILD_SA: IKE_AUTH may stand in it (draft-sheffer-ike-session-resumption-00, section 3.2). */
const AFTER_FIRST: ReadonlySet<number> = new Set([
  ExchangeType.IKE_AUTH,
  ExchangeType.IKE_INTERMEDIATE,
  ExchangeType.CREATE_CHILD_SA,
]);

/** Time has passed. */
export function* awaitAnswer(state: Attempt, context: InitiatorContext): Step<InitiatorTransition> {
  if (!isAwaitingFirst(state)) return yield* awaitProven(state, context);
  const { demand } = state;
  if (!demand || !isDemandDue(state, context)) return yield* awaitLonger(state, context);
  if (state.waitsFor === "IKE_SA_INIT response") return yield* meetInitDemand(state, demand.what, context);
  return demand.what.kind === "cookie"
    ? sendWithCookie(state, demand.what.cookie, context)
    : yield* awaitLonger(state, context);
}

/** The gateway has proven itself, and EAP goes on: the request is sent again, or given up. */
function* awaitProven(
  state: AwaitingAuthResponse,
  { configuration, random, now }: InitiatorContext,
): Step<InitiatorTransition> {
  if (now.monotonicMs < state.request.dueAtMs) return { next: state, effects: [] };
  const again = sentAgain(state.request, authRetransmissionOf(configuration), now.monotonicMs, random);
  if (again === undefined) return closed(state.first.spis, "no-answer");
  const request = yield* shortenedRequest(protectionOfAttempt(state, random), again);
  return { next: { ...state, request }, effects: sendEach(request.octets, state.path) };
}

/**
 * Whether a cookie seems to be why it was refused: a gateway that crosses the threshold of cookies may answer either request.
 */
export function mayHaveSignedAnother(before: InitiatorState, next: InitiatorState): boolean {
  return isAwaitingFirst(before) && before.candidates.some(({ first }) => first.requestAmbiguous === true) &&
    next.waitsFor === "nothing" && next.reason === "authentication-failed";
}

/** Whether a NAT stands before this end, by the answer that proved itself. */
export function isBehindNat(before: InitiatorState, { keys }: Established): boolean {
  const tried = isAwaitingFirst(before) ? before.candidates : before.waitsFor === "IKE_AUTH response" ? [before] : [];
  return tried.some((candidate) => candidate.keys === keys && candidate.first.nat.selfBehindNat);
}

export function isResuming(state: InitiatorState): boolean {
  return state.waitsFor === "IKE_SESSION_RESUME response" ||
    (state.waitsFor === "IKE_SA_INIT response" || state.waitsFor === "IKE_AUTH response") && state.ticket !== undefined;
}
