/**
 * A ticket that a client presents: opened, and judged (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import type { TicketFormat } from "../../ticket/ticket_format.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import { sharedIkeSuiteOf } from "../ike_sa/shared_suites.ts";
import { newIkeSpi } from "../ike_sa/spi.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { isSuiteAllowed, refusalOfResumption } from "../policy/client_policy.ts";
import { LaterAnswers, type Waiting } from "../policy/later_answers.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { PresentedTicket } from "../states/responder_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import { settled, type Step } from "../steps/step.ts";
import { type OpenedTicket, openPresentedTicket, refusalOfUsed, type TicketRefusal } from "../tickets/ticket_kinds.ts";
import type { ResponderContext } from "./responder_context.ts";

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
export type GoodTicket = OpenedTicket & { readonly suite: IkeSuite };

/**
 * Opens a ticket of either kind, and asks whether it may be used, and policy whether its client may come back.
 *
 * @param waiting is told while policy is waited for.
 */
export function* openPresented(
  ticket: Uint8Array,
  format: TicketFormat,
  initiatorSpi: bigint,
  datagram: Datagram,
  waiting: Waiting,
  context: ResponderContext,
): Step<GoodTicket | TicketRefusal> {
  if (ticket.length > context.configuration.maximumTicketLength) return { reason: "too-long" };
  const opened = yield* openPresentedTicket(ticket, format, context);
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

/**
 * Whether what a ticket rests on is still so now that its client has proven itself: the shared key by which it was issued, and that nobody has taken it
 * back. A moment has passed since it was presented, and policy may have been waited for.
 */
export function* isStillGood(
  { state, ticketKey }: PresentedTicket,
  policy: LaterAnswers,
  { issued, revokedIdentities }: ResponderContext,
): Step<boolean> {
  const isCurrent = yield* policy.ask((asked) => issued.credentials.isCurrent(state, ticketKey, asked));
  return (yield* settled(isCurrent)) && !revokedIdentities.has(state);
}

/** In a word what is wrong with a ticket that opened, if that is plain without a look elsewhere. */
export function wrongInItself(state: TicketState, initiatorSpi: bigint, now: Instant): string | undefined {
  if (now.epochSeconds >= state.expiresAtEpochSeconds) return "expired";
  return isOldSpi(initiatorSpi, state) ? "spi-reused" : undefined;
}

/** Whether a client is to ask again rather than be refused: its store may be back by then. */
export function isWaitedOut(
  { reason }: TicketRefusal,
  { waitForStore }: Pick<ResponderConfiguration, "waitForStore">,
): boolean {
  return waitForStore && reason === "store-down";
}
