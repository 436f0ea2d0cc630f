/**
 * An IKE SA that is up. The state is the same at both ends: they differ in who was the original initiator, and in who asks for tickets.
 *
 * @module
 */
import { type KeyPair, type RandomSource, wipeKeyPair } from "../../crypto/key_exchange.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import type { Header } from "../../wire/header.ts";
import type { Proposal } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { wipeChildSaKeys } from "../child_sa/child_sa_keys.ts";
import { type IkeSaKeys, wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { FragmentBuffer } from "../message/fragments.ts";
import type { ProtectionContext, Role, SealCounter } from "../message/protected_message.ts";
import type { Answered } from "../message/repeated_request.ts";
import type { Outstanding } from "../message/retransmission.ts";
import type { Path } from "../steps/datagram.ts";
import { type ChildAffairs, type ChildAttempt, childDueMs } from "./child_affairs.ts";
import type { Effect } from "./effect.ts";
import {
  type AwaitedFollowup,
  awaitedIkeSa,
  type FollowupAttempt,
  followupsDueMs,
  type IkeSaInMaking,
  wipeFollowup,
} from "./followup.ts";
import type { Mobility } from "./mobility.ts";
import type { TicketSeries } from "./ticket_series.ts";

/** Requests of the peer: the window is 1, so one number and one cached answer tell all (RFC 7296, section 2.3). */
export interface ReceiveWindow extends Partial<Answered> {
  /** The message ID that the next new request carries. */
  readonly expectedId: number;
  /** Monotonic milliseconds: when the latest request was answered. */
  readonly answeredAtMs?: number;
}

/** What a request of this end was for: it decides what its answer means. */
export type RequestPurpose =
  | "liveness"
  | "delete"
  | "ticket"
  | "rekey"
  | "child"
  | "update-addresses"
  | "check-path"
  | "redirect";

/** This end's offer of a new IKE SA, as long as it is not answered. */
export interface RekeyAttempt {
  /** This end's SPI of the IKE SA in the making. */
  readonly spi: bigint;
  readonly nonce: Uint8Array;
  readonly pair: KeyPair;
  readonly proposals: readonly Proposal[];
  /** How often it was made anew, for another group. */
  readonly retries: number;
  /** It was answered, and additional key exchanges follow: the request under way is theirs. */
  readonly followup?: FollowupAttempt<IkeSaInMaking>;
}

/** A request that waits for its answer. */
export interface OutstandingRequest extends Outstanding {
  readonly messageId: number;
  readonly exchangeType: number;
  readonly purpose: RequestPurpose;
  /** Only with the purpose "rekey". */
  readonly rekey?: RekeyAttempt;
  /** Only with the purpose "child". */
  readonly child?: ChildAttempt;
  /** Only with the purpose "redirect": where the client is told to go. */
  readonly redirectTo?: string;
}

/** None is used twice in one IKE SA: after this one there is none (RFC 7296, section 2.2). */
export const LAST_MESSAGE_ID = 0xffff_ffff;

/** Requests of this end: one at a time. */
export interface SendWindow {
  readonly nextId: number;
  readonly outstanding?: OutstandingRequest;
  /** What follows as soon as the outstanding request is answered: each purpose once. What concerns Child SAs waits among their affairs. */
  readonly queued?: readonly RequestPurpose[];
}

/** Whether this end asks for tickets or issues them. It stays so, whichever end rekeys the IKE SA. */
export type Side = "client" | "gateway";

/** An IKE SA that the peer made to take the place of this one, while this end's own offer to do so is still unanswered. */
export interface CrossingRekey {
  /** Without the Child SAs, which go to the one of both successors that stays. */
  readonly successor: Established;
  /** The lower one of its two nonces. */
  readonly lowestNonce: Uint8Array;
}

/** Client: the ticket that stands for this IKE SA. */
export interface HeldTicket {
  readonly expiresAtEpochSeconds: number;
  /** Monotonic milliseconds: when another one is asked for; `undefined`: not until this end is told to. */
  readonly renewAtMs?: number;
}

/** How the client proved itself, as tickets tell it (RFC 5723, section 5). */
export interface AuthenticationRecord {
  /** AUTH method. */
  readonly method: number;
  /** What else the gateway's policy needs; empty at the client. */
  readonly items: TicketItems;
}

/** Limits that a gateway sets an IKE SA when it comes up. */
export interface LifeLimits {
  /** Milliseconds without a word of the peer's after which it is asked for a sign of life (RFC 7296, section 2.4); `undefined`: never. */
  readonly silenceMs?: number;
  /** Monotonic milliseconds: when it ends, whatever the peer does; `undefined`: never. */
  readonly endsAtMs?: number;
  /** Monotonic milliseconds: when the gateway rekeys it, if its client has not; `undefined`: never. Kept among its affairs. */
  readonly rekeyAtMs?: number;
}

export interface Established extends Omit<LifeLimits, "rekeyAtMs"> {
  readonly waitsFor: "requests";
  readonly side: Side;
  /** In this IKE SA: one made by rekeying has the end that offered it as its original initiator (RFC 4718, section 5.9). */
  readonly role: Role;
  readonly spis: SpiPair;
  readonly suite: IkeSuite;
  readonly keys: IkeSaKeys;
  readonly sealed: SealCounter;
  /** Where the peer's fragments wait; a rekeyed IKE SA has one if the one before it had (RFC 7383, section 2.3). */
  readonly fragments?: FragmentBuffer;
  /** The client's identity: IDi of the IKE_AUTH in which it proved itself, whichever end rekeyed since. */
  readonly initiatorId: Identity;
  readonly responderId: Identity;
  /** How the client proved itself: what its tickets tell. */
  readonly authentication: AuthenticationRecord;
  /** Gateway: whole seconds since 1970, 32 bits, when the client came up; rekeying changes nothing. */
  readonly upAtEpochSeconds?: number;
  /** Gateway: the client came up by a ticket. */
  readonly resumed?: true;
  /** Monotonic milliseconds: when the peer last said something that was authentic and new. */
  readonly heardAtMs: number;
  /** Gateway: monotonic milliseconds by which the client has to prove itself anew, or the IKE SA ends (RFC 4478, section 2). */
  readonly reauthenticateByMs?: number;
  /** Gateway: its tickets so far, and those of the IKE SAs whose place it took by rekeying. */
  readonly ticketSeries?: TicketSeries;
  /** Where this end sends its own requests. */
  readonly path: Path;
  /** By the first exchange, a NAT stands before the peer. Only such a peer is followed elsewhere (RFC 7296, section 2.23). */
  readonly peerBehindNat: boolean;
  /** IKE goes over the UDP-encapsulation port, and ESP does not: there is no NAT (RFC 7296, section 2.23). */
  readonly espOutsideUdp?: true;
  /** MOBIKE was agreed on. */
  readonly mobility?: Mobility;
  /** Gateway: the client follows to another one (RFC 5685). */
  readonly followsRedirects?: true;
  /** Gateway: where the client is to be sent, an IP address or a host name, until it has heard of it. */
  readonly redirectTo?: string;
  readonly receiveWindow: ReceiveWindow;
  readonly sendWindow: SendWindow;
  readonly childSas: readonly ChildSa[];
  /** What this end is about with them; missing where there is nothing. */
  readonly children?: ChildAffairs;
  readonly ticket?: HeldTicket;
  readonly crossing?: CrossingRekey;
  /** What the peer has agreed on with this end, and has to go on with by IKE_FOLLOWUP_KE. */
  readonly followups?: readonly AwaitedFollowup[];
  /** How often in a row the peer did not know any more what this end went on with (RFC 9370, section 2.2.4). */
  readonly statesLost?: number;
  /**
   * Another IKE SA has taken its place or won over it, or this end has ended it: it is no longer up, and only waits for its DELETE, until this
   * moment in monotonic milliseconds.
   */
  readonly retiredUntilMs?: number;
}

/** The state after a transition, and what it asks of the world. */
export interface Transition {
  /** `undefined`: the IKE SA is gone. */
  readonly next: Established | undefined;
  /** The IKE SA that takes its place from now on. */
  readonly successor?: Established;
  /** Where two were made to take its place, the one that lost: it only waits for its DELETE. */
  readonly redundant?: Established;
  readonly effects: readonly Effect[];
}

/** The SPI that this end chose, by which a message finds its IKE SA. */
export function ownSpiOf({ role, spis }: Established): bigint {
  return role === "initiator" ? spis.initiatorSpi : spis.responderSpi;
}

/** Whether a message is this IKE SA's: both SPIs, and who was the original initiator. */
export function isOf({ role, spis }: Established, header: Header): boolean {
  return header.initiatorSpi === spis.initiatorSpi && header.responderSpi === spis.responderSpi &&
    header.fromInitiator === (role === "responder");
}

/** When time itself has something to do, in monotonic milliseconds; `undefined`: never. */
export function dueOf(state: Established): number | undefined {
  const due = Math.min(silentUntilMs(state), dueBesideSilence(state));
  return due === Infinity ? undefined : due;
}

/** When the peer will have been silent for too long. A peer that is asked something already is not asked whether it lives. */
export function silentUntilMs({ sendWindow, heardAtMs, silenceMs = Infinity, retiredUntilMs }: Established): number {
  return sendWindow.outstanding || retiredUntilMs !== undefined ? Infinity : heardAtMs + silenceMs;
}

/** When time has anything else to do: a request is sent again, a ticket renewed, the IKE SA ended or forgotten. */
export function dueBesideSilence(state: Established): number {
  const { sendWindow: { outstanding, queued }, ticket, retiredUntilMs, followups } = state;
  if (retiredUntilMs !== undefined) {
    // An IKE SA that this end has ended sends its DELETE at once.
    return Math.min(outstanding?.dueAtMs ?? (queued?.includes("delete") ? -Infinity : Infinity), retiredUntilMs);
  }
  const due = Math.min(outstanding?.dueAtMs ?? Infinity, ticket?.renewAtMs ?? Infinity, endOf(state));
  if (followups === undefined) return Math.min(due, childDueMs(state));
  return Math.min(due, followupsDueMs(state), awaitedIkeSa(state) ? Infinity : childDueMs(state));
}

/** When the IKE SA ends, whatever its peer does, in monotonic milliseconds; `Infinity`: never. */
export function endOf({ endsAtMs = Infinity, reauthenticateByMs = Infinity }: Established): number {
  return Math.min(endsAtMs, reauthenticateByMs);
}

/** What protects this IKE SA's messages. */
export function protectionOf(state: Established, random: RandomSource): ProtectionContext {
  return { suite: state.suite, keys: state.keys, role: state.role, sealed: state.sealed, random, fragments: state.fragments };
}

/** Wipes every key of an IKE SA that is gone, of the Child SAs that went with it, and of what was to take its place. */
export function wipeEstablished(state: Established): void {
  wipeIkeSaKeys(state.keys);
  state.fragments?.giveUp();
  state.childSas.forEach(wipeChildSaKeys);
  forgetOffers(state);
  if (state.crossing) wipeEstablished(state.crossing.successor);
}

/** Wipes the private values of offers that are not answered, and the secrets of what is not gone on with. */
export function forgetOffers({ sendWindow: { outstanding }, followups }: Established): void {
  const { rekey, child } = outstanding ?? {};
  if (rekey) wipeKeyPair(rekey.pair);
  if (rekey?.followup) wipeFollowup(rekey.followup);
  followups?.forEach(wipeFollowup);
  if (child?.kind !== "creation") return;
  if (child.pair) wipeKeyPair(child.pair);
  if (child.followup) wipeFollowup(child.followup);
}
