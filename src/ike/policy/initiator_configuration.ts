/**
 * The configuration of a client: identities, shared key, algorithms, selectors and patience.
 *
 * @module
 */
import { concealing } from "../../crypto/concealed.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { checkEapLimits, DEFAULT_EAP_LIMITS, type EapLimits } from "../authentication/eap/eap_limits.ts";
import type { CertificateAuthentication } from "../authentication/certificate_authentication.ts";
import type { EapPeerMethod } from "../authentication/eap/eap_method.ts";
import { checkEapOnly, type EapOnly } from "../authentication/eap/eap_only.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "../authentication/signed_content.ts";
import { anyIpv4Selector } from "../child_sa/traffic_selectors.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "../ike_sa/proposals.ts";
import { DEFAULT_FRAGMENT_SIZE, SMALLEST_FRAGMENT_SIZE } from "../message/fragmentation.ts";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "../message/retransmission.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Endpoint } from "../steps/datagram.ts";
import { type ChildSaRules, childSaRules } from "./child_sa_rules.ts";
import { checkInnerAddressWishes } from "./inner_address_wishes.ts";

/** Made by {@link initiatorConfiguration}, which checks it. */
export interface InitiatorConfiguration {
  /** IDi. */
  readonly identity: Identity;
  /** IDr: sent, and required of the gateway. Without it any gateway that knows the shared key is accepted. */
  readonly peerIdentity?: Identity;
  /**
   * Identities of all gateways of a secure domain: a ticket of any of them is presented to this one, which then goes by the identity that the ticket was
   * issued under (RFC 5723, section 4.3.3). Not given: `peerIdentity` alone.
   */
  readonly ticketIdentities?: readonly Identity[];
  /** The key shared with the gateway: at least one octet. Secret. Not given: `certificates` is. */
  readonly presharedKey?: Uint8Array;
  /**
   * The gateway proves itself by a certificate (RFC 7296, section 2.15; RFC 7427), which has to name `peerIdentity`; so does this end, if there is a
   * credential of its own in it, else by `eap`. Made by `loadCertificates`.
   */
  readonly certificates?: CertificateAuthentication;
  /** In order of preference, at least one; the first group of the first is tried first. */
  readonly ikeProposals: readonly IkeProposal[];
  /** In order of preference, at least one. */
  readonly espProposals: readonly EspProposal[];
  /** Traffic of this end that is offered: at least one. */
  readonly localSelectors: readonly TrafficSelector[];
  /** Traffic of the gateway's side that is asked for: at least one. */
  readonly remoteSelectors: readonly TrafficSelector[];
  /** What it wants of its Child SAs, beside proposals and selectors: lifetimes, transport mode. */
  readonly childSas: ChildSaRules;
  /** The form of resumption: of which tickets are asked for and presented. Default: RFC 5723. */
  readonly profile: ResumptionProfile;
  /** Ask for a ticket in every IKE_AUTH, and whenever this end rekeys the IKE SA (RFC 5723, section 4.1). */
  readonly requestTicket: boolean;
  /**
   * Ask for a ticket by INFORMATIONAL, unprompted, whenever there is none that will last: at once after a TICKET_ACK and after the gateway
   * rekeyed the IKE SA, and before the lifetime of a ticket ends. Default true; without `requestTicket` it means nothing.
   */
  readonly keepTicketFresh: boolean;
  /**
   * Between which two parts of its lifetime a ticket is renewed, each above 0 and below 1; the moment is drawn at random, so that clients
   * that came up together do not ask together. Default 0.8 to 0.9.
   */
  readonly ticketRenewal: readonly [earliest: number, latest: number];
  /** For every request. Default: {@link DEFAULT_RETRANSMISSION}. */
  readonly retransmission: RetransmissionPolicy;
  /**
   * Milliseconds for which a refusal that nobody signed (TICKET_NACK, NO_PROPOSAL_CHOSEN) is only a hint: anyone could have sent it, so a
   * real answer that comes within this time wins. 0 or more; default 1,000.
   */
  readonly refusalPatienceMs: number;
  /** Octets of the longest IP packet that this end sends, see `DEFAULT_FRAGMENT_SIZE`: 576 to 65,535; default 1,280. */
  readonly fragmentSize: number;
  /** How often IKE_SESSION_RESUME is sent in all before a full exchange takes its place, from 1; default: as `retransmission.attempts`. */
  readonly resumeAttempts?: number;
  /**
   * Where another gateway can be tried instead: how often the first request is sent to one that does not answer, from 1. No full exchange follows a
   * resumption in silence then. Not given: this gateway is the only one.
   */
  readonly silentAttempts?: number;
  /**
   * How often IKE_AUTH, and what stands in its place, is sent in all to a gateway that has answered the first request, from 1; default: as
   * `retransmission.attempts`. Its answer may be under way when it is given up: a ticket that was presented has been used then, and a full exchange
   * is what is left. Where the gateway is known to wait for its store (`storeFailure: "wait"`), be more patient.
   */
  readonly authAttempts?: number;
  /** What AUTH covers after a resumption with this gateway: anything but `"rfc5723"`, the default, only for a peer that deviates so. */
  readonly resumptionAuthentication: ResumptionAuthentication;
  /** Proves this end by EAP (RFC 7296, section 2.16); the gateway still proves itself by its certificate, or `presharedKey`, before EAP begins. */
  readonly eap?: EapInitiatorConfiguration;
  /**
   * Asks for inner addresses, one of each family that `localSelectors` are of: any, or those that this client had before, in text form. The
   * gateway may give others, and of one family alone. Default false. They are not in the ticket: a client that resumes asks again (RFC 5723,
   * section 5, note 5).
   */
  readonly requestInnerAddress: boolean | string | readonly string[];
  /**
   * Whether a gateway that gives no inner address at all is refused, as if it had made no Child SA (RFC 4718, section 6.8). Default false. Without
   * `requestInnerAddress` it means nothing.
   */
  readonly innerAddressRequired: boolean;
  /**
   * Move with the IKE SA from address to address, without a new one (MOBIKE, RFC 4555), where the gateway agrees: IKE then goes over the
   * UDP-encapsulation port from IKE_AUTH on. Default false.
   */
  readonly mobike: boolean;
  /** Refuse to be behind a NAT, which no NAT traversal is for then: NO_NATS_ALLOWED of RFC 4555, section 3.9. Default false. */
  readonly refuseNats: boolean;
  /** Begin on the UDP-encapsulation port at both ends, 4500 as a rule, where port 500 does not get through (RFC 7296, section 2.23). Default false. */
  readonly startOnNatPort: boolean;
  /** Go to another gateway when this one says so, before or after it has proven itself (RFC 5685). Default false. */
  readonly followRedirects: boolean;
  /**
   * Come up without a Child SA where the gateway supports that (RFC 6023); elsewhere with one. `Session.createChildSa` makes them later. Neither an
   * inner address nor traffic is asked for. Default false.
   */
  readonly childless: boolean;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
  /**
   * Say in the first IKE_AUTH that this is the only IKE SA between the two identities (INITIAL_CONTACT, RFC 7296, section 2.4): the gateway may
   * forget those of before a crash. It is left out where this process has another one with the gateway, and after a resumption, whose old IKE SA
   * the gateway replaces by itself (RFC 5723, section 4.3.4). Default true; false where several machines share the identity.
   */
  readonly initialContact: boolean;
  /** Seconds without a word from the gateway after which it is asked for a sign of life (RFC 7296, section 2.4); 0: never. Default 30. */
  readonly livenessSeconds: number;
  /** Seconds of silence on a path behind a NAT after which one octet keeps it open (RFC 3948, section 4); 0: never. Default 20. */
  readonly natKeepaliveSeconds: number;
  /** Seconds within which this end rekeys the IKE SA, over and over; above 0. Default: it leaves that to the gateway. */
  readonly ikeSaLifetimeSeconds?: number;
  /**
   * Between which two parts of its time the IKE SA is rekeyed, or its owner told that it is time to prove itself anew (RFC 4478): each above 0 and
   * below 1; the moment is drawn at random. Default 0.8 to 0.9.
   */
  readonly renewal: readonly [earliest: number, latest: number];
}

