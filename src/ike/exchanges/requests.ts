/**
 * Requests of this end on an IKE SA that is up: one at a time (RFC 7296, section 2.3), sent again until they are answered.
 *
 * @module
 */
import { ExchangeType, ProtocolId } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { shortenedRequest } from "../message/fragmentation.ts";
import { redirect } from "../message/redirect_notifies.ts";
import { sealMessage } from "../message/protected_message.ts";
import { firstSent, type Outstanding, sentAgain } from "../message/retransmission.ts";
import { type ChildCreation, childDueMs } from "../states/child_affairs.ts";
import { withDueTasks, withRekeying } from "../states/child_lives.ts";
import { sendEach } from "../states/effect.ts";
import { ended, reasonOfEnd } from "../states/ending.ts";
import {
  endOf,
  type Established,
  LAST_MESSAGE_ID,
  type OutstandingRequest,
  protectionOf,
  type RekeyAttempt,
  type RequestPurpose,
  silentUntilMs,
  type Transition,
  wipeEstablished,
} from "../states/established.ts";
import { awaitedIkeSa, followupsDueMs, withoutExpired } from "../states/followup.ts";
import { whoseOf } from "../states/whose.ts";
import { retransmissionPath } from "../states/peer_path.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import { creationPayloads, newCreation } from "./create_child_sa/child_initiator.ts";
import { deletionPayloads, takeTask } from "./create_child_sa/child_requests.ts";
import { newRekeyAttempt, rekeyPayloads } from "./create_child_sa/initiator.ts";
import { type EstablishedContext, headerOf } from "./established_context.ts";
import { followupPayloads } from "./ike_followup_ke/initiator.ts";
import { mobilityRequest } from "./informational/mobility_initiator.ts";

/**
 * Sends a request of this end's, or keeps it until the outstanding one is answered. An IKE SA that is being deleted, or whose place another
 * one has taken, asks for nothing but to be deleted; one that the peer is rekeying by additional key exchanges, for no other. A liveness check beside another request would tell nothing more than its answer.
 */
export function* sendRequest(
  state: Established,
  purpose: RequestPurpose,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { outstanding, queued = [] } = state.sendWindow;
  const unwanted = purpose !== "delete" && (state.retiredUntilMs !== undefined || isClosing(state)) ||
    outstanding?.purpose === purpose || outstanding && queued.includes(purpose) ||
    purpose === "ticket" && state.side === "gateway" ||
    purpose === "redirect" && state.redirectTo === undefined ||
    (purpose === "rekey" || purpose === "child") && awaitedIkeSa(state) !== undefined ||
    (purpose === "update-addresses" || purpose === "check-path") && state.mobility === undefined;
  if (unwanted || outstanding && (purpose === "liveness" || purpose === "child")) return { next: state, effects: [] };
  if (outstanding) {
    return { next: { ...state, sendWindow: { ...state.sendWindow, queued: [...queued, purpose] } }, effects: [] };
  }
  if (purpose === "rekey") return yield* sendRekey(state, yield* newRekeyAttempt(state, context), now, context);
  if (purpose === "child") return yield* sendChildTask(state, now, context);
  const addresses = mobilityRequest(state, purpose, context.random, context.refuseNats ?? false);
  const request = {
    exchangeType: ExchangeType.INFORMATIONAL,
    purpose,
    ...(purpose === "redirect" && { redirectTo: state.redirectTo }),
  };
  const payloads = addresses?.payloads ?? payloadsOf(purpose, state, context);
  return yield* sendNow(addresses?.state ?? state, request, payloads, now, context);
}

/** Asks for what is next about Child SAs, if its time has come. */
function* sendChildTask(state: Established, now: Instant, context: EstablishedContext): Step<Transition> {
  const { task, rest } = takeTask(state, now);
  if (task === undefined) return { next: rest, effects: [] };
  if (task.kind !== "delete") return yield* sendCreation(rest, yield* newCreation(rest, task, context), now, context);
  const child = { kind: "deletion", inboundSpis: task.inboundSpis } as const;
  const request = { exchangeType: ExchangeType.INFORMATIONAL, purpose: "child", child } as const;
  return yield* sendNow(rest, request, deletionPayloads(child), now, context);
}

/** Offers a Child SA, or goes on with what was agreed on. */
export function* sendCreation(
  state: Established,
  child: ChildCreation,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { followup } = child;
  const exchangeType = followup ? ExchangeType.IKE_FOLLOWUP_KE : ExchangeType.CREATE_CHILD_SA;
  const payloads = followup ? followupPayloads(followup) : creationPayloads(child);
  return yield* sendNow(state, { exchangeType, purpose: "child", child }, payloads, now, context);
}

/** Offers a new IKE SA in this one's place, or goes on with what was agreed on. */
export function* sendRekey(
  state: Established,
  attempt: RekeyAttempt,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { followup } = attempt;
  const exchangeType = followup ? ExchangeType.IKE_FOLLOWUP_KE : ExchangeType.CREATE_CHILD_SA;
  const payloads = followup ? followupPayloads(followup) : rekeyPayloads(attempt, context);
  return yield* sendNow(state, { exchangeType, purpose: "rekey", rekey: attempt }, payloads, now, context);
}

/** The window is free: what waited is sent, a deletion before all else. */
export function* sendQueued(state: Established, now: Instant, context: EstablishedContext): Step<Transition> {
  const { queued = [], nextId } = state.sendWindow;
  if (queued.length === 0) {
    return state.children ? yield* sendRequest(state, "child", now, context) : { next: state, effects: [] };
  }
  const purpose = queued.includes("delete") ? "delete" : queued[0];
  const rest = purpose === "delete" ? [] : queued.slice(1);
  return yield* sendRequest({ ...state, sendWindow: { nextId, queued: rest } }, purpose, now, context);
}

