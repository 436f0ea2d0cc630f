/**
 * IKE_SESSION_RESUME, responder's side (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { openTicketRequest, ticketIdOf, withoutPadding } from "../../ticket/ticket_by_value.ts";
import { decodeTicketState } from "../../ticket/ticket_state.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { Datagram } from "../datagram.ts";
import { fragmentationPayload, fragmentsFrom, isNonceLongEnough, NONCE_LENGTH } from "../first_exchange.ts";
import { detectsNat, natDetectionPayloads } from "../nat_detection.ts";
import { findNotify, findPayload, notify } from "../notify.ts";
import { newIkeSpi } from "../spi.ts";
import { isTicketClaimed, openTicket, type Step } from "../step.ts";
import { type IkeSuite, ikeSuiteOf } from "../suite.ts";
import { refuseFirst, responseHeader } from "./first_response.ts";
import { type FirstAnswer, isTooLong, type PresentedTicket, type ResponderContext } from "./state.ts";

/** HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE) [,N+] → HDR, Nr [,N+], or N(TICKET_NACK) whatever is wrong with the ticket. */
export function* respondToResume(message: Message, datagram: Datagram, context: ResponderContext): Step<FirstAnswer> {
  const initiatorNonce = findPayload(message.payloads, "Nonce")?.nonce;
  const ticket = findNotify(message.payloads, NotifyType.TICKET_OPAQUE)?.data;
  if (!initiatorNonce || !ticket) return { kind: "dropped", reason: "malformed" };

  const isRefusedAnyway = ticket.length > context.configuration.maximumTicketLength;
  if (!isRefusedAnyway && isTooLong(message, context.configuration)) return { kind: "dropped", reason: "too-long" };
  const presented = yield* openPresented(ticket, context);
  if (typeof presented === "string") return refuseFirst(message, notify(NotifyType.TICKET_NACK), presented);
  const { suite } = presented;
  // In so many words, as everything here: a deployed client passes over every other error, and would ask until its time is over.
  if (!isNonceLongEnough(initiatorNonce, suite)) {
    wipe(presented.state.skD);
    return refuseFirst(message, notify(NotifyType.TICKET_NACK), "nonce-too-short");
  }

  const responderNonce = context.random(NONCE_LENGTH);
  const fragments = fragmentsFrom(message.payloads);
  const spis = { initiatorSpi: message.header.initiatorSpi, responderSpi: newIkeSpi(context.random) };
  const response = encodeMessage(responseHeader(message.header, spis.responderSpi), [
    { type: "Nonce", nonce: responderNonce },
    ...(fragments ? [fragmentationPayload()] : []),
    ...natDetectionPayloads(spis, datagram.local, datagram.remote),
  ]);
  const next = {
    waitsFor: "IKE_AUTH",
    presented: { ticketId: presented.ticketId, state: presented.state },
    sealed: { next: 0n },
    first: {
      spis,
      suite,
      nonces: { initiatorNonce, responderNonce },
      initiatorMessage: message.octets,
      responderMessage: response,
      natDetected: detectsNat(message.payloads, { ...spis, responderSpi: 0n }, datagram),
      fragments,
      keySource: { kind: "ticket", oldSkD: presented.state.skD },
    },
  } as const;
  return { kind: "accepted", response, next };
}

/** The ticket's content, or in a word why it is refused: for counters, since the peer is told only that it is (RFC 5723, section 9.2). */
function* openPresented(
  ticket: Uint8Array,
  context: ResponderContext,
): Step<PresentedTicket & { readonly suite: IkeSuite } | string> {
  const { configuration } = context;
  if (ticket.length > configuration.maximumTicketLength) return "too-long";
  const request = openTicketRequest(ticket, configuration.ticketKeys);
  if (request === undefined) return "not-authentic";
  const plaintext = yield* openTicket(request);
  if (plaintext === undefined) return "not-authentic";
  const content = withoutPadding(request, plaintext);
  const state = content && decodeTicketState(content);
  const suite = state && ikeSuiteOf(state.proposal);
  const presented = state && { ticketId: ticketIdOf(ticket), state };
  const refusal = presented ? yield* refusalOf(presented, context) : "unknown-content";
  if (presented && suite && refusal === undefined) return { ...presented, suite };
  wipe(plaintext);
  return refusal ?? "algorithms";
}

/** What is wrong with a ticket that opened, if anything. */
function* refusalOf(
  { ticketId, state }: PresentedTicket,
  { configuration, now }: ResponderContext,
): Step<string | undefined> {
  const { expiresAtEpochSeconds } = state;
  if (now.epochSeconds >= expiresAtEpochSeconds) return "expired";
  if (yield* isTicketClaimed({ ticketId, expiresAtEpochSeconds })) return "used";
  // Who may no longer come by a full exchange may not by a ticket either.
  return configuration.presharedKeyOf(state.initiatorId) === undefined ? "identity-unknown" : undefined;
}
