/**
 * IKE_SESSION_RESUME, responder's side (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import type { TicketState } from "../../../ticket/ticket_state.ts";
import type { Message } from "../../../wire/message.ts";
import { sharedIkeSuiteOf } from "../../ike_sa/shared_suites.ts";
import { newIkeSpi } from "../../ike_sa/spi.ts";
import type { IkeSuite } from "../../ike_sa/suite.ts";
import { findPayload } from "../../message/notify.ts";
import { isSuiteAllowed, refusalOfResumption } from "../../policy/client_policy.ts";
import { LaterAnswers, type Waiting } from "../../policy/later_answers.ts";
import type { ResumptionProfile } from "../../profiles/resumption_profile.ts";
import { isNonceLongEnough } from "../../states/first_exchange.ts";
import type { PresentedTicket } from "../../states/responder_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Instant } from "../../steps/instant.ts";
import { settled, type Step } from "../../steps/step.ts";
import { type OpenedTicket, openPresentedTicket, refusalOfUsed, type TicketRefusal } from "../../tickets/ticket_kinds.ts";
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
  const presented = yield* openPresented(ticket, message.header.initiatorSpi, datagram, waiting, context);
  if ("reason" in presented) {
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

/** The SPIs of the old IKE SA are never used for the new one (RFC 5723, section 5, note 4), not even by chance. */
export function newSpiAfter(
  { state }: Pick<PresentedTicket, "state">,
  { random, configuration: { spiWorker } }: Pick<ResponderContext, "random" | "configuration">,
): bigint {
  let spi = newIkeSpi(random, spiWorker);
  while (isOldSpi(spi, state)) spi = newIkeSpi(random, spiWorker);
  return spi;
}

/** Both SPIs count: of an IKE SA that the gateway rekeyed, it is the original initiator, and the first SPI is its own. */
function isOldSpi(spi: bigint, { initiatorSpi, responderSpi }: TicketState): boolean {
  return spi === initiatorSpi || spi === responderSpi;
}

/** A ticket that is good, and the algorithms of its IKE SA. */
type GoodTicket = OpenedTicket & { readonly suite: IkeSuite };

function* openPresented(
  ticket: Uint8Array,
  initiatorSpi: bigint,
  datagram: Datagram,
  waiting: Waiting,
  context: ResponderContext,
): Step<GoodTicket | TicketRefusal> {
  if (ticket.length > context.configuration.maximumTicketLength) return { reason: "too-long" };
  const opened = yield* openPresentedTicket(ticket, context);
  if ("reason" in opened) return opened;
  let isGood = false;
  try {
    const suite = sharedIkeSuiteOf(opened.state.proposal);
    if (!suite || !isSuiteAllowed(suite, context.configuration)) return { reason: "algorithms" };
    const refusal = yield* refusalOf(opened, initiatorSpi, datagram, waiting, context);
    if (refusal) return refusal;
    isGood = true;
    return { ...opened, state: { ...opened.state, proposal: suite.proposal }, suite };
  } finally {
    // Also where its gateway ends while it waits.
    if (!isGood) wipe(opened.plaintext);
  }
}

/** What is wrong with a ticket that opened, if anything. */
function* refusalOf(
  opened: OpenedTicket,
  initiatorSpi: bigint,
  { remote }: Datagram,
  waiting: Waiting,
  context: ResponderContext,
): Step<TicketRefusal | undefined> {
  const { configuration, now, revokedIdentities, issued } = context;
  const { state, ticketKey } = opened;
  const wrong = wrongInItself(state, initiatorSpi, now);
  if (wrong !== undefined) return { reason: wrong };
  const refusal = yield* refusalOfUsed(opened, context);
  if (refusal) return refusal;
  if (revokedIdentities.has(state)) return { reason: "revoked" };
  const policy = new LaterAnswers(configuration, true, waiting);
  const reason = yield* policy.ask((asked) => refusalOfResumption(state, remote, now, asked));
  if (reason !== undefined) return { reason };
  const isCurrent = yield* policy.ask((asked) => issued.credentials.isCurrent(state, ticketKey, asked));
  return (yield* settled(isCurrent)) ? undefined : { reason: "credential-changed" };
}

/** In a word what is wrong with a ticket that opened, if that is plain without a look elsewhere. */
export function wrongInItself(state: TicketState, initiatorSpi: bigint, now: Instant): string | undefined {
  if (now.epochSeconds >= state.expiresAtEpochSeconds) return "expired";
  return isOldSpi(initiatorSpi, state) ? "spi-reused" : undefined;
}