/** Where a client talks from and to, before and after a NAT was found. */
export interface InitiatorPath {
  /** Port 500, as a rule, or any. */
  readonly local: Endpoint;
  /** Port 500 of the gateway, as a rule. */
  readonly remote: Endpoint;
  /** Used from IKE_AUTH on when a NAT stands between (RFC 7296, section 2.23): port 4500 on both sides, as a rule. */
  readonly encapsulatedLocal: Endpoint;
  /** The gateway's end of it. */
  readonly encapsulatedRemote: Endpoint;
}

/** EAP at a client. */
export interface EapInitiatorConfiguration extends EapLimits {
  /** A new conversation; several methods in order of preference, of which the gateway chooses. */
  readonly method: () => EapPeerMethod | readonly EapPeerMethod[];
  /**
   * Lets EAP prove the gateway too (EAP_ONLY_AUTHENTICATION, RFC 5998), by these methods and no others, where it does not prove itself before:
   * `certificates` and `presharedKey` are not needed then. Whoever the method takes for its server may pass for the gateway. Not given: the gateway has
   * to prove itself first.
   */
  readonly eapOnly?: EapOnly;
}

/** Required options, and optional ones. */
export type InitiatorOptions =
  & Pick<InitiatorConfiguration, "identity">
  & Partial<Omit<InitiatorConfiguration, "eap" | "childSas">>
  & {
    readonly childSas?: Partial<ChildSaRules>;
  }
  & { readonly eap?: Pick<EapInitiatorConfiguration, "method" | "eapOnly"> & Partial<EapLimits> };

/** The same objects for all clients of a process: what is made of them is made once. */
const IKE_PROPOSALS: readonly IkeProposal[] = defaultIkeProposals();
const ESP_PROPOSALS: readonly EspProposal[] = defaultEspProposals();
const ANY_IPV4: readonly TrafficSelector[] = [anyIpv4Selector()];

