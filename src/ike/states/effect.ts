/**
 * What a step of a state machine asks of the world around it, and what it tells it. The driver carries effects out in order.
 *
 * @module
 */
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import type { IkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { messagesIn } from "../message/fragmentation.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { InnerAddress } from "../policy/inner_address.ts";
import type { ProfileName } from "../profiles/resumption_profile.ts";
import type { Datagram, Endpoint, Path } from "../steps/datagram.ts";

/** Why an IKE SA, or an attempt at one, is no more. */
export type DownReason =
  | "deleted-by-peer"
  | "deleted-by-us"
  | "replaced-by-resumption"
  | "no-answer"
  /** Gateway: it has lived as long as policy gives an IKE SA (`ikeSaLifetimeSeconds`). */
  | "lifetime-over"
  /** Gateway: its client has not proven itself anew in time (RFC 4478). */
  | "not-reauthenticated"
  /** Gateway: its client says that it knows of none but a new one (RFC 7296, section 2.4). */
  | "initial-contact"
  /** Gateway: its client came up anew, and may have no more IKE SAs than it has now (`uniqueIdentities`). */
  | "replaced-by-newcomer"
  /** Gateway: never up, because its client is up already, and may not be twice (`uniqueIdentities`). */
  | "identity-in-use"
  /** Gateway: never up, because there are as many as there may be (`ikeSaLimit`). */
  | "ike-sa-limit"
  | "authentication-failed"
  /** Gateway: whether the ticket had been used before could not be told. */
  | "store-down"
  | "no-proposal-chosen"
  | "ticket-refused"
  /** The gateway sends the client to another one (RFC 5685). */
  | "redirected"
  | "refused-by-peer"
  | "protocol-error";

/** One thing to do, or to know. Reasons are words for programs and counters. */
export type Effect =
  | { readonly type: "send"; readonly datagram: Datagram }
  /** The IKE SA is established: both ends have proven themselves. */
  | {
    readonly type: "ike-sa-up";
    readonly spis: SpiPair;
    readonly resumed: boolean;
    readonly initiatorId: Identity;
    /** Gateway: the identity that EAP authenticated, where it is not IDi. Policy is about it (RFC 5723, section 5, note 1). */
    readonly eapIdentity?: Identity;
    readonly responderId: Identity;
    readonly local: Endpoint;
    readonly remote: Endpoint;
  }
  /** The client has an inner address as long as the IKE SA lives: the gateway gave it, the client got it (RFC 7296, section 2.19). */
  | ({ readonly type: "inner-address-assigned"; readonly spis: SpiPair } & InnerAddress)
  /**
   * Another IKE SA has taken the place of one, and has inherited its Child SAs (RFC 7296, section 2.8): from now on `newSpis` name it, and
   * nothing more is told of the old one. `byUs`: this end offered it, and is its original initiator.
   */
  | { readonly type: "ike-sa-rekeyed"; readonly spis: SpiPair; readonly newSpis: SpiPair; readonly byUs: boolean }
  /** The peer refused to rekey the IKE SA, which goes on as it is: the notify says why. */
  | { readonly type: "ike-sa-rekey-failed"; readonly spis: SpiPair; readonly notifyType: number }
  /** `spis` name the IKE SA that it depends on. `request`: it was asked for by its owner, who gave the number. */
  | { readonly type: "child-sa-up"; readonly spis: SpiPair; readonly childSa: ChildSa; readonly request?: number }
  /**
   * A Child SA has taken the place of another, `old`: traffic goes by it from now on, and `old` receives until its `child-sa-down`, which
   * follows. `byUs`: this end offered it. `isRedundant`: the peer's own, made at the same time, stays, and this one only receives until its
   * `child-sa-down`.
   */
  | {
    readonly type: "child-sa-rekeyed";
    readonly spis: SpiPair;
    readonly old: ChildSa;
    readonly childSa: ChildSa;
    readonly byUs: boolean;
    readonly isRedundant: boolean;
  }
  /** The peer refused to rekey a Child SA, which goes on until its lifetime is over: the notify says why. */
  | { readonly type: "child-sa-rekey-failed"; readonly spis: SpiPair; readonly childSa: ChildSa; readonly notifyType: number }
  /** Either end deleted a Child SA; its keys are wiped. The IKE SA stays. */
  | { readonly type: "child-sa-down"; readonly spis: SpiPair; readonly childSa: ChildSa }
  /**
   * A Child SA could not be made: the notify says why. The IKE SA is up all the same, also where it was to be its first (RFC 7296, section 1.2).
   * `request`: of its owner's, by its number.
   */
  | { readonly type: "child-sa-failed"; readonly spis: SpiPair; readonly notifyType: number; readonly request?: number }
  /**
   * The IKE SA and all Child SAs that depend on it are gone, or never came to be. The identities are missing where it never was up: nothing is
   * proven then. `remote`: where its peer was last.
   */
  | {
    readonly type: "ike-sa-down";
    readonly spis: SpiPair;
    readonly reason: DownReason;
    readonly initiatorId?: Identity;
    readonly eapIdentity?: Identity;
    readonly remote?: Endpoint;
  }
  /**
   * Gateway: a client could not prove itself, or policy does not let it in; `ike-sa-down` follows. Nothing about it is proven:
   * anyone may have claimed any identity, if from an address where answers reach him. `claimedId`: IDi, cut off after 256
   * octets; missing if none was sent.
   */
  | {
    readonly type: "authentication-failed";
    readonly spis: SpiPair;
    readonly method: "shared-key" | "certificate" | "eap" | "ticket";
    readonly claimedId?: Identity;
    /** What was wrong, in a few words for people, where a certificate was to prove the client. */
    readonly detail?: string;
    readonly remote: Endpoint;
  }
  /**
   * Gateway: so many half-open IKE SAs came to nothing since this was last told, because their time was over, or because they had to make room
   * for others. One effect for all: strangers can begin thousands in a second.
   */
  | { readonly type: "half-open-ended"; readonly expired: number; readonly evicted: number }
  /** Gateway: a ticket left with the response just sent. */
  | { readonly type: "ticket-issued"; readonly spis: SpiPair; readonly lifetimeSeconds: number; readonly ticket: IssuedTicket }
  /** Gateway: a ticket was taken back, because its IKE SA is deleted or has another ticket, or by command. */
  | { readonly type: "ticket-revoked"; readonly ticket: IssuedTicket }
  /** Gateway: a ticket could not be taken back, and is good until it expires. `fault`: what a store threw; none, where no list is kept. */
  | { readonly type: "ticket-not-revoked"; readonly ticketId: string; readonly fault?: unknown }
  /** Client: a ticket was accepted, to be stored for later use (RFC 5723, section 4.2). */
  | { readonly type: "ticket-received"; readonly ticket: ClientTicket }
  /** Client: the IKE SA that the latest ticket stands for was rekeyed. The ticket is to be forgotten (RFC 5723, section 6.2). */
  | { readonly type: "ticket-invalidated"; readonly spis: SpiPair }
  /** Client: the gateway answered with TICKET_ACK or TICKET_NACK, or with nothing (a peer without the extension). */
  | { readonly type: "ticket-not-granted"; readonly answer: "ack" | "nack" | "none" }
  /** Client: resumption did not succeed, and a full exchange begins with the same configuration (RFC 5723, section 4.3.2). */
  | { readonly type: "resumption-failed"; readonly reason: "nack" | "no-answer" | "refused" }
  /**
   * Gateway: a presented ticket was refused with TICKET_NACK. The reason is for counters, never for the peer. `profile`: in which form it was presented.
   * `remote`: a `Gateway` adds who sent it.
   */
  | {
    readonly type: "ticket-refused";
    readonly reason: string;
    readonly profile: ProfileName;
    readonly fault?: unknown;
    readonly remote?: Endpoint;
  }
  /**
   * Gateway: a client has another address or port from now on: behind a NAT, as a new, authentic request has shown (RFC 7296, section 2.23);
   * with MOBIKE, as it has said and shown (RFC 4555, sections 3.5 and 3.7). IKE messages go there, over `local`; ESP of the Child SAs has to
   * follow, which is up to the program that runs it, over UDP or not as `udpEncapsulation` says.
   */
  | {
    readonly type: "peer-moved";
    readonly spis: SpiPair;
    readonly before: Endpoint;
    readonly local: Endpoint;
    readonly remote: Endpoint;
    readonly udpEncapsulation: boolean;
  }
  /** Client: the gateway meets it at `local` from now on (RFC 4555): ESP of the Child SAs has to follow, over UDP or not. */
  | {
    readonly type: "addresses-updated";
    readonly spis: SpiPair;
    readonly local: Endpoint;
    readonly remote: Endpoint;
    readonly udpEncapsulation: boolean;
  }
  /** The client wanted to go on between these addresses, and the gateway did not take that: the notify says why (RFC 4555). Told at both ends. */
  | {
    readonly type: "address-update-refused";
    readonly spis: SpiPair;
    readonly notifyType: number;
    readonly local: Endpoint;
    readonly remote: Endpoint;
  }
  /** Client: the gateway wants it to prove itself anew, by a new full exchange, within so many seconds (RFC 4478). */
  | { readonly type: "redirection-asked"; readonly spis: SpiPair; readonly to: string }
  | { readonly type: "reauthentication-asked"; readonly spis: SpiPair; readonly lifetimeSeconds: number }
  /** Client: it is time to prove itself anew, before the gateway ends the IKE SA. */
  | { readonly type: "reauthentication-due"; readonly spis: SpiPair }
  /** Client: one octet 0xFF, without the non-ESP marker, is to go from `local` to `remote` (RFC 3948, section 2.3). */
  | { readonly type: "send-keepalive"; readonly local: Endpoint; readonly remote: Endpoint }
  /** The peer answered a liveness check. */
  | { readonly type: "peer-alive"; readonly spis: SpiPair }
  /** Keys of an IKE SA for a key log; only when the configuration asks for it. */
  | { readonly type: "ike-sa-keys"; readonly spis: SpiPair; readonly suite: IkeSuite; readonly keys: IkeSaKeys }
  /** Gateway: a client was sent to another gateway (RFC 5685). `proven`: at IKE_AUTH; otherwise by its first message, of which nothing is proven. */
  | { readonly type: "client-redirected"; readonly to: string; readonly remote: Endpoint; readonly proven: boolean }
  /** Client: the gateway sends it to another one, by its address or host name; the attempt ends. `proven`: the gateway had proven itself. */
  | { readonly type: "redirected"; readonly to: string; readonly proven: boolean }
  /** Gateway: IKE_SA_INIT was refused with an unprotected notify. `remote`: a `Gateway` adds who sent it. */
  | { readonly type: "init-refused"; readonly reason: string; readonly remote?: Endpoint }
  /** A datagram was dropped without an answer. The reason is one of a small set of words, for counters. `remote`: a `Gateway` adds who sent it. */
  | { readonly type: "dropped"; readonly reason: string; readonly remote?: Endpoint };

/** A message goes out by a path, each of its fragments in a datagram of its own. */
export function sendEach(octets: Uint8Array, path: Path): Effect[] {
  const messages = messagesIn(octets);
  return messages.length === 1 ? [send(octets, path)] : messages.map((message) => send(message, path));
}

/** A message goes out by a path. */
export function send(octets: Uint8Array, path: Path): Effect {
  const { local, remote, encapsulated } = path;
  return { type: "send", datagram: { octets, local, remote, encapsulated } };
}

/** One behind the other. Several times as fast as `concat`, and every resumption asks for it. */
export function joinEffects(
  first: readonly Effect[],
  second: readonly Effect[],
  third: readonly Effect[] = NONE,
  fourth: readonly Effect[] = NONE,
): Effect[] {
  const all = new Array<Effect>(first.length + second.length + third.length + fourth.length);
  let end = 0;
  for (let index = 0; index < first.length; index++) all[end++] = first[index];
  for (let index = 0; index < second.length; index++) all[end++] = second[index];
  for (let index = 0; index < third.length; index++) all[end++] = third[index];
  for (let index = 0; index < fourth.length; index++) all[end++] = fourth[index];
  return all;
}

const NONE: readonly Effect[] = [];
