/**
 * What an IKE_AUTH request led to at the gateway.
 *
 * @module
 */
import type { DownReason, Effect } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import type { AwaitingAuth, AwaitingConfirmation, AwaitingEap, Refused } from "../../states/responder_state.ts";

/** What an IKE_AUTH request led to. `ignored` keeps everything as it was: the message proved nothing. */
export type AuthAnswer =
  | {
    readonly kind: "established";
    /** Missing: the client has its answer. */
    readonly response?: Uint8Array;
    readonly next: Established;
    readonly effects: readonly Effect[];
  }
  /** Another round trip is to follow, or the last one was repeated. */
  | { readonly kind: "continued"; readonly response: Uint8Array; readonly next: AwaitingAuth | AwaitingEap }
  /**
   * `claim`: what a client claimed that could not prove itself, or may not come in; missing where the message itself was at
   * fault. `reason`: why the client may not come up, although it has proven itself.
   */
  | {
    readonly kind: "refused";
    readonly response: Uint8Array;
    readonly next: Refused;
    readonly claim?: RefusedClaim;
    readonly reason?: DownReason;
    /** The gateway that the client is sent to. */
    readonly to?: string;
  }
  | { readonly kind: "ignored"; readonly reason: string; readonly next: AwaitingAuth | AwaitingEap | AwaitingConfirmation }
  /** The first exchange can lead to no keys: nothing of it is worth keeping. */
  | { readonly kind: "hopeless"; readonly reason: string };

/** What a refused client claimed, for the log: nothing of it is proven. */
export type RefusedClaim = Pick<Extract<Effect, { type: "authentication-failed" }>, "method" | "claimedId" | "detail">;
