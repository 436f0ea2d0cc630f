/**
 * IKE_FOLLOWUP_KE, responder's side (RFC 9370, section 2.2.4).
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import { NotifyType } from "../../../wire/constants.ts";
import { sameOctets } from "../../../wire/octets.ts";
import type { Payload } from "../../../wire/payload.ts";
import { findPayload, notify } from "../../message/notify.ts";
import type { Effect } from "../../states/effect.ts";
import type { CrossingRekey, Established } from "../../states/established.ts";
import {
  type AwaitedFollowup,
  awaiting,
  FOLLOWUP_WAIT_MS,
  wipeFollowup,
  withoutAwaited,
  withoutExpired,
} from "../../states/followup.ts";
import type { Instant } from "../../steps/instant.ts";
import { generateKeyPair, type Step } from "../../steps/step.ts";
import { answerExchange } from "../additional_exchange.ts";
import { madeForPeer, mayBeMade } from "../create_child_sa/child_for_peer.ts";
import { ikeSaForPeer } from "../create_child_sa/responder.ts";
import type { EstablishedContext } from "../established_context.ts";
import { isClosing } from "../requests.ts";
import { linkNotify, linkOf, newLink } from "./link.ts";

export interface FollowupAnswer {
  readonly payloads: readonly Payload[];
  readonly next: Established;
  readonly effects: readonly Effect[];
  /** An IKE SA to take the place of this one. */
  readonly made?: CrossingRekey;
}

/** KEi(n), N(ADDITIONAL_KEY_EXCHANGE) → KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)]; after the last one there is what was agreed on. */
export function* answerFollowup(
  before: Established,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<FollowupAnswer> {
  const state = withoutExpired(before, now);
  const link = linkOf(payloads);
  const offered = findPayload(payloads, "KE");
  const refuse = (notifyType: number, next: Established): FollowupAnswer => ({
    payloads: [notify(notifyType)],
    next,
    effects: [],
  });
  if (link === undefined || offered === undefined) return refuse(NotifyType.INVALID_SYNTAX, state);
  const awaited = state.followups?.find((one) => sameOctets(one.link, link));
  if (awaited === undefined || state.retiredUntilMs !== undefined) return refuse(NotifyType.STATE_NOT_FOUND, state);
  const { methods: [method, ...rest], secrets } = awaited;
  const isThis = (one: AwaitedFollowup) => one === awaited;
  const given = (forget: (one: AwaitedFollowup) => void) => withoutAwaited(state, isThis, forget);
  if (isClosing(state)) return refuse(NotifyType.TEMPORARY_FAILURE, given(wipeFollowup));
  const answer = offered.group === method.id
    ? yield* answerExchange(method, offered.keyExchangeData, generateKeyPair)
    : undefined;
  if (answer === undefined) return refuse(NotifyType.INVALID_SYNTAX, given(wipeFollowup));

  const keyExchange: Payload = { type: "KE", group: method.id, keyExchangeData: answer.publicValue };
  const all = [...secrets, answer.sharedSecret];
  const left = given(() => {});
  if (rest.length > 0) {
    const nextLink = newLink(context.random);
    const expiresAtMs = now.monotonicMs + FOLLOWUP_WAIT_MS;
    const next = awaiting(left, { ...awaited, methods: rest, secrets: all, link: nextLink, expiresAtMs });
    return { payloads: [keyExchange, linkNotify(nextLink)], next, effects: [] };
  }
  const { making, lowestNonce } = awaited;
  if (making.kind === "ike") {
    const successor = yield* ikeSaForPeer(left, making, all, context);
    return { payloads: [keyExchange], next: left, effects: [], made: { successor, lowestNonce } };
  }
  // What it was to take the place of may be gone by now, or have another in its place.
  const agreed = { making, lowestNonce, secrets: all, old: awaited.old };
  if (!mayBeMade(left, agreed, context)) {
    wipe(...all);
    return refuse(NotifyType.STATE_NOT_FOUND, left);
  }
  const { next, effects } = yield* madeForPeer(left, agreed, now, context);
  return { payloads: [keyExchange], next, effects };
}
