/**
 * An IKE SA that is up. The state is the same at both ends: after IKE_AUTH they differ only in who was the original initiator.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { ChildSa } from "../child_sa.ts";
import { wipeChildSaKeys } from "../child_sa_keys.ts";
import type { Endpoint } from "../datagram.ts";
import type { Effect, SpiPair } from "../effect.ts";
import { type IkeSaKeys, wipeIkeSaKeys } from "../ike_sa_keys.ts";
import type { ProtectionContext, Role, SealCounter } from "../protected_message.ts";
import type { Outstanding } from "../retransmission.ts";
import type { IkeSuite } from "../suite.ts";

/** Where an end sends its own requests: where the peer was last heard. */
export interface Path {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly encapsulated: boolean;
}

/** Requests of the peer: the window is 1, so one number and one cached answer tell all (RFC 7296, section 2.3). */
export interface ReceiveWindow {
  /** The message ID that the next new request carries. */
  readonly expectedId: number;
  readonly lastRequest?: Uint8Array;
  readonly lastResponse?: Uint8Array;
}

/** What a request of this end was for: it decides what its answer means. */
export type RequestPurpose = "liveness" | "delete";

/** Requests of this end: one at a time. */
export interface SendWindow {
  readonly nextId: number;
  readonly outstanding?: Outstanding & { readonly messageId: number; readonly purpose: RequestPurpose };
  /** The IKE SA is to be deleted as soon as the outstanding request is answered. */
  readonly deleteNext?: boolean;
}

export interface Established {
  readonly waitsFor: "requests";
  readonly role: Role;
  readonly spis: SpiPair;
  readonly suite: IkeSuite;
  readonly keys: IkeSaKeys;
  readonly sealed: SealCounter;
  readonly initiatorId: Identity;
  readonly responderId: Identity;
  readonly path: Path;
  readonly receiveWindow: ReceiveWindow;
  readonly sendWindow: SendWindow;
  readonly childSas: readonly ChildSa[];
}

/** The state after a transition, and what it asks of the world. `undefined`: the IKE SA is gone. */
export interface Transition {
  readonly next: Established | undefined;
  readonly effects: readonly Effect[];
}

/** What protects this IKE SA's messages. */
export function protectionOf(state: Established, random: RandomSource): ProtectionContext {
  return { suite: state.suite, keys: state.keys, role: state.role, sealed: state.sealed, random };
}

/** Wipes every key of an IKE SA that is gone and of the Child SAs that went with it. */
export function wipeEstablished(state: Established): void {
  wipeIkeSaKeys(state.keys);
  state.childSas.forEach(wipeChildSaKeys);
}
