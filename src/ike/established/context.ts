/**
 * What the exchanges of an established IKE SA need from their end, and the small things that they share.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Header } from "../../wire/header.ts";
import type { Payload } from "../../wire/payload.ts";
import type { Path } from "../datagram.ts";
import type { Effect } from "../effect.ts";
import type { IkeProposal } from "../proposals.ts";
import type { RetransmissionPolicy } from "../retransmission.ts";
import type { TicketAnswer } from "../responder/ticket_request.ts";
import type { Step } from "../step.ts";
import type { ClientTicketPolicy } from "./client_ticket.ts";
import type { Established, LifeLimits, Transition } from "./state.ts";

export interface EstablishedContext {
  readonly random: RandomSource;
  readonly retransmission: RetransmissionPolicy;
  /** For an IKE SA that takes the place of this one. */
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

export function send(octets: Uint8Array, path: Path): Effect {
  return { type: "send", datagram: { octets, ...path } };
}

/** The same transition, with effects that come before its own. */
export function prepend(effects: readonly Effect[], transition: Transition): Transition {
  return { ...transition, effects: [...effects, ...transition.effects] };
}
