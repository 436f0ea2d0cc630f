/**
 * Answers to the first request that look right. Nobody has signed them: one of them may be the gateway's, and the others of somebody on the
 * path who was faster. Each is tried by an IKE_AUTH of its own, side by side; the first whose answer proves itself is the gateway's.
 *
 * @module
 */
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";
import { shortenedRequest } from "../message/fragmentation.ts";
import { sentAgain } from "../message/retransmission.ts";
import { authRetransmissionOf, initAttemptsOf, resumeAttemptsOf } from "../policy/first_attempts.ts";
import { type Effect, send, sendEach } from "../states/effect.ts";
import {
  type AwaitingAuthResponse,
  type AwaitingFirst,
  closed,
  dropped,
  firstPath,
  type InitiatorState,
  type InitiatorTransition,
  protectionOfAttempt,
} from "../states/initiator_state.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { Step } from "../steps/step.ts";
import { receiveAuthResponse } from "./ike_auth/initiator.ts";
import type { InitiatorContext } from "./initiator_context.ts";

/** Each one costs a Diffie-Hellman agreement or a derivation, and a message. */
const MAXIMUM_CANDIDATES = 4;

/**
 * How often the IKE_AUTH of a candidate is sent before the first request goes out again beside it: a gateway that is slow, as they are when
 * everybody comes back, is not asked everything twice.
 */
const FRESH_SENDINGS = 3;

/** Whether a candidate may still be about to answer: the first request, and demands, wait for it. */
export function isFresh({ request }: AwaitingAuthResponse): boolean {
  return request.sent <= FRESH_SENDINGS;
}

/** Why an answer that looks right is not tried; `undefined`: it is. To be asked before anything is computed. */
export function notTried(state: AwaitingFirst, { octets }: Message, { now }: InitiatorContext): string | undefined {
  if (state.candidates.some(({ first }) => sameOctets(first.responderMessage, octets))) return "repeated-answer";
  if (now.monotonicMs >= state.answersUntilMs) return "too-late";
  return state.candidates.length < MAXIMUM_CANDIDATES || state.candidates.some(isSlow) ? undefined : "too-many-answers";
}

/** The state with one more candidate, in the place of the slowest where there are too many. */
export function withCandidate<State extends AwaitingFirst>(state: State, candidate: AwaitingAuthResponse): State {
  const { candidates } = state;
  const loser = candidates.length < MAXIMUM_CANDIDATES ? undefined : candidates.find(isSlow);
  return { ...state, candidates: [...candidates.filter((one) => one !== loser), candidate] };
}

/** A gateway answers before its request is sent again, as a rule. */
function isSlow({ request }: AwaitingAuthResponse): boolean {
  return request.sent > 1;
}

/** An answer to IKE_AUTH: the candidate that it proves takes over, those that it ends go. Altered copies have the same keys. */
export function* receiveCandidateAnswer(
  state: AwaitingFirst,
  message: Message,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  let ignored: readonly Effect[] | undefined;
  const refused: Refused[] = [];
  for (const candidate of state.candidates) {
    if (candidate.first.spis.responderSpi !== message.header.responderSpi) continue;
    const { next, effects } = yield* receiveAuthResponse(candidate, message, context);
    if (next === candidate) ignored = effects;
    else if (next.waitsFor === "nothing") refused.push({ candidate, next, effects });
    else if (next.waitsFor === "IKE_AUTH response" && candidate.exchanging) {
      return { next: { ...state, candidates: advanced(state.candidates, candidate, next) }, effects };
    } else return { next, effects };
  }
  if (refused.length > 0) return judgeRefusal(state, refused, context);
  return ignored ? { next: state, effects: ignored } : dropped(state, "no-such-sa");
}

/** An additional key exchange is over, which proves nobody: altered copies of one answer, whose keys were the same, go on together. */
function advanced(
  candidates: readonly AwaitingAuthResponse[],
  before: AwaitingAuthResponse,
  after: AwaitingAuthResponse,
): AwaitingAuthResponse[] {
  return candidates.map((one) => {
    if (one === before) return after;
    if (one.keys !== before.keys) return one;
    return { ...after, first: { ...one.first, intermediate: after.first.intermediate }, path: one.path, eap: one.eap };
  });
}

interface Refused {
  readonly candidate: AwaitingAuthResponse;
  readonly next: Extract<InitiatorState, { waitsFor: "nothing" }>;
  readonly effects: readonly Effect[];
}

