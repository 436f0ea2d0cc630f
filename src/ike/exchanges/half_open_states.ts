/**
 * Who keeps the states that first messages begin.
 *
 * @module
 */
import type { ProfileName } from "../profiles/resumption_profile.ts";
import type { AwaitingAuth, AwaitingConfirmation } from "../states/responder_state.ts";

export interface HalfOpenStates {
  readonly begin: (responderSpi: bigint, state: AwaitingAuth | AwaitingConfirmation) => void;
  /** A state that was made is not to be kept. */
  readonly discard: (state: AwaitingAuth | AwaitingConfirmation) => void;
  /** The IKE SA came to nothing. Nothing happens when it is up. */
  readonly forget: (responderSpi: bigint) => void;
  /** One is established. */
  readonly cameUp?: CameUp;
}

/**
 * `profile`: the form of resumption by which its client came; `undefined`: by a full exchange. `sinceMs`: when its first message was accepted, in
 * monotonic milliseconds. Must not throw.
 */
export type CameUp = (profile: ProfileName | undefined, sinceMs: number) => void;
