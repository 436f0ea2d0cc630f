/**
 * A peer that says STATE_NOT_FOUND has forgotten what this end goes on with. Once, that is a network that was slow; over and over, the ends are out of
 * step, and the IKE SA is deleted (RFC 9370, section 2.2.4).
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Established } from "../../states/established.ts";

/** "Several" of the RFC. */
const MOST_LOST = 4;

/** The same IKE SA after an offer of this end's was refused: it is counted how often in a row that was for this. */
export function afterRefusal(state: Established, notifyType: number): Established {
  const statesLost = notifyType === NotifyType.STATE_NOT_FOUND ? (state.statesLost ?? 0) + 1 : undefined;
  return statesLost === state.statesLost ? state : { ...state, statesLost };
}

export function isOutOfStep({ statesLost = 0 }: Established): boolean {
  return statesLost >= MOST_LOST;
}
