/**
 * What comes of this end's requests about Child SAs: one takes the place of another, one is gone, or it is tried again later. Where requests of
 * both ends crossed, who deletes what (RFC 7296, sections 2.8.1 and 2.25.1; RFC 4718, section 5.11).
 *
 * @module
 */
import { wipeKeyPair } from "../../../crypto/key_exchange.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { wipeChildSaKeys } from "../../child_sa/child_sa_keys.ts";
import { findErrorNotify } from "../../message/notify.ts";
import {
  type ChildAttempt,
  type ChildCreation,
  childSaOf,
  type CrossingChild,
  type DeletionTask,
  withoutChildSas,
  withoutPeers,
  withTask,
} from "../../states/child_affairs.ts";
import { withChildSa, withReplaced } from "../../states/child_lives.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established, Transition } from "../../states/established.ts";
import { FOLLOWUP_WAIT_MS, wipeFollowup, withoutAwaited } from "../../states/followup.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import { type EstablishedContext, prepend } from "../established_context.ts";
import { afterRefusal, isOutOfStep } from "../ike_followup_ke/lost_state.ts";
import { sendCreation, sendQueued, sendRequest } from "../requests.ts";
import { type CreationOutcome, judgeCreation } from "./child_initiator.ts";
import { remade } from "./child_remake.ts";
import { lowerNonce } from "./new_ike_sa.ts";

/** A peer that is busy is asked again after so many milliseconds, and then after twice as many (RFC 7296, section 2.25). */
const FIRST_DELAY_MS = 2_000;
const MAXIMUM_FAILURES = 6;

/** The answer to a request of this end's came; `state` has its window free again. */
export function* finishChild(
  state: Established,
  attempt: ChildAttempt,
  payloads: readonly Payload[] | undefined,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  if (attempt.kind === "deletion") {
    const gone = state.childSas.filter(({ inboundSpi }) => attempt.inboundSpis.includes(inboundSpi));
    const { next, effects } = withEnded(state, gone);
    return prepend(effects, yield* sendQueued(next, now, context));
  }
  const outcome = yield* judgeCreation(state, attempt, payloads, context);
  if (attempt.pair) wipeKeyPair(attempt.pair);
  if (outcome.kind === "another-group") return yield* sendCreation(state, outcome.attempt, now, context);
  if (outcome.kind === "further") return yield* goOn(state, outcome, now, context);
  if (outcome.kind === "made") {
    const { next, effects } = withMade(state, attempt, outcome, now, context);
    return prepend(effects, yield* sendQueued(next, now, context));
  }
  // An answer that is no refusal itself has made one at the peer.
  const isRefusal = payloads !== undefined && findErrorNotify(payloads) !== undefined;
  const counted = afterRefusal(state, outcome.notifyType);
  if (isOutOfStep(counted)) return yield* sendRequest(counted, "delete", now, context);
  const without = isRefusal ? counted : withoutPeers(counted, attempt.inboundSpi, now);
  const { next, effects } = withRefusal(without, attempt, outcome.notifyType, now, context);
  return prepend(effects, yield* sendQueued(next, now, context));
}

/**
 * Additional key exchanges follow, unless the peer's rekeying of the same Child SA crossed and this end's exchange has the lowest nonce: it is not gone
 * on with, and there is nothing to delete. Where this end's goes on, the peer's does not (RFC 9370, section 2.2.4).
 */
function* goOn(
  state: Established,
  { attempt, lowestNonce }: Extract<CreationOutcome, { kind: "further" }>,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { crossing, task } = attempt;
  if (crossing && lowerNonce(crossing.lowestNonce, lowestNonce) === lowestNonce) {
    wipeFollowup(attempt.followup!);
    // A peer that does not go on is not to leave the Child SA to its end.
    const again = { ...task, notBeforeMs: now.monotonicMs + FOLLOWUP_WAIT_MS + FIRST_DELAY_MS };
    return yield* sendQueued(withTask(state, again), now, context);
  }
  if (!crossing?.isAwaited) return yield* sendCreation(state, attempt, now, context);
  const alone = withoutAwaited(state, ({ making }) => making.kind === "child" && making.inboundSpi === crossing.inboundSpi);
  return yield* sendCreation(alone, { ...attempt, crossing: undefined }, now, context);
}

/** What is left, and what is told of it. */
interface Outcome {
  readonly next: Established;
  readonly effects: readonly Effect[];
}

