/**
 * A Child SA that was agreed on with the peer, which asked for it: at once, or when additional key exchanges are over (RFC 9370, section 2.2.4).
 *
 * @module
 */
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { affairsOf, type ChildCreation, childSaOf, isBeingClosed, isReplaced } from "../../states/child_affairs.ts";
import { withChildSa, withReplaced } from "../../states/child_lives.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import type { AwaitedFollowup, ChildSaInMaking } from "../../states/followup.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import type { ChildAnswer } from "./child_responder.ts";
import { newChildSa } from "./new_child_sa.ts";

/** A Child SA that was agreed on with the peer. */
export type AgreedChildSa = Pick<AwaitedFollowup, "secrets" | "old" | "lowestNonce"> & { readonly making: ChildSaInMaking };

/** The Child SA that the peer has asked for, once all of its key exchanges are over. Wipes the secrets. */
export function* madeForPeer(
  state: Established,
  { making, secrets, old: oldSpi, lowestNonce }: AgreedChildSa,
  now: Instant,
  { childSas: { rules } }: EstablishedContext,
): Step<Pick<ChildAnswer, "next" | "effects">> {
  const childSa = yield* newChildSa(state, making, secrets);
  const old = oldSpi === undefined ? undefined : childSaOf(state, oldSpi);
  let next = withChildSa(state, childSa, rules, now);
  if (old) next = crossed(withReplaced(next, old.inboundSpi, now), old, { inboundSpi: making.inboundSpi, lowestNonce });
  const told: Effect = old
    ? { type: "child-sa-rekeyed", spis: state.spis, old, childSa, byUs: false, isRedundant: false }
    : { type: "child-sa-up", spis: state.spis, childSa };
  return { next, effects: [told] };
}

/** Whether what was agreed on some time ago still stands: its SPI is free, and what it is to take the place of is there, and in use. */
export function mayBeMade(
  state: Established,
  { making, old: oldSpi }: AgreedChildSa,
  { childSas: { rules } }: EstablishedContext,
): boolean {
  const old = oldSpi === undefined ? undefined : childSaOf(state, oldSpi);
  if (state.childSas.some(({ outboundSpi }) => outboundSpi === making.outboundSpi)) return false;
  if (oldSpi !== undefined && (!old || isReplaced(state, oldSpi) || isBeingClosed(state, oldSpi))) return false;
  return hasRoom(state, old, rules.limit);
}

/** This end's own rekeying of the same Child SA is under way: which of the two stays is known when that is answered. */
export function crossed(
  state: Established,
  { inboundSpi }: ChildSa,
  crossing: NonNullable<ChildCreation["crossing"]>,
): Established {
  const { child } = state.sendWindow.outstanding ?? {};
  const isCrossed = child?.kind === "creation" && child.task.kind === "rekey" && child.task.inboundSpi === inboundSpi;
  return isCrossed ? withCreation(state, { ...child, crossing }) : state;
}

export function withCreation(state: Established, child: ChildCreation): Established {
  const outstanding = { ...state.sendWindow.outstanding!, child };
  return { ...state, sendWindow: { ...state.sendWindow, outstanding } };
}

/** A rekeying needs no room beside the one whose place it takes, but those that wait for their DELETE must not pile up. */
export function hasRoom(state: Established, old: ChildSa | undefined, limit: number): boolean {
  const { length } = state.childSas;
  return old ? length < 2 * limit : length < 2 * limit && length - affairsOf(state).replaced.length < limit;
}
