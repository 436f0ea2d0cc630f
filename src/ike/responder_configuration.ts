/**
 * What a gateway is told: identity, keys, algorithms, selectors and limits.
 *
 * @module
 */
import type { Identity } from "../ticket/identity.ts";
import type { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "./proposals.ts";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./retransmission.ts";
import { anyIpv4Selector, anyIpv6Selector } from "./traffic_selectors.ts";

/** Made by {@link responderConfiguration}, which checks it. */
export interface ResponderConfiguration {
  /** IDr. */
  readonly identity: Identity;
  /** The shared key of a client; `undefined`, or no octets, for one that is not known. Asked again at resumption: who was removed does not come back. */
  readonly presharedKeyOf: (initiatorId: Identity) => Uint8Array | undefined;
  /** What is accepted of a client's proposals; the client's order of preference counts. */
  readonly ikeProposals: readonly IkeProposal[];
  /** The same for Child SAs. */
  readonly espProposals: readonly EspProposal[];
  /** What lies behind the gateway; requests are narrowed to it. */
  readonly localSelectors: readonly TrafficSelector[];
  /** What may lie behind a client. */
  readonly remoteSelectors: readonly TrafficSelector[];
  /** The keys that tickets are sealed under. Gateways that share them open each other's tickets. */
  readonly ticketKeys: TicketKeyRing;
  /** `false`: every N(TICKET_REQUEST) is answered with TICKET_NACK. Presented tickets are opened all the same. */
  readonly issueTickets: boolean;
  /** Seconds, 1 to 2,592,000 (30 days); default 3,600. */
  readonly ticketLifetimeSeconds: number;
  /** Octets, 64 to 60,000; default 2,048. A longer presented ticket is refused before any cryptography, and none is issued. */
  readonly maximumTicketLength: number;
  /** Half-open IKE SAs from which on a cookie is asked for (RFC 7296, section 2.6): 0 to 10,000,000; default 8,192. */
  readonly cookieThreshold: number;
  /** Half-open IKE SAs beyond which new requests are dropped, cookie or not: 1 to 10,000,000; default 32,768. */
  readonly halfOpenLimit: number;
  /** How long a client may take from its first message to IKE_AUTH, in milliseconds: 1 to 3,600,000; default 30,000. */
  readonly halfOpenLifetimeMs: number;
  /** For requests that the gateway itself makes: liveness checks and deletes. */
  readonly retransmission: RetransmissionPolicy;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
}

/** What has to be given, and what may be. */
export type ResponderOptions =
  & Pick<ResponderConfiguration, "identity" | "presharedKeyOf" | "ticketKeys">
  & Partial<ResponderConfiguration>;

const MAXIMUM_TICKET_LIFETIME_SECONDS = 30 * 86_400;

/**
 * Fills in what is not given: all algorithms that are on by default, any selectors, tickets for an hour.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right.
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
    exposeKeys: false,
    ...options,
  };
  checkWholeNumber("ticketLifetimeSeconds", configuration.ticketLifetimeSeconds, 1, MAXIMUM_TICKET_LIFETIME_SECONDS);
  checkWholeNumber("maximumTicketLength", configuration.maximumTicketLength, 64, 60_000);
  checkWholeNumber("cookieThreshold", configuration.cookieThreshold, 0, 10_000_000);
  checkWholeNumber("halfOpenLimit", configuration.halfOpenLimit, 1, 10_000_000);
  checkWholeNumber("halfOpenLifetimeMs", configuration.halfOpenLifetimeMs, 1, 3_600_000);
  checkRetransmissionPolicy(configuration.retransmission);
  return configuration;
}

function checkWholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`responder configuration: ${name} is ${value}, expected a whole number from ${least} to ${most}`);
}
