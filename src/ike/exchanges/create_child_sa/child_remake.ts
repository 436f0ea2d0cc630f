/**
 * A client makes another Child SA in the place of one that its gateway has deleted: an IKE SA that is up without any would carry nothing.
 *
 * @module
 */
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { affairsOf, isBeingClosed, isReplaced, withTask } from "../../states/child_affairs.ts";
import type { Established } from "../../states/established.ts";
import type { Instant } from "../../steps/instant.ts";
import type { EstablishedContext } from "../established_context.ts";

/** Long enough for a gateway that makes another itself. */
const FIRST_DELAY_MS = 200;
/** A gateway that deletes over and over is asked no more often than this. */
const LONGEST_DELAY_MS = 60_000;

/**
 * The same IKE SA, which makes others in the place of what is gone.
 *
 * @param before the IKE SA as it was: what this end was deleting, or what had its place taken, is not missed.
 */
export function remadeAfter(
  before: Established,
  next: Established,
  gone: readonly ChildSa[],
  now: Instant,
  context: EstablishedContext,
): Established {
  const missed = gone.filter(({ inboundSpi }) => !isReplaced(before, inboundSpi) && !isBeingClosed(before, inboundSpi));
  return remade(next, missed, now, context);
}

/** The same, where it is known what is missed. */
export function remade(
  state: Established,
  missed: readonly ChildSa[],
  { monotonicMs }: Instant,
  { childSas: { rules } }: EstablishedContext,
): Established {
  if (state.side !== "client" || !rules.remake || missed.length === 0) return state;
  const { remakes, tasks } = affairsOf(state);
  const count = remakes && monotonicMs - remakes.atMs < LONGEST_DELAY_MS + FIRST_DELAY_MS ? remakes.count + 1 : 0;
  const notBeforeMs = monotonicMs + Math.min(FIRST_DELAY_MS * 2 ** count, LONGEST_DELAY_MS);
  // As many as it may have: a gateway that deletes faster than others are made lengthens no queue.
  const room = rules.limit - tasks.filter((task) => task.kind === "create" && task.isRemake).length;
  const next = missed.slice(0, Math.max(0, room)).reduce(
    (left, { localSelectors, remoteSelectors }) =>
      withTask(left, { kind: "create", localSelectors, remoteSelectors, isRemake: true, notBeforeMs, failures: 0 }),
    state,
  );
  return { ...next, children: { ...affairsOf(next), remakes: { count, atMs: notBeforeMs } } };
}
