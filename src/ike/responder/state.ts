/**
 * What the responder waits for, one IKE SA at a time.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import type { Message } from "../../wire/message.ts";
import type { Established } from "../established/state.ts";
import type { FirstExchange } from "../first_exchange.ts";
import type { IkeSaKeys } from "../ike_sa_keys.ts";
import type { Instant } from "../instant.ts";
import type { SealCounter } from "../protected_message.ts";
import type { ResponderConfiguration } from "../responder_configuration.ts";

/** The first exchange is answered; IKE_AUTH is to follow. */
export interface AwaitingAuth {
  readonly waitsFor: "IKE_AUTH";
  readonly first: FirstExchange;
  /** The ticket, where the first exchange was IKE_SESSION_RESUME. */
  readonly presented?: PresentedTicket;
  /** Made when the first IKE_AUTH message comes: a first message alone is not worth the work. */
  readonly keys?: IkeSaKeys;
  readonly sealed: SealCounter;
}

/** A ticket that opened. */
export interface PresentedTicket {
  readonly ticketId: string;
  readonly state: TicketState;
}

/** IKE_AUTH was refused: nothing is left but the answer, for when the same request comes again. */
export interface Refused {
  readonly waitsFor: "repeated request";
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

export type ResponderState = AwaitingAuth | Refused | Established;

/** Octets of a message without the ticket in it: many times what any exchange here takes. */
const MAXIMUM_LENGTH_BESIDE_TICKET = 6_144;

/**
 * Whether a message is longer than any that is needed. IKE SAs, half-open ones too, keep messages as they came, and a datagram may be
 * more than a hundred times as long as what a client has to say.
 */
export function isTooLong({ octets }: Message, { maximumTicketLength }: ResponderConfiguration): boolean {
  return octets.length > MAXIMUM_LENGTH_BESIDE_TICKET + maximumTicketLength;
}

/** What every exchange of the responder needs. */
export interface ResponderContext {
  readonly configuration: ResponderConfiguration;
  readonly random: RandomSource;
  readonly now: Instant;
}

/** The answer to a first message. A refusal leaves no state behind. */
export type FirstAnswer =
  | { readonly kind: "accepted"; readonly response: Uint8Array; readonly next: AwaitingAuth }
  | { readonly kind: "refused"; readonly response: Uint8Array; readonly reason: string }
  | { readonly kind: "dropped"; readonly reason: string };
