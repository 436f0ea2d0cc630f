/**
 * This end ends an IKE SA: at once for all that depends on it; the IKE SA itself stays until the peer has been told (RFC 7296,
 * section 1.4.1).
 *
 * @module
 */
import { wipeChildSaKeys } from "../child_sa/child_sa_keys.ts";
import type { Instant } from "../steps/instant.ts";
import type { DownReason } from "./effect.ts";
import { type Established, forgetOffers, type Transition, wipeEstablished } from "./established.ts";
import { whoseOf } from "./whose.ts";

/** How long an IKE SA that is no longer up waits for its DELETE: far longer than a peer takes to send it, and to send it again. */
const RETIREMENT_MS = 60_000;

/** The IKE SA is no longer up, from now on. Its DELETE leaves with the next timer, once a request under way was answered. */
export function ended(state: Established, reason: DownReason, now: Instant): Transition {
  const { nextId, outstanding } = state.sendWindow;
  state.childSas.forEach(wipeChildSaKeys);
  forgetOffers(state);
  if (state.crossing) wipeEstablished(state.crossing.successor);
  const isBeingDeleted = outstanding?.purpose === "delete";
  const sendWindow = {
    nextId,
    outstanding: outstanding?.purpose === "rekey" || outstanding?.purpose === "child" ? undefined : outstanding,
    queued: isBeingDeleted ? [] : ["delete" as const],
  };
  return {
    next: retired({ ...state, sendWindow }, now),
    effects: [{ type: "ike-sa-down", spis: state.spis, reason, ...whoseOf(state) }],
  };
}

/** Why the time of an IKE SA is over. */
export function reasonOfEnd({ reauthenticateByMs = Infinity }: Established, now: Instant): DownReason {
  return now.monotonicMs >= reauthenticateByMs ? "not-reauthenticated" : "lifetime-over";
}

/** The same IKE SA, which only waits for its DELETE from now on. */
export function retired(sa: Established, now: Instant): Established {
  const { ticket: _, crossing: __, children: ___, ...rest } = sa;
  return { ...rest, childSas: [], retiredUntilMs: now.monotonicMs + RETIREMENT_MS };
}
