/**
 * What the initiator waits for.
 *
 * @module
 */
import type { KeyPair, RandomSource } from "../../crypto/key_exchange.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { Proposal } from "../../wire/payload.ts";
import type { EapPeer } from "../eap/eap_peer.ts";
import type { DownReason, Effect, SpiPair } from "../effect.ts";
import type { EstablishedContext } from "../established/context.ts";
import type { Path } from "../datagram.ts";
import { dueOf, type Established } from "../established/state.ts";
import type { FirstExchange } from "../first_exchange.ts";
import type { IkeSaKeys } from "../ike_sa_keys.ts";
import type { InitiatorConfiguration, InitiatorPath } from "../initiator_configuration.ts";
import type { Instant } from "../instant.ts";
import type { SealCounter } from "../protected_message.ts";
import type { Outstanding } from "../retransmission.ts";

/** Nothing has been sent yet. */
export interface Idle {
  readonly waitsFor: "start";
}

/** What both first exchanges have while they wait for their answer. */
interface AwaitingFirstResponse {
  readonly initiatorSpi: bigint;
  readonly initiatorNonce: Uint8Array;
  readonly request: Outstanding;
  /** The last cookie that the gateway asked for: sent first in every later try (RFC 4718, section 2.4). */
  readonly cookie?: Uint8Array;
  /** How often the request was made anew: for a cookie, or for another group. */
  readonly retries: number;
  /** A refusal that nobody signed, and until when a real answer is still waited for. */
  readonly refusal?: { readonly reason: DownReason; readonly untilMs: number };
}

export interface AwaitingInitResponse extends AwaitingFirstResponse {
  readonly waitsFor: "IKE_SA_INIT response";
  readonly pair: KeyPair;
}

export interface AwaitingResumeResponse extends AwaitingFirstResponse {
  readonly waitsFor: "IKE_SESSION_RESUME response";
  readonly ticket: ClientTicket;
}

/** EAP, as far as it has come. */
export interface EapProgress {
  readonly peer: EapPeer;
  /** IDr, once the gateway has proven itself. */
  readonly responderId?: Identity;
  /** The gateway has said Success, and the method agrees: the last response is to prove that the gateway has the same key. */
  readonly success?: { readonly msk?: Uint8Array };
}

export interface AwaitingAuthResponse {
  readonly waitsFor: "IKE_AUTH response";
  readonly first: FirstExchange;
  readonly keys: IkeSaKeys;
  readonly sealed: SealCounter;
  readonly path: Path;
  readonly request: Outstanding;
  /** Of that request: 1, and with EAP one more in every round. */
  readonly messageId: number;
  /** With EAP: how far it has come. */
  readonly eap?: EapProgress;
  /** The ticket that is being used, after IKE_SESSION_RESUME. */
  readonly ticket?: ClientTicket;
  /** SAi2 as it was offered, and the SPI in it. */
  readonly childOffer: { readonly proposals: readonly Proposal[]; readonly inboundSpi: number };
}

/** The attempt failed, or the IKE SA is gone. */
export interface Closed {
  readonly waitsFor: "nothing";
  readonly reason: DownReason;
  readonly spis: SpiPair;
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

/** What every exchange of the initiator needs. */
export interface InitiatorContext {
  readonly configuration: InitiatorConfiguration;
  readonly path: InitiatorPath;
  readonly random: RandomSource;
  readonly now: Instant;
}

/**
 * A cookie, another group, another cookie …: more of these questions get no answer. Nobody signs them, so that they end nothing either
 * (RFC 5723, section 9.4).
 */
export const MAXIMUM_RETRIES = 5;

/** What exchanges on an IKE SA that is up need of a client. */
export function establishedContextOf(configuration: InitiatorConfiguration, random: RandomSource): EstablishedContext {
  const { retransmission, ikeProposals, exposeKeys } = configuration;
  return { random, retransmission, ikeProposals, exposeKeys, tickets: configuration };
}

/** Where the first exchange, and without a NAT everything, goes. */
export function plainPath({ local, remote }: InitiatorPath): Path {
  return { local, remote, encapsulated: false };
}

/** Where everything goes once a NAT was found (RFC 7296, section 2.23). */
export function encapsulatedPath({ encapsulatedLocal, encapsulatedRemote }: InitiatorPath): Path {
  return { local: encapsulatedLocal, remote: encapsulatedRemote, encapsulated: true };
}

export function send(octets: Uint8Array, path: Path): Effect {
  return { type: "send", datagram: { octets, ...path } };
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
    case "IKE_SESSION_RESUME response":
      return Math.min(state.request.dueAtMs, state.refusal?.untilMs ?? Infinity);
    case "IKE_AUTH response":
      return state.request.dueAtMs;
    case "requests":
      return dueOf(state);
    case "start":
    case "nothing":
      return undefined;
  }
}