/**
 * Time has passed: a request is sent again, the peer is asked for a sign of life or taken for dead, a ticket is renewed, the IKE SA comes to its
 * end, or is forgotten.
 */
export function* timeout(state: Established, now: Instant, context: EstablishedContext): Step<Transition> {
  if (state.retiredUntilMs !== undefined && now.monotonicMs >= state.retiredUntilMs) return down(state, "no-answer");
  if (state.retiredUntilMs === undefined && now.monotonicMs >= endOf(state)) return ended(state, reasonOfEnd(state, now), now);
  if (now.monotonicMs >= followupsDueMs(state)) return { next: withoutExpired(state, now), effects: [] };
  const renewAtMs = state.ticket?.renewAtMs;
  if (state.ticket && renewAtMs !== undefined && now.monotonicMs >= renewAtMs) {
    const { expiresAtEpochSeconds } = state.ticket;
    return yield* sendRequest({ ...state, ticket: { expiresAtEpochSeconds } }, "ticket", now, context);
  }
  const isChildDue = state.children && now.monotonicMs >= childDueMs(state) && awaitedIkeSa(state) === undefined;
  if (state.retiredUntilMs === undefined && state.children && isChildDue) {
    const { rekeyIkeSaAtMs = Infinity } = state.children;
    return now.monotonicMs >= rekeyIkeSaAtMs
      ? yield* sendRequest({ ...state, children: withRekeying(state.children, undefined) }, "rekey", now, context)
      : yield* sendRequest(withDueTasks(state, now), "child", now, context);
  }
  const { outstanding: waiting, queued } = state.sendWindow;
  if (waiting === undefined) {
    if (state.retiredUntilMs !== undefined && queued?.includes("delete")) return yield* sendQueued(state, now, context);
    const isSilent = now.monotonicMs >= silentUntilMs(state);
    return isSilent ? yield* sendRequest(state, "liveness", now, context) : { next: state, effects: [] };
  }
  if (now.monotonicMs < waiting.dueAtMs) return { next: state, effects: [] };
  const again = sentAgain(waiting, context.retransmission, now.monotonicMs, context.random) ?? askedTooLate(waiting, now);
  if (again === undefined) return down(state, waiting.purpose === "delete" ? "deleted-by-us" : "no-answer");
  const outstanding = yield* shortenedRequest(protectionOf(state, context.random), { ...waiting, ...again });
  return {
    next: { ...state, sendWindow: { ...state.sendWindow, outstanding } },
    effects: sendEach(outstanding.octets, retransmissionPath(state, waiting.sent)),
  };
}

/**
 * This end was busy, or stood still, when it was to give up: the answer may lie in this end's own queue. The peer is asked once
 * more, and given time, as often as that happens.
 */
function askedTooLate(waiting: OutstandingRequest, { monotonicMs }: Instant): Outstanding | undefined {
  if (monotonicMs - waiting.dueAtMs < LATE_MS) return undefined;
  return { octets: waiting.octets, sent: waiting.sent, dueAtMs: monotonicMs + EXTRA_WAIT_MS };
}

/** Far more than a timer is late when all is well. */
const LATE_MS = 1_000;
const EXTRA_WAIT_MS = 2_000;

/** This end is deleting the IKE SA, or will as soon as it can. */
export function isClosing({ sendWindow: { outstanding, queued } }: Established): boolean {
  return outstanding?.purpose === "delete" || queued?.includes("delete") === true;
}

/** The IKE SA is gone. Nothing is told of one whose place another has taken. */
export function down(
  state: Established,
  reason: "deleted-by-us" | "deleted-by-peer" | "no-answer" | "lifetime-over",
): Transition {
  wipeEstablished(state);
  const effects = state.retiredUntilMs === undefined
    ? [{ type: "ike-sa-down", spis: state.spis, reason, ...whoseOf(state) } as const]
    : [];
  return { next: undefined, effects };
}

const PAYLOADS: {
  readonly [Purpose in Exclude<RequestPurpose, "rekey" | "child" | "ticket" | "redirect">]: readonly Payload[];
} = {
  liveness: [],
  delete: [{ type: "D", protocolId: ProtocolId.IKE, spiSize: 0, spis: [] }],
  "update-addresses": [],
  "check-path": [],
};

function payloadsOf(
  purpose: Exclude<RequestPurpose, "rekey" | "child">,
  { redirectTo }: Established,
  { tickets }: EstablishedContext,
): readonly Payload[] {
  if (purpose === "ticket") return tickets ? [tickets.profile.notifies.request] : [];
  if (purpose === "redirect") return redirectTo === undefined ? [] : [redirect(redirectTo)];
  return PAYLOADS[purpose];
}

function* sendNow(
  state: Established,
  request: Pick<OutstandingRequest, "exchangeType" | "purpose" | "rekey" | "child" | "redirectTo">,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { nextId: messageId, queued } = state.sendWindow;
  // Another IKE SA should have taken its place long ago. Not even the peer can be told: there is no number for it (RFC 7296, section 2.2).
  if (messageId > LAST_MESSAGE_ID) return down(state, "lifetime-over");
  const header = headerOf(state, request.exchangeType, messageId, false);
  const octets = yield* sealMessage(protectionOf(state, context.random), header, payloads);
  const outstanding = {
    ...firstSent(octets, context.retransmission, now.monotonicMs, context.random),
    messageId,
    ...request,
  };
  return {
    next: {
      ...state,
      sendWindow: { nextId: messageId + 1, outstanding, queued: queued?.filter((waiting) => waiting !== request.purpose) },
    },
    effects: sendEach(octets, state.path),
  };
}
