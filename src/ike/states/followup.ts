/**
 * What waits for IKE_FOLLOWUP_KE: an IKE SA or a Child SA that CREATE_CHILD_SA has agreed on, and whose additional key exchanges come after it, one by
 * one (RFC 9370, section 2.2.4).
 *
 * @module
 */
import type { EncapsulationKeyPair } from "../../crypto/key_encapsulation.ts";
import { type KeyPair, wipeKeyPair } from "../../crypto/key_exchange.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { ChildSaTraits } from "../child_sa/child_sa_traits.ts";
import type { AdditionalKeyExchange } from "../ike_sa/additional_key_exchange.ts";
import type { NoncePair } from "../ike_sa/nonces.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { EspSuite, IkeSuite } from "../ike_sa/suite.ts";
import type { Role } from "../message/protected_message.ts";
import type { Instant } from "../steps/instant.ts";
import type { WantedTraffic } from "./child_affairs.ts";
import type { Established } from "./established.ts";

/** How far the exchanges are, at either end. */
export interface FollowupProgress {
  /** Those that are not over, the next one first; at least one. */
  readonly methods: readonly AdditionalKeyExchange[];
  /** SK(0), the secret of CREATE_CHILD_SA itself, and those of the exchanges that are over. Secret. */
  readonly secrets: readonly Uint8Array[];
  /** By which the next request says what it goes on with: the octets of N(ADDITIONAL_KEY_EXCHANGE) that the responder sent last. */
  readonly link: Uint8Array;
}

/** An IKE SA that is agreed on. */
export interface IkeSaInMaking {
  readonly kind: "ike";
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
}

/** A Child SA that is agreed on. */
export interface ChildSaInMaking extends WantedTraffic {
  readonly kind: "child";
  /** This end's in the exchange that makes it. */
  readonly role: Role;
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly suite: EspSuite;
  readonly nonces: NoncePair;
  readonly traits: ChildSaTraits;
}

/** The end that asked: its own request for the next exchange is under way. */
export interface FollowupAttempt<Making> extends FollowupProgress {
  readonly making: Making;
  readonly pair: KeyPair | EncapsulationKeyPair;
}

/** The end that answered: it waits for the next request, and not for long. */
export interface AwaitedFollowup extends FollowupProgress {
  readonly making: IkeSaInMaking | ChildSaInMaking;
  /** This end's SPI of the Child SA whose place it takes. */
  readonly old?: number;
  /** The lower nonce of its CREATE_CHILD_SA exchange. */
  readonly lowestNonce: Uint8Array;
  /** Monotonic milliseconds. */
  readonly expiresAtMs: number;
}

/** Milliseconds between two requests: RFC 9370 recommends 5 to 20 seconds. */
export const FOLLOWUP_WAIT_MS = 20_000;
/** With a window of 1 a peer has reason for one. */
const MOST_AWAITED = 4;

/** The same IKE SA, which waits for one more; the oldest of too many is forgotten. */
export function awaiting(state: Established, awaited: AwaitedFollowup): Established {
  const all = [...state.followups ?? [], awaited];
  all.slice(0, -MOST_AWAITED).forEach(wipeFollowup);
  return { ...state, followups: all.slice(-MOST_AWAITED) };
}

/** The same IKE SA, which waits for some no more. Their secrets are wiped where the exchange that is over does not go on with them. */
export function withoutAwaited(
  state: Established,
  isGone: (awaited: AwaitedFollowup) => boolean,
  forget: (awaited: AwaitedFollowup) => void = wipeFollowup,
): Established {
  const { followups = [] } = state;
  const gone = followups.filter(isGone);
  if (gone.length === 0) return state;
  gone.forEach(forget);
  const left = followups.filter((one) => !isGone(one));
  return { ...state, followups: left.length > 0 ? left : undefined };
}

/** The peer's own rekeying of the IKE SA, where it has come so far. */
export function awaitedIkeSa({ followups = [] }: Established): AwaitedFollowup | undefined {
  return followups.find(({ making }) => making.kind === "ike");
}

/** When the first of them is forgotten, in monotonic milliseconds; `Infinity`: none waits. */
export function followupsDueMs({ followups }: Established): number {
  if (followups === undefined) return Infinity;
  return Math.min(...followups.map(({ expiresAtMs }) => expiresAtMs));
}

/** The same IKE SA without those that have waited too long. */
export function withoutExpired(state: Established, { monotonicMs }: Instant): Established {
  return withoutAwaited(state, ({ expiresAtMs }) => monotonicMs >= expiresAtMs);
}

/** Wipes the secrets of a series that is over. */
export function wipeFollowup(followup: FollowupProgress & { readonly pair?: KeyPair | EncapsulationKeyPair }): void {
  wipe(...followup.secrets);
  if (followup.pair) wipeAdditional(followup.pair);
}

export function wipeAdditional(pair: KeyPair | EncapsulationKeyPair): void {
  if ("decapsulate" in pair) pair.wipe();
  else wipeKeyPair(pair);
}
