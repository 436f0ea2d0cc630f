/**
 * The resumption lane: plain RFC 5723 resumption, a whole wave a column at a time. See ARCHITECTURE.md, "The resumption lane".
 *
 * @module
 */
import type { Effect } from "../states/effect.ts";
import type { Datagram } from "../steps/datagram.ts";
import { isThenable } from "../steps/hook_faults.ts";
import type { LaneContext } from "./lane_context.ts";
import { ResumeStage } from "./resume_stage.ts";

/** What became of a wave in the lane. */
export interface LaneAnswers {
  /** The places of those that are not plain: nothing has happened to them, and the steps serve them. */
  readonly left: readonly number[];
  /** The effects of each of the others, at its place. A promise only where a store answers later. */
  readonly answers: readonly (readonly Effect[])[] | Promise<readonly (readonly Effect[])[]>;
}

/**
 * Serves what is plain among datagrams of which no two are on one IKE SA.
 */
export function serveInLane(datagrams: readonly Datagram[], context: LaneContext): LaneAnswers {
  const left: number[] = [];
  const answers: (readonly Effect[])[] = [];
  const resumptions = new ResumeStage(context);
  for (let place = 0; place < datagrams.length; place++) {
    if (!resumptions.takes(datagrams[place], place)) left.push(place);
  }
  const served = resumptions.serve(answers);
  return { left, answers: isThenable(served) ? served.then(() => answers) : answers };
}
