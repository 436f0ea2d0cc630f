/**
 * What a client is told: identities, shared key, algorithms, selectors and patience.
 *
 * @module
 */
import type { Identity } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "./authentication.ts";
import type { Endpoint } from "./datagram.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "./proposals.ts";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./retransmission.ts";
import { anyIpv4Selector } from "./traffic_selectors.ts";

export interface InitiatorConfiguration {
  /** IDi. */
  readonly identity: Identity;
  /** IDr: sent, and required of the gateway. Without it any gateway that knows the shared key is accepted. */
  readonly peerIdentity?: Identity;
  readonly presharedKey: Uint8Array;
  readonly ikeProposals: readonly IkeProposal[];
  readonly espProposals: readonly EspProposal[];
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  /** Ask for a ticket in every IKE_AUTH (RFC 5723, section 4.1). */
  readonly requestTicket: boolean;
  readonly retransmission: RetransmissionPolicy;
  /**
   * Milliseconds for which a refusal that nobody signed (TICKET_NACK, NO_PROPOSAL_CHOSEN) is only a hint: anyone could have sent it, so a
   * real answer that comes within this time wins.
   */
  readonly refusalPatienceMs: number;
  /** How often IKE_SESSION_RESUME is sent in all before a full exchange takes its place, from 1; default: as `retransmission.attempts`. */
  readonly resumeAttempts?: number;
  /** What AUTH covers after a resumption with this gateway: anything but `"rfc5723"`, the default, only for a peer that deviates so. */
  readonly resumptionAuthentication: ResumptionAuthentication;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
}

/** Where a client talks from and to, before and after a NAT was found. */
export interface InitiatorPath {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Used from IKE_AUTH on when a NAT stands between (RFC 7296, section 2.23): port 4500 on both sides, as a rule. */
  readonly encapsulatedLocal: Endpoint;
  readonly encapsulatedRemote: Endpoint;
}

export type InitiatorOptions =
  & Pick<InitiatorConfiguration, "identity" | "presharedKey">
  & Partial<InitiatorConfiguration>;

/**
 * Fills in what is not given: all algorithms that are on by default, any IPv4 traffic, a ticket wanted.
 *
 * @throws {RangeError} an option is out of range: which, and what would be right.
 */
export function initiatorConfiguration(options: InitiatorOptions): InitiatorConfiguration {
  const configuration: InitiatorConfiguration = {
    ikeProposals: defaultIkeProposals(),
    espProposals: defaultEspProposals(),
    localSelectors: [anyIpv4Selector()],
    remoteSelectors: [anyIpv4Selector()],
    requestTicket: true,
    retransmission: DEFAULT_RETRANSMISSION,
    refusalPatienceMs: 1_000,
    resumptionAuthentication: "rfc5723",
    exposeKeys: false,
    ...options,
  };
  checkRetransmissionPolicy(configuration.retransmission);
  if (!(configuration.refusalPatienceMs >= 0)) {
    throw new RangeError(
      `initiator configuration: refusalPatienceMs is ${configuration.refusalPatienceMs}, expected 0 or more`,
    );
  }
  const { resumeAttempts } = configuration;
  if (resumeAttempts !== undefined && !(Number.isInteger(resumeAttempts) && resumeAttempts >= 1)) {
    throw new RangeError(`initiator configuration: resumeAttempts is ${resumeAttempts}, expected a whole number from 1`);
  }
  if (!RESUMPTION_AUTHENTICATIONS.includes(configuration.resumptionAuthentication)) {
    throw new RangeError(
      `initiator configuration: resumptionAuthentication is ${configuration.resumptionAuthentication}, expected ${
        RESUMPTION_AUTHENTICATIONS.join(" or ")
      }`,
    );
  }
  if (configuration.presharedKey.length === 0) {
    throw new RangeError("initiator configuration: presharedKey is empty, expected at least one octet");
  }
  for (const name of ["ikeProposals", "espProposals", "localSelectors", "remoteSelectors"] as const) {
    if (configuration[name].length === 0) {
      throw new RangeError(`initiator configuration: ${name} is empty, expected at least one`);
    }
  }
  return configuration;
}
