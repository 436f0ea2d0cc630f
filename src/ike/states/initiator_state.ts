/**
 * States of the initiator, by what it waits for.
 *
 * @module
 */
import type { EncapsulationKeyPair } from "../../crypto/key_encapsulation.ts";
import type { KeyPair, RandomSource } from "../../crypto/key_exchange.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { Proposal } from "../../wire/payload.ts";
import type { EapPeer } from "../authentication/eap/eap_peer.ts";
import type { IkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { SubsetKeys } from "../ike_sa/subset_keys.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { ProtectionContext, SealCounter } from "../message/protected_message.ts";
import type { Outstanding } from "../message/retransmission.ts";
import type { InitiatorConfiguration, InitiatorPath } from "../policy/initiator_configuration.ts";
import type { Path } from "../steps/datagram.ts";
import type { DownReason, Effect } from "./effect.ts";
import { dueOf, type Established } from "./established.ts";
import type { FirstExchange } from "./first_exchange.ts";

/** Nothing has been sent yet. */
export interface Idle {
  readonly waitsFor: "start";
}

/**
 * One form of the first request: a cookie, or another group, makes another. Only the group of an answer tells which it is to.
 */
export interface FirstRequest {
  readonly octets: Uint8Array;
  /** The last cookie that the gateway asked for: sent first in every later form (RFC 7296, section 2.6). */
  readonly cookie?: Uint8Array;
  /** It was sent without this cookie before: nobody can tell which of the two an answer is to. */
  readonly ambiguous: boolean;
}

export interface InitRequest extends FirstRequest {
  readonly pair: KeyPair;
}

/** What the gateway seems to want before it answers; nobody signs that. */
export type Demand =
  | { readonly kind: "cookie"; readonly cookie: Uint8Array }
  | { readonly kind: "group"; readonly group: number };

/** What both first exchanges have until an answer has proven itself. */
interface AwaitingFirstResponse {
  readonly initiatorSpi: bigint;
  readonly initiatorNonce: Uint8Array;
  /** Monotonic milliseconds: answers that come later are not tried. Without such an end, new forged ones could make the attempt last. */
  readonly answersUntilMs: number;
  /** The latest form, sent again until an answer has proven itself. `dueAtMs` is Infinity once it was sent often enough. */
  readonly request: Outstanding;
  /** How often the request was made anew, for a cookie or for another group, since its timer last sent it. */
  readonly retries: number;
  /** A demand that waits: better answers may be under way. `untilMs`: until then at least. */
  readonly demand?: { readonly what: Demand; readonly untilMs: number };
  /** A refusal that nobody signed, and until when a real answer is still waited for. */
  readonly refusal?: { readonly reason: DownReason; readonly to?: string; readonly untilMs: number };
  /** Answers that look right. Nobody signs those either: each one gets its IKE_AUTH, and the one whose answer proves itself decides. */
  readonly candidates: readonly AwaitingAuthResponse[];
}

export interface AwaitingInitResponse extends AwaitingFirstResponse {
  readonly waitsFor: "IKE_SA_INIT response";
  /** What was sent, one form for each group; the latest stands last. */
  readonly forms: readonly InitRequest[];
  /** The ticket that stands beside the offer (draft-sheffer-ike-session-resumption-00). */
  readonly ticket?: ClientTicket;
}

export interface AwaitingResumeResponse extends AwaitingFirstResponse {
  readonly waitsFor: "IKE_SESSION_RESUME response";
  readonly form: FirstRequest;
  readonly ticket: ClientTicket;
  /** Where the exchange is protected by keys of the ticket. */
  readonly protection?: ProtectedPresentation;
}

/** What protects the exchange in which a ticket is presented, and what is offered in it. */
export interface ProtectedPresentation {
  readonly suite: IkeSuite;
  readonly keys: SubsetKeys;
  readonly childOffer?: ChildOffer;
}

/** SAi2 as it was offered, and the SPI in it. */
export interface ChildOffer {
  readonly proposals: readonly Proposal[];
  readonly inboundSpi: number;
}

export type AwaitingFirst = AwaitingInitResponse | AwaitingResumeResponse;

/** EAP, as far as it has come. */
export interface EapProgress {
  readonly peer: EapPeer;
  /** IDr, once the gateway has proven itself, or has left that to the method. */
  readonly responderId?: Identity;
  /** The gateway has not proven itself: the method is to (RFC 5998). */
  readonly isAlone?: boolean;
  /** The gateway has said Success, and the method agrees: the last response is to prove that the gateway has the same key. */
  readonly success?: { readonly msk?: Uint8Array };
}

/** An additional key exchange by IKE_INTERMEDIATE that waits for its answer (RFC 9370). */
export interface AdditionalExchange {
  /** By its number of transform type 4. */
  readonly method: number;
  readonly pair: KeyPair | EncapsulationKeyPair;
  /** What AUTH has to cover of the request. */
  readonly covered: readonly Uint8Array[];
}

/** An answer to the first request that is tried; with EAP, once the gateway has proven itself, the only one. */
export interface AwaitingAuthResponse {
  readonly waitsFor: "IKE_AUTH response";
  readonly first: FirstExchange;
  readonly keys: IkeSaKeys;
  readonly sealed: SealCounter;
  readonly path: Path;
  readonly request: Outstanding;
  /** The message ID of that request: 1, and with EAP one more in every round. */
  readonly messageId: number;
  /** IKE_INTERMEDIATE comes first: the request is its. */
  readonly exchanging?: AdditionalExchange;
  /** With EAP: how far it has come. */
  readonly eap?: EapProgress;
  /** AUTH's method of this end's proof; after EAP that of a shared key. */
  readonly authenticationMethod?: number;
  /** Ni2, where IKE_AUTH stands in CREATE_CHILD_SA (draft-sheffer-ike-session-resumption-00, section 3.2). */
  readonly childNonce?: Uint8Array;
  /** The ticket that is being used, after it was accepted. */
  readonly ticket?: ClientTicket;
  /** Missing where no Child SA was asked for (RFC 6023). */
  readonly childOffer?: ChildOffer;
}

/** The attempt failed, or the IKE SA is gone. */
export interface Closed {
  readonly waitsFor: "nothing";
  readonly reason: DownReason;
  readonly spis: SpiPair;
  /** It is certain that the gateway itself, and nobody on the path, is the cause. */
  readonly isAuthentic?: boolean;
}

export type InitiatorState =
  | Idle
  | AwaitingInitResponse
  | AwaitingResumeResponse
  | AwaitingAuthResponse
  | Established
  | Closed;

/** The state after a transition, and what it asks of the world. */
export interface InitiatorTransition {
  readonly next: InitiatorState;
  readonly effects: readonly Effect[];
}

/**
 * A cookie, another group, another cookie …: more of these demands get no answer until a timer sends the request again. Nobody
 * signs them, so that they end nothing either (RFC 5723, section 9.4).
 */
export const MAXIMUM_RETRIES = 5;

/** Where everything goes as long as there is no reason for another port. */
export function plainPath({ local, remote }: InitiatorPath): Path {
  return { local, remote, encapsulated: false };
}

/** Where the first exchange goes. */
export function firstPath(path: InitiatorPath, { startOnNatPort }: Pick<InitiatorConfiguration, "startOnNatPort">): Path {
  return startOnNatPort ? encapsulatedPath(path) : plainPath(path);
}

/** Where everything goes once a NAT was found (RFC 7296, section 2.23). */
export function encapsulatedPath({ encapsulatedLocal, encapsulatedRemote }: InitiatorPath): Path {
  return { local: encapsulatedLocal, remote: encapsulatedRemote, encapsulated: true };
}

/** What protects the messages of an attempt. */
export function protectionOfAttempt(
  { first, keys, sealed }: Pick<AwaitingAuthResponse, "first" | "keys" | "sealed">,
  random: RandomSource,
): ProtectionContext {
  return { suite: first.suite, keys, role: "initiator", sealed, random, fragments: first.fragments };
}

/** The message changes nothing. */
export function dropped(state: InitiatorState, reason: string): InitiatorTransition {
  return { next: state, effects: [{ type: "dropped", reason }] };
}

export function closed(spis: SpiPair, reason: DownReason): InitiatorTransition {
  return { next: { waitsFor: "nothing", reason, spis }, effects: [] };
}

/** The SPI of the current attempt; 0n before the first. */
export function initiatorSpiOf(state: InitiatorState): bigint {
  switch (state.waitsFor) {
    case "start":
      return 0n;
    case "IKE_SA_INIT response":
    case "IKE_SESSION_RESUME response":
      return state.initiatorSpi;
    case "IKE_AUTH response":
      return state.first.spis.initiatorSpi;
    case "requests":
    case "nothing":
      return state.spis.initiatorSpi;
  }
}

/** When time itself has something to do, in monotonic milliseconds. */
export function deadlineOf(state: InitiatorState): number | undefined {
  switch (state.waitsFor) {
    case "IKE_SA_INIT response":
    case "IKE_SESSION_RESUME response": {
      const { request, refusal, demand, candidates } = state;
      const due = [request.dueAtMs, ...candidates.map((candidate) => candidate.request.dueAtMs)];
      // While a candidate is tried, neither of these decides anything.
      if (candidates.length === 0) due.push(refusal?.untilMs ?? Infinity, demand?.untilMs ?? Infinity);
      return Math.min(...due);
    }
    case "IKE_AUTH response":
      return state.request.dueAtMs;
    case "requests":
      return dueOf(state);
    case "start":
    case "nothing":
      return undefined;
  }
}
