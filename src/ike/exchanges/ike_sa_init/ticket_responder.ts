/**
 * IKE_SA_INIT with a ticket in it, responder's side (draft-sheffer-ike-session-resumption-00, section 3.2).
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import type { Message } from "../../../wire/message.ts";
import { findPayload } from "../../message/notify.ts";
import type { Waiting } from "../../policy/later_answers.ts";
import type { PresentedInInit, ResumptionProfile } from "../../profiles/resumption_profile.ts";
import { isNonceLongEnough } from "../../states/first_exchange.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import type { TicketRefusal } from "../../tickets/ticket_kinds.ts";
import { acceptFirst } from "../accept_first.ts";
import type { FirstAnswer } from "../first_response.ts";
import { isWaitedOut, newSpiAfter, openPresented } from "../presented_ticket.ts";
import type { ResponderContext } from "../responder_context.ts";
import { respondToInit } from "./responder.ts";

/**
 * HDR, SAi1, KEi, Ni, N(TICKET/Opaque) → HDR, SAr1, Nr, N(TICKET/Ack), or the answer of a full exchange with N(TICKET/Nack). SAr1 is the ticket's,
 * whatever SAi1 offers.
 *
 * @param waiting is told while policy is waited for.
 */
export function* respondToInitWithTicket(
  message: Message,
  datagram: Datagram,
  { profile, ticket }: PresentedInInit,
  waiting: Waiting,
  context: ResponderContext,
): Step<FirstAnswer> {
  const { nack, ack } = profile.notifies;
  const initiatorNonce = findPayload(message.payloads, "Nonce")?.nonce;
  if (!initiatorNonce) return { kind: "dropped", reason: "malformed" };
  const presented = yield* openPresented(ticket, profile.ticketFormat, message.header.initiatorSpi, datagram, waiting, context);
  if ("reason" in presented) {
    // A full exchange would be answered at once, and is what the client is to be spared.
    if (isWaitedOut(presented, context.configuration)) return { kind: "dropped", reason: presented.reason };
    return refusedTicket(yield* respondToInit(message, datagram, context, [nack]), presented, profile);
  }
  const { suite, kind, ticketId, state, ticketKey } = presented;
  if (!isNonceLongEnough(initiatorNonce.length, suite)) {
    wipe(state.skD);
    return refusedTicket(yield* respondToInit(message, datagram, context, [nack]), { reason: "nonce-too-short" }, profile);
  }
  const { response, next } = acceptFirst(message, datagram, context, {
    suite,
    initiatorNonce,
    newSpi: () => newSpiAfter(presented, context),
    payloads: [{ type: "SA", proposals: [suite.proposal] }],
    payloadsBehind: [ack],
    keySource: { kind: "ticket", oldSkD: state.skD, profile },
  });
  return { kind: "accepted", response, next: { ...next, presented: { kind, ticketId, state, ticketKey } } };
}

/** The full exchange goes on, and the refusal is told. */
function refusedTicket(
  answer: FirstAnswer,
  { reason, fault }: TicketRefusal,
  { name: profile }: ResumptionProfile,
): FirstAnswer {
  if (answer.kind !== "accepted") return answer;
  return { ...answer, told: [{ type: "ticket-refused", reason, profile, ...(fault === undefined ? {} : { fault }) }] };
}