/**
 * Candidates have been refused, or have failed to prove themselves. With keys of a ticket that is the gateway's word; with those of a key exchange
 * it is the word of whoever sent the public value, and the real answer may be under way. The request itself is not sent again.
 */
function judgeRefusal(
  state: AwaitingFirst,
  refused: readonly Refused[],
  { configuration, now, cautious }: InitiatorContext,
): InitiatorTransition {
  const candidates = state.candidates.filter((one) => !refused.some(({ candidate }) => candidate === one));
  const [{ next: { reason } }] = refused;
  for (const { candidate, ...transition } of refused) {
    // Because of a cookie, AUTH may cover one request and be checked against another: that proves nothing, and is worth another
    // attempt.
    const isMistaken = candidate.first.requestAmbiguous === true && !cautious;
    const isAuthentic = candidate.ticket !== undefined || transition.next.isAuthentic;
    if (isMistaken ? candidates.length === 0 : isAuthentic) return transition;
  }
  const next = {
    ...state,
    request: { ...state.request, dueAtMs: Infinity },
    candidates,
    refusal: { reason, untilMs: state.refusal?.untilMs ?? now.monotonicMs + configuration.refusalPatienceMs },
  };
  return { next, effects: [] };
}

/**
 * Time has passed: what is due is sent again, what was sent often enough is given up, and with nothing left to wait for so is the attempt.
 * A demand that waited is for the caller, before this.
 */
export function* awaitLonger(state: AwaitingFirst, context: InitiatorContext): Step<InitiatorTransition> {
  const { configuration, path, random, now } = context;
  const { retransmission } = configuration;
  const effects: Effect[] = [];
  const candidates: AwaitingAuthResponse[] = [];
  for (const candidate of state.candidates) {
    const isDue = now.monotonicMs >= candidate.request.dueAtMs;
    const again = isDue
      ? sentAgain(candidate.request, authRetransmissionOf(configuration), now.monotonicMs, random)
      : candidate.request;
    if (again === undefined) continue;
    const request = isDue ? yield* shortenedRequest(protectionOfAttempt(candidate, random), again) : again;
    if (isDue) effects.push(...sendEach(request.octets, candidate.path));
    candidates.push({ ...candidate, request });
  }
  const next = { ...state, candidates };
  const { initiatorSpi, refusal } = state;
  const spis = state.candidates.at(-1)?.first.spis ?? { initiatorSpi, responderSpi: 0n };
  if (refusal && candidates.length === 0 && now.monotonicMs >= refusal.untilMs) return refusedAtLast(spis, refusal);
  const isOver = now.monotonicMs >= state.answersUntilMs || state.request.dueAtMs === Infinity;
  if (!isOver && now.monotonicMs < state.request.dueAtMs) return { next, effects };
  const fresh = isOver ? [] : candidates.filter(isFresh).map(({ request }) => request.dueAtMs);
  if (fresh.length > 0) return { next: { ...next, request: { ...state.request, dueAtMs: Math.max(...fresh) } }, effects };
  const isResuming = state.waitsFor === "IKE_SESSION_RESUME response";
  const attempts = isResuming ? resumeAttemptsOf(configuration) : initAttemptsOf(configuration);
  const request = isOver ? undefined : sentAgain(state.request, { ...retransmission, attempts }, now.monotonicMs, random);
  if (request) {
    return {
      next: { ...next, request, retries: 0 },
      effects: [send(request.octets, firstPath(path, configuration)), ...effects],
    };
  }
  if (candidates.length === 0 && refusal === undefined) return closed(spis, "no-answer");
  return { next: { ...next, request: { ...state.request, dueAtMs: Infinity } }, effects };
}

/** Nothing better came: a client that is sent elsewhere is told where to. */
function refusedAtLast(spis: SpiPair, { reason, to }: NonNullable<AwaitingFirst["refusal"]>): InitiatorTransition {
  const { next } = closed(spis, reason);
  return { next, effects: to === undefined ? [] : [{ type: "redirected", to, proven: false }] };
}

/** Whether a demand has waited long enough. */
export function isDemandDue({ demand, candidates, request }: AwaitingFirst, { now }: InitiatorContext): boolean {
  if (demand === undefined || candidates.some(isFresh)) return false;
  return now.monotonicMs >= (candidates.length === 0 ? demand.untilMs : request.dueAtMs);
}
