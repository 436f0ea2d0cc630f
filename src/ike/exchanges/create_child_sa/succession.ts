/**
 * One IKE SA takes the place of another: what it inherits, who deletes what, and which of two stays when both ends rekeyed at once
 * (RFC 7296, sections 2.8 and 2.25.2; RFC 4718, sections 5.1 and 5.11).
 *
 * @module
 */
import { wipeKeyPair } from "../../../crypto/key_exchange.ts";
import type { Payload } from "../../../wire/payload.ts";
import { concealedKeys } from "../../ike_sa/ike_sa_keys.ts";
import { affairsOf } from "../../states/child_affairs.ts";
import { withRekeying } from "../../states/child_lives.ts";
import type { Effect } from "../../states/effect.ts";
import { retired } from "../../states/ending.ts";
import {
  type Established,
  forgetOffers,
  ownSpiOf,
  type RekeyAttempt,
  type RequestPurpose,
  type Transition,
} from "../../states/established.ts";
import { awaitedIkeSa, wipeFollowup, withoutAwaited } from "../../states/followup.ts";
import { inheritedMobility } from "../../states/mobility.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import { asksUnprompted, takeTicketAnswer } from "../../tickets/client_ticket.ts";
import { type EstablishedContext, prepend } from "../established_context.ts";
import { afterRefusal, isOutOfStep } from "../ike_followup_ke/lost_state.ts";
import { sendQueued, sendRekey, sendRequest } from "../requests.ts";
import { judgeRekeyAnswer, offersAdditional, type RekeyOutcome } from "./initiator.ts";
import { lowerNonce } from "./new_ike_sa.ts";

/**
 * The answer to this end's offer came; `state` has its window free again. Where the peer's own offer crossed it, the new IKE SA
 * with the lowest of all four nonces goes, deleted by the end that offered it (RFC 7296, section 2.8.2; RFC 4718, section
 * 5.11.4 has it the other way round, and was corrected); a peer that refused has not noticed that they crossed, and goes on
 * with what it made itself (section 2.25.2).
 */
export function* finishRekey(
  state: Established,
  attempt: RekeyAttempt,
  payloads: readonly Payload[] | undefined,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const outcome = yield* judgeRekeyAnswer(state, attempt, payloads, context);
  wipeKeyPair(attempt.pair);
  const { crossing } = state;
  switch (outcome.kind) {
    case "another-group":
      return yield* sendRekey(state, outcome.attempt, now, context);
    case "further":
      return yield* goOn(state, outcome, now, context);
    case "refused": {
      if (crossing) return yield* succeed(state, { successor: crossing.successor, byUs: false }, now, context);
      const failed: Effect = { type: "ike-sa-rekey-failed", spis: state.spis, notifyType: outcome.notifyType };
      const counted = afterRefusal(state, outcome.notifyType);
      if (isOutOfStep(counted)) return prepend([failed], yield* sendRequest(counted, "delete", now, context));
      return prepend([failed], yield* sendQueued(rekeyedLater(counted, now, context), now, context));
    }
    case "made": {
      const { created, lowestNonce } = outcome;
      if (crossing && lowerNonce(lowestNonce, crossing.lowestNonce) === lowestNonce) {
        return yield* succeed(state, { successor: crossing.successor, redundant: created, byUs: false }, now, context);
      }
      const { tickets, random } = context;
      const isPutOff = offersAdditional(attempt.proposals);
      const ticket = tickets?.requestTicket && !isPutOff
        ? takeTicketAnswer(created, payloads ?? [], tickets, random, now)
        : undefined;
      const succession = {
        successor: ticket?.next ?? created,
        redundant: crossing?.successor,
        byUs: true,
        told: ticket?.effects,
        ticketAnswer: ticket?.answer,
        asksTicket: tickets?.requestTicket && isPutOff,
      };
      return yield* succeed(state, succession, now, context);
    }
  }
}

/**
 * Additional key exchanges follow, unless the peer's own offer crossed and this end's has the lowest nonce: it is not gone on with, and there is
 * nothing to delete. Where this end's goes on, the peer's does not (RFC 9370, section 2.2.4).
 */
function* goOn(
  state: Established,
  { attempt, lowestNonce }: Extract<RekeyOutcome, { kind: "further" }>,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { crossing } = state;
  const theirs = crossing ?? awaitedIkeSa(state);
  if (theirs && lowerNonce(lowestNonce, theirs.lowestNonce) === lowestNonce) {
    wipeFollowup(attempt.followup!);
    return crossing
      ? yield* succeed(state, { successor: crossing.successor, byUs: false }, now, context)
      : yield* sendQueued(rekeyedLater(state, now, context), now, context);
  }
  return yield* sendRekey(withoutAwaited(state, ({ making }) => making.kind === "ike"), attempt, now, context);
}

