/**
 * The configuration of a gateway: identity, keys, algorithms, selectors and limits.
 *
 * @module
 */
import { concealing } from "../../crypto/concealed.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { TicketKind } from "../../ticket/issued_ticket.ts";
import type { TicketKeyRing } from "../../ticket/ticket_key_ring.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { DEFAULT_EAP_LIMITS } from "../authentication/eap/eap_limits.ts";
import type { CertificateAuthentication } from "../authentication/certificate_authentication.ts";
import type { ResumptionAuthentication } from "../authentication/signed_content.ts";
import { anyIpv4Selector, anyIpv6Selector } from "../child_sa/traffic_selectors.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "../ike_sa/proposals.ts";
import type { SpiWorker } from "../ike_sa/spi_worker.ts";
import { DEFAULT_FRAGMENT_SIZE } from "../message/fragmentation.ts";
import { DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "../message/retransmission.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { ResumptionProfile } from "../profiles/resumption_profile.ts";
import { type ChildSaRules, childSaRules } from "./child_sa_rules.ts";
import type { ClientRules, UniqueIdentities } from "./client_rules.ts";
import type { OtherWorkers } from "./other_workers.ts";
import type { AuthenticatedClient, Authorization, ResumingClient } from "./authorization.ts";
import type { EapOptions, EapResponderConfiguration } from "./eap_configuration.ts";
import type { MayAnswerLater, PolicyFunction } from "./later_answers.ts";
import { checkProofs } from "./proofs.ts";
import { checkResponderConfiguration } from "./responder_checks.ts";
import type { InnerAddressPolicy } from "./inner_address.ts";
import { DEFAULT_PEER_RULES, type PeerRules } from "./peer_rules.ts";

/**
 * Made by {@link responderConfiguration}, which checks it. A function of it that throws, or returns what is no answer, refuses the client that it was
 * asked about, and nobody else. Each of {@link PolicyFunction} may answer by a promise, as a gateway's `policyTimeoutMs` allows: see `ResponderOptions`.
 */
export interface ResponderConfiguration extends PeerRules {
  /** IDr. */
  readonly identity: Identity;
  /**
   * The shared key of a client; `undefined`, or no octets, for one that is not known. Asked again at resumption: a client that
   * was removed does not come back. The identity is as the client wrote it: look keys up by `identityKey`, to which host names
   * are the same in any case, and distinguished names in any form.
   */
  readonly presharedKeyOf: (initiatorId: Identity) => Uint8Array | undefined;
  /**
   * Lets clients prove themselves by certificates (RFC 7296, section 2.15; RFC 7427), to which the gateway proves itself in the same way: it has to
   * have a credential of its own. What the certificate of a client means to policy, `authorize` says. Made by `loadCertificates`. Not given: no client
   * does.
   */
  readonly certificates?: CertificateAuthentication;
  /** What is accepted of a client's proposals; the client's order of preference counts. */
  readonly ikeProposals: readonly IkeProposal[];
  /** The same for Child SAs. */
  readonly espProposals: readonly EspProposal[];
  /** What lies behind the gateway; requests are narrowed to it. */
  readonly localSelectors: readonly TrafficSelector[];
  /**
   * What may lie behind any client: its offer is narrowed to this, and then to what no IKE SA of another identity holds, first
   * come, first served (RFC 4718, section 4.13). Not given: a selector that the client's own address lies in means that address
   * alone, any other is granted in the same way. Not used beside `remoteSelectorsOf`, nor for clients that have an inner
   * address.
   */
  readonly remoteSelectors?: readonly TrafficSelector[];
  /**
   * What may lie behind a client of this identity (the one that EAP authenticated, where that is not IDi): policy's word.
   * Nothing else keeps one client's selectors from others while that client is away (RFC 4301, section 4.4.3). `undefined`: the
   * address that it comes from, and no other; an empty list: nothing, TS_UNACCEPTABLE. That two identities do not get the same
   * is then policy's affair. Must be quick, and must not throw.
   */
  readonly remoteSelectorsOf?: (identity: Identity) => readonly TrafficSelector[] | undefined;
  /**
   * What holds for clients of this identity (the one that EAP authenticated, where that is not IDi) in place of what holds for all: how many IKE SAs
   * it may have, its inner addresses, whether it is given tickets. `undefined`: nothing else. Asked once a client has proven itself, and whenever it
   * asks for a ticket; has to answer at once: what takes time is for `authorize` and `authorizeResumption`, which are asked before.
   */
  readonly rulesOf?: (identity: Identity) => ClientRules | undefined;
  /** What it wants of Child SAs, beside proposals and selectors: lifetimes, how many, transport mode. */
  readonly childSas: ChildSaRules;
  /**
   * The forms of resumption that are served, at least one, no two of the same numbers; default RFC 5723 alone. A ticket is good for the one that it was
   * asked for in.
   */
  readonly profiles: readonly ResumptionProfile[];
  /**
   * The gateways that take this one's tickets, 1 to 32 by IPv4 or IPv6 address or host name, the one to try first in front: told to clients with their
   * tickets, in a profile that has a notify for it (`failover-03`).
   */
  readonly gatewayList?: readonly Identity[];
  /** The keys that tickets are sealed under. Gateways that share them open each other's tickets. */
  readonly ticketKeys: TicketKeyRing;
  /** What new tickets are: the state itself, sealed, or a name of the state, which a store keeps. Presented ones of both kinds are opened. */
  readonly ticketKind: TicketKind;
  /** `false`: every N(TICKET_REQUEST) is answered with TICKET_NACK. Presented tickets are opened all the same. */
  readonly issueTickets: boolean;
  /** Seconds, 1 to 2,592,000 (30 days); default 3,600. */
  readonly ticketLifetimeSeconds: number;
  /**
   * Tickets that one IKE SA is given in ten minutes, or in the lifetime of a ticket where that is shorter; its successors by rekeying count in.
   * Beyond them it gets TICKET_NACK. 1 to 1,000,000; default 16.
   */
  readonly ticketsPerIkeSa: number;
  /** The same for one identity, over all its IKE SAs: the one that EAP authenticated, or IDi. 1 to 1,000,000; default 4,096. */
  readonly ticketsPerIdentity: number;
  /**
   * With `ikeSaLifetimeSeconds`: the gateway rekeys an IKE SA itself in the last fifth of its lifetime, if its client has not, each at a moment of
   * its own; and again, if the client refuses. Default true.
   */
  readonly rekeyIkeSas: boolean;
  /**
   * Seconds that an IKE SA may live: then the gateway deletes it, and no ticket of it lives longer (RFC 5723, section 6.2). One that takes its
   * place by rekeying lives as long again. 1 to 2,592,000 (30 days). Not given: for ever, as long as the client gives signs of life.
   */
  readonly ikeSaLifetimeSeconds?: number;
  /**
   * Seconds after which a client has to prove itself anew: told to it in IKE_AUTH as AUTH_LIFETIME (RFC 4478). If it has not,
   * its IKE SA is deleted then, and no ticket outlives that moment (RFC 5723, section 6.2); rekeying does not put it off. 1 to
   * 2,592,000 (30 days). Not given: never.
   */
  readonly reauthenticationSeconds?: number;
  /**
   * `true`: a client that resumes counts as having proven itself anew. `false`, the default: `reauthenticationSeconds` count
   * from the full exchange at the head of its chain of tickets; once they are over, its tickets are refused.
   */
  readonly resumptionReauthenticates: boolean;
  /**
   * Whether a ticket is good only as long as its client's shared key is the one by which the client proved itself; default `true`. Tickets of
   * versions that did not look at it, and of clients that came by EAP, are not bound.
   */
  readonly bindTicketsToSharedKey: boolean;
  /** Whether a ticket is good also where `ikeProposals` does not allow the algorithms of its IKE SA any more; default `false`. */
  readonly resumeWithAnyAlgorithms: boolean;
  /**
   * Seconds of silence after which a client is asked for a sign of life (RFC 7296, section 2.4). One that gives none within the time of
   * `retransmission` is taken for gone: its IKE SA ends, and its ticket stays good. 0 to 86,400; 0: never; default 60.
   */
  readonly livenessSeconds: number;
  /**
   * How many clients a second are asked for a sign of life at most, so that an outage that silences all of them does not end in a storm. 1 to
   * 1,000,000; default 1,000.
   */
  readonly livenessChecksPerSecond: number;
  /**
   * The largest part by which `ikeSaLifetimeSeconds` and `livenessSeconds` are shortened, drawn at random for each IKE SA, so
   * that clients that came together do not go together. 0 to 0.5; default 0.1.
   */
  readonly lifetimeJitter: number;
  /**
   * IKE SAs that are kept at most, those included that wait for their DELETE; each takes some 7 KB of memory, and at worst a few times as much.
   * Beyond, first messages are dropped in silence, and a client that comes up nevertheless gets AUTHENTICATION_FAILED: only one that takes the
   * place of its own IKE SA comes in. 1 to 10,000,000; default 1,000,000.
   */
  readonly ikeSaLimit: number;
  /**
   * How many IKE SAs one authenticated identity may have; EAP's counts, where there was EAP. `"replace"`: one, and a newcomer takes the place of
   * what is there, which is deleted. `"keep"`: one, and a newcomer is refused by AUTHENTICATION_FAILED, unless it says INITIAL_CONTACT, or is
   * reached where its one other is (it proves itself anew, RFC 7296, section 2.8.3); what is there is asked for a sign of life at once. A number, 1 to 1,000,000: so many devices; beyond, the one of which nothing was heard for the
   * longest time makes room, and INITIAL_CONTACT has the others asked for a sign of life. `{ keep }`, 1 to 64: so many devices; one more is refused
   * as by `"keep"`, unless it is reached where one of them is; all of them are asked for a sign of life then, so that one that is gone makes room
   * within the time of `retransmission`. INITIAL_CONTACT lets nobody in there, beside more than one. Not given: 10,000, in the same way as a number,
   * but INITIAL_CONTACT ends all others (RFC 7296, section 2.4).
   */
  readonly uniqueIdentities?: UniqueIdentities;
  /**
   * Octets of an IKE_AUTH or CREATE_CHILD_SA response beyond which its ticket is left out, and TICKET_ACK says that it is to be asked for
   * alone (RFC 5723, section 4.1): below the path's MTU it spares IP fragments. 128 to 65,000. Not given: any length.
   */
  readonly maximumResponseLength?: number;
  /**
   * Octets that all IKE SAs together may hold in fragments of incomplete messages (RFC 7383): 65,536 to 2^30; default
   * 16,777,216. Beyond them the message that began first is given up, and its sender has to send it again.
   */
  readonly mostFragmentOctets: number;
  /** Octets of the longest IP packet that this end sends, see `DEFAULT_FRAGMENT_SIZE`: 576 to 65,535; default 1,280. */
  readonly fragmentSize: number;
  /**
   * `true`: while the store is down a request to resume gets no answer, in the place of TICKET_NACK, and nor does the IKE_AUTH that follows. Its
   * client sends it again, as long as its patience lasts, and makes a full exchange only then. Default false; `storeFailure: "wait"` of a gateway sets it.
   */
  readonly waitForStore: boolean;
  /** Octets, 64 to 60,000; default 2,048. A longer presented ticket is refused before any cryptography, and none is issued. */
  readonly maximumTicketLength: number;
  /**
   * Half-open IKE SAs from which on IKE_SA_INIT is asked for a cookie (RFC 7296, section 2.6): 0 to 10,000,000; default 8,192.
   * One with a costly group counts as many as its Diffie-Hellman exchange costs (P-256 5, P-384 20, MODP-4096 55), so that
   * cookies come sooner, and first to clients that ask for such a group. A request that waited longer than 250 ms to be
   * processed is asked as well.
   */
  readonly cookieThreshold: number;
  /**
   * Half-open IKE SAs that began with a ticket, and requests to resume that wait for policy, from which on IKE_SESSION_RESUME is asked for a cookie; a
   * flood of IKE_SA_INIT does not count here.
   * A deployed client (Libreswan 5) cannot answer a cookie there: a gateway that has to serve it sets this to `halfOpenLimit`, at the price that
   * requests from forged addresses cost one opened ticket each. Default: as `cookieThreshold`.
   */
  readonly resumptionCookieThreshold?: number;
  /**
   * How many half-open IKE SAs there may be at once, those that began with a ticket and others together: 1 to 10,000,000; default 32,768, which
   * take about 200 MB at most. One that keeps more than 2,048 octets of messages, fragments among them, counts once for each 2,048 begun.
   *
   * When it is met, nobody is kept out: the oldest of the address prefix (an IPv4 address, or 64 bits of an IPv6 address) that holds most makes
   * room. Those that began with a ticket make room for others only where full exchanges hold no more than a quarter: three quarters of this are
   * theirs whenever they need them.
   */
  readonly halfOpenLimit: number;
  /**
   * How long a client may take from its first message to the end of IKE_AUTH, all rounds of EAP included, in milliseconds: 1 to 3,600,000;
   * default 30,000.
   */
  readonly halfOpenLifetimeMs: number;
  /** For requests that the gateway itself makes: liveness checks and deletes. */
  readonly retransmission: RetransmissionPolicy;
  /**
   * What AUTH covers after a resumption of this client: anything but `"rfc5723"`, the default, only for a peer that deviates so. `undefined`: its
   * resumption is refused.
   */
  readonly resumptionAuthenticationOf: (initiatorId: Identity) => ResumptionAuthentication | undefined;
  /** Lets clients prove themselves by EAP (RFC 7296, section 2.16). Not given: by shared keys alone. */
  readonly eap?: EapResponderConfiguration;
  /**
   * Policy's word on a client that has proven itself; `undefined`: it does not come in. Not given: all do. It must be quick: nothing else is
   * served meanwhile.
   */
  readonly authorize?: (client: AuthenticatedClient) => Authorization | undefined;
  /** The same for a client that presents a ticket; `false`: the ticket is refused. Asked at IKE_SESSION_RESUME and again at IKE_AUTH. */
  readonly authorizeResumption?: (client: ResumingClient) => boolean;
  /**
   * Refuses tickets from another address than they were issued to, for any port (RFC 5723, section 4.3.2). Tickets then hold the address; those
   * without one are refused as well. A client that moves makes full exchanges, and so does one behind a NAT that does.
   */
  readonly refuseChangedAddress: boolean;
  /** Inner addresses for clients. Not given: CP payloads are passed over. */
  readonly innerAddresses?: InnerAddressPolicy;
  /** @internal One of several workers that share a port: its SPIs say so. Not given: it has the port for itself. */
  readonly spiWorker?: SpiWorker;
  /** @internal Told what concerns the other workers, where there are some. */
  readonly otherWorkers?: OtherWorkers;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
}

/** Required options, and optional ones. */
export type ResponderOptions =
  & Pick<ResponderConfiguration, "identity" | "ticketKeys">
  & Partial<Omit<ResponderConfiguration, "eap" | "childSas" | PolicyFunction>>
  & { readonly childSas?: Partial<ChildSaRules>; readonly eap?: EapOptions }
  & { readonly [Name in PolicyFunction]?: MayAnswerLater<NonNullable<ResponderConfiguration[Name]>> };

/**
 * Fills in what is not given: all algorithms that are on by default, any selectors, tickets for an hour.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right; or ticket keys would not outlive tickets by far enough
 * (RFC 5723, section 6.2).
 */
export function responderConfiguration(options: ResponderOptions): ResponderConfiguration {
  const configuration: ResponderConfiguration = {
    presharedKeyOf: () => undefined,
    ikeProposals: defaultIkeProposals(),
    espProposals: defaultEspProposals(),
    localSelectors: [anyIpv4Selector(), anyIpv6Selector()],
    profiles: [RFC_5723],
    ticketKind: "value",
    issueTickets: true,
    ticketLifetimeSeconds: 3_600,
    ikeSaLimit: 1_000_000,
    livenessSeconds: 60,
    livenessChecksPerSecond: 1_000,
    lifetimeJitter: 0.1,
    rekeyIkeSas: true,
    resumptionReauthenticates: false,
    bindTicketsToSharedKey: true,
    resumeWithAnyAlgorithms: false,
    ticketsPerIkeSa: 16,
    ticketsPerIdentity: 4_096,
    mostFragmentOctets: 16_777_216,
    fragmentSize: DEFAULT_FRAGMENT_SIZE,
    maximumTicketLength: 2_048,
    waitForStore: false,
    cookieThreshold: 8_192,
    halfOpenLimit: 32_768,
    halfOpenLifetimeMs: 30_000,
    retransmission: DEFAULT_RETRANSMISSION,
    resumptionAuthenticationOf: () => "rfc5723",
    refuseChangedAddress: false,
    exposeKeys: false,
    ...DEFAULT_PEER_RULES,
    // Nothing asks them but by way of their guards, which have those that answer later waited for.
    ...options as Pick<ResponderConfiguration, "identity" | "ticketKeys">,
    childSas: childSaRules(options.childSas),
    eap: options.eap && concealing({ ...DEFAULT_EAP_LIMITS, ...options.eap } as EapResponderConfiguration, "gatewayKey"),
  };
  checkProofs(options);
  checkResponderConfiguration(configuration);
  return configuration;
}
