/**
 * What a client is told: identities, shared key, algorithms, selectors and patience.
 *
 * @module
 */
import type { Identity } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import type { Endpoint } from "./datagram.ts";
import { defaultEspProposals, defaultIkeProposals, type EspProposal, type IkeProposal } from "./proposals.ts";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./retransmission.ts";
import { anyIpv4Selector } from "./traffic_selectors.ts";

/** Made by {@link initiatorConfiguration}, which checks it. */
export interface InitiatorConfiguration {
  /** IDi. */
  readonly identity: Identity;
  /** IDr: sent, and required of the gateway. Without it any gateway that knows the shared key is accepted. */
  readonly peerIdentity?: Identity;
  /** The key shared with the gateway: at least one octet. Secret. */
  readonly presharedKey: Uint8Array;
  /** In order of preference, at least one; the first group of the first is tried first. */
  readonly ikeProposals: readonly IkeProposal[];
  /** In order of preference, at least one. */
  readonly espProposals: readonly EspProposal[];
  /** Traffic of this end that is offered: at least one. */
  readonly localSelectors: readonly TrafficSelector[];
  /** Traffic of the gateway's side that is asked for: at least one. */
  readonly remoteSelectors: readonly TrafficSelector[];
  /** Ask for a ticket in every IKE_AUTH (RFC 5723, section 4.1). */
  readonly requestTicket: boolean;
  /** Of every request. Default: {@link DEFAULT_RETRANSMISSION}. */
  readonly retransmission: RetransmissionPolicy;
  /**
   * Milliseconds for which a refusal that nobody signed (TICKET_NACK, NO_PROPOSAL_CHOSEN) is only a hint: anyone could have sent it, so a
   * real answer that comes within this time wins. 0 or more; default 1,000.
   */
  readonly refusalPatienceMs: number;
  /** Emits the keys of each IKE SA, for a key log. */
  readonly exposeKeys: boolean;
}

/** Where a client talks from and to, before and after a NAT was found. */
export interface InitiatorPath {
  /** Port 500, as a rule, or any. */
  readonly local: Endpoint;
  /** Port 500 of the gateway, as a rule. */
  readonly remote: Endpoint;
  /** Used from IKE_AUTH on when a NAT stands between (RFC 7296, section 2.23): port 4500 on both sides, as a rule. */
  readonly encapsulatedLocal: Endpoint;
  readonly encapsulatedRemote: Endpoint;
}

/** What has to be given, and what may be. */
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
    exposeKeys: false,
    ...options,
  };
  checkRetransmissionPolicy(configuration.retransmission);
  if (!(configuration.refusalPatienceMs >= 0)) {
    throw new RangeError(
      `initiator configuration: refusalPatienceMs is ${configuration.refusalPatienceMs}, expected 0 or more`,
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
