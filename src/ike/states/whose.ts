/**
 * Whose an established IKE SA is.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { Endpoint } from "../steps/datagram.ts";
import type { Established } from "./established.ts";
import { type IkeSaEntry, isHalfOpen } from "./ike_sa_entry.ts";
import { IdleIkeSa } from "./idle/idle_ike_sa.ts";

/** The initiator's identities, and the peer's end. */
export interface Whose {
  readonly initiatorId: Identity;
  readonly eapIdentity?: Identity;
  readonly remote: Endpoint;
}

/** One at rest stays so. */
export function whoseOf(state: Established | IdleIkeSa): Whose {
  const [remote, { eapIdentity }] = state instanceof IdleIkeSa
    ? [state.remote, state.items]
    : [state.path.remote, state.authentication.items];
  const { initiatorId } = state;
  return eapIdentity === undefined ? { initiatorId, remote } : { initiatorId, eapIdentity, remote };
}

/** `undefined`: it is half-open. */
export function whoseEntry({ state }: IkeSaEntry): Whose | undefined {
  return isHalfOpen(state) ? undefined : whoseOf(state);
}
