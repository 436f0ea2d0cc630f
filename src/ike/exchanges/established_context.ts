/**
 * What the exchanges of an established IKE SA need from their end, and the small things that they share.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Header } from "../../wire/header.ts";
import type { Payload } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import type { SpiWorker } from "../ike_sa/spi_worker.ts";
import type { IkeProposal } from "../ike_sa/proposals.ts";
import type { RetransmissionPolicy } from "../message/retransmission.ts";
import type { Effect } from "../states/effect.ts";
import type { CrossingRekey, Established, LifeLimits, Transition } from "../states/established.ts";
import type { Step } from "../steps/step.ts";
import type { ClientTicketPolicy } from "../tickets/client_ticket.ts";
import type { TicketAnswer } from "../tickets/ticket_request.ts";

export interface EstablishedContext {
  readonly random: RandomSource;
  /** Gateway: whose its SPIs are, where it is one of several workers. */
  readonly spiWorker?: SpiWorker;
  readonly retransmission: RetransmissionPolicy;
  /** The proposals for an IKE SA that takes the place of this one. */
  readonly ikeProposals: readonly IkeProposal[];
  readonly exposeKeys: boolean;
  /** Gateway: the limits of an IKE SA that comes up now, by its own SPI. */
  readonly lifeLimitsOf?: (ownSpi: bigint) => LifeLimits;
  /** Client: what it wants of tickets. */
  readonly tickets?: ClientTicketPolicy;
  /**
   * Gateway: the answer to N(TICKET_REQUEST), with a ticket for `sa`; none without the request. `beside`: what else the response holds,
   * where the ticket may be put off because of the response's length.
   */
  readonly grantTicket?: (request: readonly Payload[], sa: Established, beside?: readonly Payload[]) => Step<TicketAnswer>;
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
  readonly childSas: readonly ChildSa[];
  /** The peer deleted the IKE SA. */
  readonly ends: boolean;
  /** An IKE SA to take the place of this one. */
  readonly made?: CrossingRekey;
}
