/**
 * What a gateway is told: identity, keys, algorithms, selectors and limits.
 *
 * @module
 */
import type { Identity } from "../ticket/identity.ts";
import type { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import type { ResumptionAuthentication } from "./authentication.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "./proposals.ts";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./retransmission.ts";
import { anyIpv4Selector, anyIpv6Selector } from "./traffic_selectors.ts";

export interface ResponderConfiguration {
  /** IDr. */
  readonly identity: Identity;
  /** The shared key of a client; `undefined`, or no octets, for one that is not known. Asked again at resumption: who was removed does not come back. */
  readonly presharedKeyOf: (initiatorId: Identity) => Uint8Array | undefined;
  readonly ikeProposals: readonly IkeProposal[];
  readonly espProposals: readonly EspProposal[];
  /** What lies behind the gateway; requests are narrowed to it. */
  readonly localSelectors: readonly TrafficSelector[];
  /** What may lie behind a client. */
  readonly remoteSelectors: readonly TrafficSelector[];
  readonly ticketKeys: TicketKeyRing;
  /** `false`: every N(TICKET_REQUEST) is answered with TICKET_NACK. Presented tickets are opened all the same. */
  readonly issueTickets: boolean;
  /** Seconds, 1 to 86,400 × 30. */
  readonly ticketLifetimeSeconds: number;
  /** Octets. A longer presented ticket is refused before any cryptography. */
  readonly maximumTicketLength: number;
  /** Half-open IKE SAs from which on a cookie is asked for (RFC 7296, section 2.6). */
  readonly cookieThreshold: number;
  /**
   * The same for IKE_SESSION_RESUME. A deployed client (Libreswan 5) cannot answer a cookie there: a gateway that has to serve it sets this to
   * `halfOpenLimit`, at the price that requests from forged addresses cost one opened ticket each. Default: as `cookieThreshold`.
   */
  readonly resumptionCookieThreshold?: number;
  /** Half-open IKE SAs beyond which new requests are dropped, cookie or not. */
  readonly halfOpenLimit: number;
  /** How long a client may take from its first message to IKE_AUTH, in milliseconds. */
  readonly halfOpenLifetimeMs: number;
  /** For requests that the gateway itself makes: liveness checks and deletes. */
  readonly retransmission: RetransmissionPolicy;
  /** What AUTH covers after a resumption of this client: anything but `"rfc5723"`, the default, only for a peer that deviates so. */
  readonly resumptionAuthenticationOf: (initiatorId: Identity) => ResumptionAuthentication;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
}

export type ResponderOptions =
  & Pick<ResponderConfiguration, "identity" | "presharedKeyOf" | "ticketKeys">
  & Partial<ResponderConfiguration>;

const MAXIMUM_TICKET_LIFETIME_SECONDS = 30 * 86_400;

/**
 * Fills in what is not given: all algorithms that are on by default, any selectors, tickets for an hour.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right; or ticket keys would not outlive tickets by far enough
 * (RFC 5723, section 6.2).
 */
export function responderConfiguration(options: ResponderOptions): ResponderConfiguration {
  const configuration: ResponderConfiguration = {
    ikeProposals: defaultIkeProposals(),
    espProposals: defaultEspProposals(),
    localSelectors: [anyIpv4Selector(), anyIpv6Selector()],
    remoteSelectors: [anyIpv4Selector(), anyIpv6Selector()],
    issueTickets: true,
    ticketLifetimeSeconds: 3_600,
    maximumTicketLength: 2_048,
    cookieThreshold: 8_192,
    halfOpenLimit: 32_768,
    halfOpenLifetimeMs: 30_000,
    retransmission: DEFAULT_RETRANSMISSION,
    resumptionAuthenticationOf: () => "rfc5723",
    exposeKeys: false,
    ...options,
  };
  checkWholeNumber("ticketLifetimeSeconds", configuration.ticketLifetimeSeconds, 1, MAXIMUM_TICKET_LIFETIME_SECONDS);
  checkWholeNumber("maximumTicketLength", configuration.maximumTicketLength, 64, 60_000);
  checkWholeNumber("cookieThreshold", configuration.cookieThreshold, 0, 10_000_000);
  if (configuration.resumptionCookieThreshold !== undefined) {
    checkWholeNumber("resumptionCookieThreshold", configuration.resumptionCookieThreshold, 0, 10_000_000);
  }
  checkWholeNumber("halfOpenLimit", configuration.halfOpenLimit, 1, 10_000_000);
  checkWholeNumber("halfOpenLifetimeMs", configuration.halfOpenLifetimeMs, 1, 3_600_000);
  checkRetransmissionPolicy(configuration.retransmission);
  configuration.ticketKeys.checkTicketLifetime(configuration.ticketLifetimeSeconds);
  return configuration;
}

function checkWholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`responder configuration: ${name} is ${value}, expected a whole number from ${least} to ${most}`);
}
