/**
 * States of the responder, one for each IKE SA, by what it waits for.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { TicketKind } from "../../ticket/issued_ticket.ts";
import type { TicketKey } from "../../ticket/ticket_key.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import { ExchangeType } from "../../wire/constants.ts";
import type { Header } from "../../wire/header.ts";
import type { Payload } from "../../wire/payload.ts";
import type { EapSuccess } from "../authentication/eap/eap_method.ts";
import type { EapConversation } from "../authentication/eap/eap_server.ts";
import type { IkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { Answered } from "../message/repeated_request.ts";
import type { SealCounter } from "../message/protected_message.ts";
import { profileOfExchange } from "../profiles/resumption_profile.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { ComingUp } from "./coming_up.ts";
import type { Established } from "./established.ts";
import type { FirstExchange } from "./first_exchange.ts";

/** The first exchange is answered; IKE_AUTH is to follow. */
export interface AwaitingAuth {
  readonly waitsFor: "IKE_AUTH";
  readonly first: FirstExchange;
  /** The ticket, where the first exchange was IKE_SESSION_RESUME. */
  readonly presented?: PresentedTicket;
  /** Made when the first IKE_AUTH message comes: a first message alone is not worth the work. */
  readonly keys?: IkeSaKeys;
  readonly sealed: SealCounter;
  /** The last IKE_INTERMEDIATE that was answered, and the keys that protected it (RFC 9242). */
  readonly intermediate?: Answered & { readonly keys: IkeSaKeys };
}

/** The gateway has proven itself, and EAP is under way: IKE_AUTH goes on (RFC 7296, section 2.16). */
export interface AwaitingEap extends Answered {
  readonly waitsFor: "EAP";
  readonly first: FirstExchange;
  readonly keys: IkeSaKeys;
  readonly sealed: SealCounter;
  readonly server: EapConversation;
  /** The gateway has not proven itself: the method is to (RFC 5998). */
  readonly isAlone: boolean;
  /** The success of the method: AUTH is to follow. */
  readonly success?: EapSuccess;
  readonly initiatorId: Identity;
  /** The payloads of the first IKE_AUTH request: what the client wants. */
  readonly requested: readonly Payload[];
  /** How many octets hold them. */
  readonly requestedOctets: number;
  /** The message ID that the next new request carries (RFC 4718, section 3.10). */
  readonly expectedId: number;
}

/**
 * A ticket was presented and answered in one protected exchange, and the client has its IKE SA. Whoever has seen the request could send it again: the
 * gateway believes in the client once it has said something under the new keys, and until then has ended nothing and used no ticket.
 */
export interface AwaitingConfirmation {
  readonly waitsFor: "confirmation";
  readonly first: FirstExchange;
  readonly presented: PresentedTicket;
  readonly comingUp: Omit<ComingUp, "path">;
  /** Inner addresses, 4 or 16 octets, that the client was told; the IKE SA that the ticket stands for may still have them. */
  readonly promised: readonly Uint8Array[];
}

/** A ticket that opened. */
export interface PresentedTicket {
  readonly kind: TicketKind;
  readonly ticketId: string;
  readonly state: TicketState;
  /** The key under which it opened. */
  readonly ticketKey: TicketKey;
}

/** IKE_AUTH was refused: nothing is left but the answer, for when the same request comes again. */
export interface Refused {
  readonly waitsFor: "repeated request";
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** The client has yet to prove itself, or could not. */
export type HalfOpenState = AwaitingAuth | AwaitingEap | AwaitingConfirmation | Refused;

export type ResponderState = HalfOpenState | Established;

/** Octets of a message without the ticket in it: many times what any exchange here takes. */
const MAXIMUM_LENGTH_BESIDE_TICKET = 6_144;

/** The same for first messages, which anyone may send: several times what deployed clients do. */
const MAXIMUM_INIT_LENGTH = 4_096;
const MAXIMUM_RESUME_LENGTH_BESIDE_TICKET = 2_048;

/**
 * Whether a message is longer than any that is needed. IKE SAs, half-open ones too, keep messages as they came, and a datagram may be
 * more than a hundred times as long as what a client has to say.
 */
export function isTooLong(
  { octets, header }: { readonly octets: Uint8Array; readonly header: Pick<Header, "exchangeType"> },
  { maximumTicketLength, profiles }: ResponderConfiguration,
): boolean {
  if (profileOfExchange(profiles, header.exchangeType)) {
    return octets.length > MAXIMUM_RESUME_LENGTH_BESIDE_TICKET + maximumTicketLength;
  }
  switch (header.exchangeType) {
    case ExchangeType.IKE_SA_INIT: {
      const hasTicket = profiles.some(({ presentation }) => presentation.kind === "in-init");
      return octets.length > MAXIMUM_INIT_LENGTH + (hasTicket ? maximumTicketLength : 0);
    }
    default:
      return octets.length > MAXIMUM_LENGTH_BESIDE_TICKET + maximumTicketLength;
  }
}

/** Octets of messages that a half-open IKE SA keeps beside those of its first exchange. */
export function octetsBesideFirst(state: HalfOpenState | undefined): number {
  switch (state?.waitsFor) {
    case "IKE_AUTH":
      return (state.first.fragments?.heldOctets ?? 0) + (state.intermediate?.lastResponse.length ?? 0);
    case "EAP": {
      const { first, lastResponse, requestedOctets } = state;
      return (first.fragments?.heldOctets ?? 0) + lastResponse.length + requestedOctets;
    }
    case "repeated request":
      return state.request.length + state.response.length;
    default:
      return 0;
  }
}