function withMade(
  state: Established,
  attempt: ChildCreation,
  { childSa, lowestNonce }: { readonly childSa: ChildSa; readonly lowestNonce: Uint8Array },
  now: Instant,
  context: EstablishedContext,
): Outcome {
  const { task, denied } = attempt;
  // What is not there yet has lost: this end has needed no additional key exchange.
  const crossing = attempt.crossing?.isAwaited ? undefined : attempt.crossing;
  const { inboundSpi } = childSa;
  const alone = withoutAwaited(
    { ...state, statesLost: undefined },
    ({ old }) => task.kind === "rekey" && old === task.inboundSpi,
  );
  let next = withChildSa(alone, childSa, context.childSas.rules, now);
  const effects: Effect[] = [];
  const old = task.kind === "rekey" ? childSaOf(state, task.inboundSpi) : undefined;
  const isRedundant = crossing !== undefined && lowerNonce(crossing.lowestNonce, lowestNonce) === lowestNonce;
  if (task.kind === "create" || old === undefined && !isRedundant) {
    const { request } = task.kind === "create" ? task : {};
    effects.push({ type: "child-sa-up", spis: state.spis, childSa, ...(request !== undefined && { request }) });
  } else {
    effects.push({ type: "child-sa-rekeyed", spis: state.spis, old: old ?? childSa, childSa, byUs: true, isRedundant });
  }
  if (isRedundant) {
    // Of four nonces the lowest: the peer's own new one stays, and the peer deletes the old one (RFC 7296, section 2.8.1).
    next = withTask(withReplaced(next, inboundSpi, now), deletionOf(inboundSpi, now));
  } else {
    if (crossing) next = withReplaced(next, crossing.inboundSpi, now);
    if (old) next = withTask(withReplaced(next, old.inboundSpi, now), deletionOf(old.inboundSpi, now));
  }
  if (!denied.includes(childSa.outboundSpi)) return { next, effects };
  const ended = withEnded(next, [childSa]);
  return { next: remade(ended.next, [childSa], now, context), effects: [...effects, ...ended.effects] };
}

function withRefusal(
  state: Established,
  { task, crossing, localSelectors, remoteSelectors }: ChildCreation,
  notifyType: number,
  now: Instant,
  context: EstablishedContext,
): Outcome {
  const { spis } = state;
  const isTemporary = notifyType === NotifyType.TEMPORARY_FAILURE || notifyType === NotifyType.STATE_NOT_FOUND;
  if (task.kind === "create") {
    const again = { ...task, notBeforeMs: now.monotonicMs + delayAfter(task.failures), failures: task.failures + 1 };
    // A client does not stay up without; everybody else gives up in the end.
    const isWorthIt = task.isRemake && state.side === "client" ||
      (isTemporary || task.isRemake) && task.failures < MAXIMUM_FAILURES;
    if (isTemporary && isWorthIt) return { next: withTask(state, again), effects: [] };
    const failed: Effect = {
      type: "child-sa-failed",
      spis,
      notifyType,
      ...(task.request !== undefined && { request: task.request }),
    };
    return { next: isWorthIt ? withTask(state, again) : state, effects: [failed] };
  }
  const old = childSaOf(state, task.inboundSpi);
  // The peer has noticed nothing of a crossing, or has deleted what was to be rekeyed: nothing is missing.
  if (old === undefined || isCrossingThere(state, crossing)) return { next: remade(state, [], now, context), effects: [] };
  if (notifyType === NotifyType.CHILD_SA_NOT_FOUND) {
    // It goes without a word, and another is made from scratch (RFC 7296, section 2.25).
    const { next, effects } = withEnded(state, [old]);
    const creation = { kind: "create", localSelectors, remoteSelectors, isRemake: true, failures: 0 } as const;
    return { next: withTask(next, { ...creation, notBeforeMs: now.monotonicMs }), effects };
  }
  if (isTemporary && task.failures < MAXIMUM_FAILURES) {
    const notBeforeMs = now.monotonicMs + delayAfter(task.failures);
    return { next: withTask(state, { ...task, notBeforeMs, failures: task.failures + 1 }), effects: [] };
  }
  return { next: state, effects: [{ type: "child-sa-rekey-failed", spis, childSa: old, notifyType }] };
}

function isCrossingThere(state: Established, crossing: CrossingChild | undefined): boolean {
  return crossing !== undefined && childSaOf(state, crossing.inboundSpi) !== undefined;
}

/** Some Child SAs are gone at both ends. */
export function withEnded(state: Established, gone: readonly ChildSa[]): Outcome {
  gone.forEach(wipeChildSaKeys);
  const effects = gone.map((childSa): Effect => ({ type: "child-sa-down", spis: state.spis, childSa }));
  return { next: withoutChildSas(state, gone), effects };
}

function deletionOf(inboundSpi: number, { monotonicMs }: Instant): DeletionTask {
  return { kind: "delete", inboundSpis: [inboundSpi], notBeforeMs: monotonicMs, failures: 0 };
}

function delayAfter(failures: number): number {
  return FIRST_DELAY_MS * 2 ** Math.min(failures, MAXIMUM_FAILURES - 1);
}
