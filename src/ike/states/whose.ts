/**
 * Whose an established IKE SA is.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { Endpoint } from "../steps/datagram.ts";
import type { DownReason, Effect } from "./effect.ts";
import type { Established } from "./established.ts";
import { type IkeSaEntry, isHalfOpen } from "./ike_sa_entry.ts";
import { IdleIkeSa } from "./idle/idle_ike_sa.ts";

/** The initiator's identities, and the peer's end. */
export interface Whose {
  readonly initiatorId: Identity;
  readonly eapIdentity?: Identity;
  readonly remote: Endpoint;
}

/**
 * One at rest stays so.
 *
 * @param likely an identity that it probably has: then that object is the answer, and no copy is made.
 */
export function whoseOf(state: Established | IdleIkeSa, likely?: Identity): Whose {
  const isIdle = state instanceof IdleIkeSa;
  const initiatorId = isIdle ? state.initiatorIdLike(likely) : state.initiatorId;
  const remote = isIdle ? state.remote : state.path.remote;
  const { eapIdentity } = isIdle ? state.items : state.authentication.items;
  return eapIdentity === undefined ? { initiatorId, remote } : { initiatorId, eapIdentity, remote };
}

/** That an IKE SA is no longer up; `undefined`: it is half-open. */
export function downEffect({ state }: IkeSaEntry, spis: SpiPair, reason: DownReason, likely?: Identity): Effect | undefined {
  if (isHalfOpen(state)) return undefined;
  const { initiatorId, eapIdentity, remote } = whoseOf(state, likely);
  // Written out: a spread would make an object that grows property by property.
  return eapIdentity === undefined
    ? { type: "ike-sa-down", spis, reason, initiatorId, remote }
    : { type: "ike-sa-down", spis, reason, initiatorId, eapIdentity, remote };
}