/** An IKE SA that was made earlier in its exchange, or in one that crossed it: the client may have moved since, or a NAT it. */
function whereItIs({ path, espOutsideUdp, mobility }: Established, made: Established): Established {
  return { ...made, path, espOutsideUdp, mobility: inheritedMobility(mobility) };
}

/** A gateway that rekeys its IKE SAs by itself tries again before the end, at ever shorter intervals. */
function rekeyedLater(state: Established, { monotonicMs }: Instant, { lifeLimitsOf }: EstablishedContext): Established {
  const { endsAtMs } = state;
  if (endsAtMs === undefined || lifeLimitsOf?.(ownSpiOf(state)).rekeyAtMs === undefined) return state;
  const atMs = monotonicMs + Math.max((endsAtMs - monotonicMs) / 4, LEAST_INTERVAL_MS);
  return { ...state, children: withRekeying(affairsOf(state), atMs) };
}

const LEAST_INTERVAL_MS = 2_000;

export interface Succession {
  readonly successor: Established;
  /** The one that lost, where two were made. */
  readonly redundant?: Established;
  /** Whether this end offered the successor: then it deletes the old IKE SA; otherwise, the redundant one. */
  readonly byUs: boolean;
  /** What else the exchange led to. */
  readonly told?: readonly Effect[];
  /** What came of a request for a ticket that went with the offer. */
  readonly ticketAnswer?: "ticket" | "ack" | "nack" | "none";
  /** Client: the request for a ticket did not go with the offer, and follows it. */
  readonly asksTicket?: boolean;
}

/**
 * The successor inherits the Child SAs and what waited to be asked. The ticket of the old IKE SA is worth nothing any more (RFC 5723,
 * section 6.2); a client that got none with the successor asks for one there, never in an exchange of the gateway's (section 4.1).
 */
export function* succeed(
  old: Established,
  succession: Succession,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { byUs, told = [], ticketAnswer } = succession;
  const successor = whereItIs(old, succession.successor);
  const redundant = succession.redundant && whereItIs(old, succession.redundant);
  const { outstanding, queued = [], nextId } = old.sendWindow;
  forgetOffers(old);
  const effects: Effect[] = [
    { type: "ike-sa-rekeyed", spis: old.spis, newSpis: successor.spis, byUs },
    ...(context.exposeKeys
      ? [{ type: "ike-sa-keys", spis: successor.spis, suite: successor.suite, keys: concealedKeys(successor.keys) } as const]
      : []),
    ...(old.ticket ? [{ type: "ticket-invalidated", spis: old.spis } as const] : []),
    ...told,
  ];

  // A request under way on the old one may get no answer there: the successor asks again.
  const wishes: RequestPurpose[] = [...queued, ...(outstanding ? [outstanding.purpose] : [])].filter((purpose) =>
    purpose !== "child"
  );
  const mayAsk = ticketAnswer === undefined || ticketAnswer === "ack";
  if (succession.asksTicket || mayAsk && asksUnprompted(context.tickets)) wishes.push("ticket");
  const asks = wishes.includes("delete")
    ? ["delete" as const]
    : wishes.filter((purpose) => purpose !== "rekey" && !(purpose === "ticket" && ticketAnswer === "ticket"));
  const children = old.children && withRekeying(old.children, successor.children?.rekeyIkeSaAtMs);
  const { redirectTo } = old;
  let heir: Established = { ...successor, childSas: old.childSas, redirectTo, ...(children && { children }) };
  if (old.side === "client" && !byUs) {
    // Gateways take messages of different IKE SAs together: one that overtakes the answer finds nothing there yet. The DELETE of the old
    // IKE SA shows that the successor is known.
    heir = { ...heir, sendWindow: { ...heir.sendWindow, queued: [...new Set(asks)] } };
  } else {
    for (const purpose of asks) {
      const sent = yield* sendRequest(heir, purpose, now, context);
      heir = sent.next ?? heir;
      effects.push(...sent.effects);
    }
  }

  const stillWaits = outstanding?.purpose === "rekey" || outstanding?.purpose === "child" ? undefined : outstanding;
  let next = retired(
    { ...old, followups: undefined, redirectTo: undefined, sendWindow: { nextId, outstanding: stillWaits } },
    now,
  );
  let loser = redundant && retired(redundant, now);
  const doomed = byUs ? next : loser;
  const deletion = doomed && (yield* sendRequest(doomed, "delete", now, context));
  if (deletion?.next) {
    if (byUs) next = deletion.next;
    else loser = deletion.next;
  }
  return { next, successor: heir, redundant: loser, effects: [...effects, ...(deletion?.effects ?? [])] };
}
