/**
 * What the exchanges of an established IKE SA need from their end, and the small things that they share.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Header } from "../../wire/header.ts";
import type { Payload, TrafficSelector } from "../../wire/payload.ts";
import type { AdditionalKeyExchange } from "../ike_sa/additional_key_exchange.ts";
import type { AcceptedExchanges } from "../ike_sa/child_proposals.ts";
import type { SpiWorker } from "../ike_sa/spi_worker.ts";
import type { EspProposal, IkeProposal } from "../ike_sa/proposals.ts";
import type { RetransmissionPolicy } from "../message/retransmission.ts";
import type { ChildSaRules } from "../policy/child_sa_rules.ts";
import type { ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Effect } from "../states/effect.ts";
import type { CrossingRekey, Established, LifeLimits, Transition } from "../states/established.ts";
import type { Step } from "../steps/step.ts";
import type { ClientTicketPolicy } from "../tickets/client_ticket.ts";
import type { TicketAnswer } from "../tickets/ticket_request.ts";
import type { MoveRule } from "./informational/mobility_responder.ts";

/** What this end wants of Child SAs that CREATE_CHILD_SA makes. */
export interface ChildSaContext {
  readonly rules: ChildSaRules;
  readonly espProposals: readonly EspProposal[];
  /** Key exchanges that the peer may choose for perfect forward secrecy, where a proposal names none. */
  readonly accepted: AcceptedExchanges;
  /** Traffic of this end's side that a new one may carry. */
  readonly localSelectors: readonly TrafficSelector[];
  /** Client: traffic of the peer's side that it wants at all. */
  readonly remotePolicy?: readonly TrafficSelector[];
  /** The part of what the peer offers for its own side that it may have. It holds that from now on, beside what it has already. */
  readonly peerSelectors: (state: Established, offered: readonly TrafficSelector[]) => Step<readonly TrafficSelector[]>;
}

export interface EstablishedContext {
  readonly random: RandomSource;
  /** Gateway: whose its SPIs are, where it is one of several workers. */
  readonly spiWorker?: SpiWorker;
  readonly retransmission: RetransmissionPolicy;
  /** The proposals for an IKE SA that takes the place of this one; additional key exchanges are offered where this one has such. */
  readonly ikeProposals: readonly IkeProposal[];
  readonly exposeKeys: boolean;
  readonly childSas: ChildSaContext;
  /** Gateway: whether a client may go on from another address, which it says by MOBIKE. Not given: it may. */
  readonly mayMove?: MoveRule;
  /** Client: it said that it follows to other gateways (RFC 5685). */
  readonly followRedirects?: boolean;
  /** Client: no NAT may stand between the ends (RFC 4555, section 3.9). */
  readonly refuseNats?: boolean;
  /** Gateway: the limits of an IKE SA that comes up now, by its own SPI. */
  readonly lifeLimitsOf?: (ownSpi: bigint) => LifeLimits;
  /** Gateway: the forms of resumption in which clients may ask for tickets. None at a client. */
  readonly servedProfiles: readonly ResumptionProfile[];
  /** Client: what it wants of tickets. */
  readonly tickets?: ClientTicketPolicy;
  /** Gateway: whether it issues tickets at all. */
  readonly issuesTickets?: boolean;
  /**
   * Gateway: the answer to N(TICKET_REQUEST), with a ticket for `sa`; none without the request. `beside`: what else the response holds,
   * where the ticket may be put off because of the response's length.
   */
  readonly grantTicket?: (request: readonly Payload[], sa: Established, beside?: readonly Payload[]) => Step<TicketAnswer>;
}

/** The key exchanges of an end's IKE proposals: those are good enough for its Child SAs. */
export function acceptedExchanges(ikeProposals: readonly IkeProposal[]): AcceptedExchanges {
  const byPlace = new Map<number, Set<AdditionalKeyExchange>>();
  for (const { place, methods } of ikeProposals.flatMap(({ additional = [] }) => additional)) {
    byPlace.set(place, new Set([...byPlace.get(place) ?? [], ...methods]));
  }
  return {
    groups: [...new Set(ikeProposals.flatMap(({ groups }) => groups.map(({ id }) => id)))],
    additional: [...byPlace].map(([place, methods]) => ({ place, methods: [...methods], optional: true })),
  };
}

export function headerOf(state: Established, exchangeType: number, messageId: number, isResponse: boolean): Header {
  return {
    ...state.spis,
    exchangeType,
    fromInitiator: state.role === "initiator",
    isResponse,
    messageId,
  };
}

/** The same transition, with effects that come before its own. */
export function prepend(effects: readonly Effect[], transition: Transition): Transition {
  return { ...transition, effects: [...effects, ...transition.effects] };
}

/** What a request of the peer's comes to. */
export interface Answer extends TicketAnswer {
  /** The IKE SA as it is then; the windows and the path are not the exchange's affair. */
  readonly next: Established;
  /** The peer deleted the IKE SA. */
  readonly ends: boolean;
  /** An IKE SA to take the place of this one. */
  readonly made?: CrossingRekey;
}
