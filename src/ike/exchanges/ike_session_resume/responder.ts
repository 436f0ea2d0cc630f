/**
 * IKE_SESSION_RESUME, responder's side (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import type { Message } from "../../../wire/message.ts";
import { findPayload } from "../../message/notify.ts";
import type { Waiting } from "../../policy/later_answers.ts";
import type { ResumptionProfile } from "../../profiles/resumption_profile.ts";
import { isNonceLongEnough } from "../../states/first_exchange.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { isWaitedOut, newSpiAfter, openPresented } from "../presented_ticket.ts";
import { acceptFirst } from "../accept_first.ts";
import { type FirstAnswer, refuseFirst } from "../first_response.ts";
import type { ResponderContext } from "../responder_context.ts";

/**
 * HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE) [,N+] → HDR, Nr [,N+], or N(TICKET_NACK) whatever is wrong with the ticket.
 *
 * @param waiting is told while policy is waited for.
 */
export function* respondToResume(
  message: Message,
  datagram: Datagram,
  profile: ResumptionProfile,
  waiting: Waiting,
  context: ResponderContext,
): Step<FirstAnswer> {
  const initiatorNonce = findPayload(message.payloads, "Nonce")?.nonce;
  const { nack, presented: presentedIn } = profile.notifies;
  const ticket = presentedIn(message.payloads);
  if (!initiatorNonce || !ticket) return refuseFirst(message, nack, "malformed");
  const presented = yield* openPresented(ticket, profile.ticketFormat, message.header.initiatorSpi, datagram, waiting, context);
  if ("reason" in presented) {
    if (isWaitedOut(presented, context.configuration)) return { kind: "dropped", reason: presented.reason };
    return refuseFirst(message, nack, presented.reason, presented.fault);
  }
  const { suite } = presented;
  // By TICKET_NACK, as everything here: a deployed client passes over every other error, and would ask until its time is over.
  if (!isNonceLongEnough(initiatorNonce.length, suite)) {
    wipe(presented.state.skD);
    return refuseFirst(message, nack, "nonce-too-short");
  }

  const { response, next } = acceptFirst(message, datagram, context, {
    suite,
    initiatorNonce,
    newSpi: () => newSpiAfter(presented, context),
    payloads: [],
    keySource: { kind: "ticket", oldSkD: presented.state.skD, profile },
  });
  const { kind, ticketId, state, ticketKey } = presented;
  return { kind: "accepted", response, next: { ...next, presented: { kind, ticketId, state, ticketKey } } };
}