/**
 * Fills in what is not given: all algorithms that are on by default, any IPv4 traffic, a ticket wanted.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right.
 */
export function initiatorConfiguration(options: InitiatorOptions): InitiatorConfiguration {
  const configuration: InitiatorConfiguration = {
    ikeProposals: IKE_PROPOSALS,
    espProposals: ESP_PROPOSALS,
    localSelectors: ANY_IPV4,
    remoteSelectors: ANY_IPV4,
    profile: RFC_5723,
    requestTicket: true,
    keepTicketFresh: true,
    ticketRenewal: [0.8, 0.9],
    retransmission: DEFAULT_RETRANSMISSION,
    fragmentSize: DEFAULT_FRAGMENT_SIZE,
    refusalPatienceMs: 1_000,
    resumptionAuthentication: "rfc5723",
    requestInnerAddress: false,
    innerAddressRequired: false,
    mobike: false,
    refuseNats: false,
    startOnNatPort: false,
    followRedirects: false,
    childless: false,
    exposeKeys: false,
    initialContact: true,
    livenessSeconds: 30,
    natKeepaliveSeconds: 20,
    renewal: [0.8, 0.9],
    ...options,
    childSas: childSaRules(options.childSas),
    eap: options.eap && { ...DEFAULT_EAP_LIMITS, ...options.eap },
  };
  if (configuration.eap) checkEapLimits(configuration.eap);
  checkEapOnly(configuration.eap?.eapOnly);
  checkInnerAddressWishes(configuration);
  checkRetransmissionPolicy(configuration.retransmission);
  if (!(configuration.refusalPatienceMs >= 0)) {
    throw new RangeError(
      `initiator configuration: refusalPatienceMs is ${configuration.refusalPatienceMs}, expected 0 or more`,
    );
  }
  for (const name of ["ticketRenewal", "renewal"] as const) {
    const [earliest, latest] = configuration[name];
    if (!(earliest > 0 && earliest <= latest && latest < 1)) {
      throw new RangeError(
        `initiator configuration: ${name} is ${earliest} to ${latest}, expected two numbers above 0 and below 1, the lower first`,
      );
    }
  }
  for (const name of ["livenessSeconds", "natKeepaliveSeconds"] as const) {
    if (!(configuration[name] >= 0)) {
      throw new RangeError(`initiator configuration: ${name} is ${configuration[name]}, expected 0 or more`);
    }
  }
  const { ikeSaLifetimeSeconds } = configuration;
  if (ikeSaLifetimeSeconds !== undefined && !(ikeSaLifetimeSeconds > 0)) {
    throw new RangeError(`initiator configuration: ikeSaLifetimeSeconds is ${ikeSaLifetimeSeconds}, expected more than 0`);
  }
  const { fragmentSize } = configuration;
  if (!(Number.isInteger(fragmentSize) && fragmentSize >= SMALLEST_FRAGMENT_SIZE && fragmentSize <= 65_535)) {
    throw new RangeError(
      `initiator configuration: fragmentSize is ${fragmentSize}, expected a whole number from ${SMALLEST_FRAGMENT_SIZE} to 65535`,
    );
  }
  for (const name of ["resumeAttempts", "silentAttempts", "authAttempts"] as const) {
    const attempts = configuration[name];
    if (attempts !== undefined && !(Number.isInteger(attempts) && attempts >= 1)) {
      throw new RangeError(`initiator configuration: ${name} is ${attempts}, expected a whole number from 1`);
    }
  }
  if (!RESUMPTION_AUTHENTICATIONS.includes(configuration.resumptionAuthentication)) {
    throw new RangeError(
      `initiator configuration: resumptionAuthentication is ${configuration.resumptionAuthentication}, expected ${
        RESUMPTION_AUTHENTICATIONS.join(" or ")
      }`,
    );
  }
  checkProofs(configuration);
  for (const name of ["ikeProposals", "espProposals", "localSelectors", "remoteSelectors"] as const) {
    if (configuration[name].length === 0) {
      throw new RangeError(`initiator configuration: ${name} is empty, expected at least one`);
    }
  }
  return concealing(configuration, "presharedKey");
}

/** What proves the two ends to each other. */
function checkProofs({ presharedKey, certificates, eap, peerIdentity }: InitiatorConfiguration): void {
  if (presharedKey?.length === 0) {
    throw new RangeError("initiator configuration: presharedKey is empty, expected at least one octet");
  }
  if (presharedKey === undefined && certificates === undefined && eap?.eapOnly === undefined) {
    throw new RangeError("initiator configuration: neither presharedKey nor certificates, expected one of them at least");
  }
  if (certificates === undefined) return;
  // Every other client of the authority could pass for the gateway.
  if (peerIdentity === undefined) {
    throw new RangeError("initiator configuration: certificates without peerIdentity, expected the gateway's identity");
  }
  if (certificates.own.length === 0 && eap === undefined) {
    throw new RangeError("initiator configuration: certificates has no credential, expected one, or eap");
  }
}
