/**
 * The answer to N(TICKET_REQUEST) (RFC 5723, section 4.1).
 *
 * @module
 */
import type { SealRequest } from "../../crypto/provider.ts";
import { TICKET_BY_REFERENCE_LENGTH } from "../../ticket/ticket_by_reference.ts";
import { ticketIdOfRequest, ticketLength } from "../../ticket/ticket_by_value.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { profileOfRequest, type ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Effect } from "../states/effect.ts";
import type { Established } from "../states/established.ts";
import type { PresentedTicket } from "../states/responder_state.ts";
import { newTicketSeries } from "../states/ticket_series.ts";
import { type ReplaceResult, settled, type Step } from "../steps/step.ts";
import type { TicketContext } from "./ticket_context.ts";
import { forgetState, keepState, ticketOf, useTicket } from "./ticket_kinds.ts";
import {
  type Contribution,
  discardDraft,
  draftTicket,
  stateOfDraft,
  type StateToIssue,
  type TicketDraft,
} from "./ticket_draft.ts";
import { roomBeside, type TicketLimits } from "./ticket_limits.ts";

/** The answer to a request for a ticket. */
export interface TicketAnswer extends Contribution {
  /** A ticket by value that the message is to be sealed with: the last of the payloads leaves room for it at its end. */
  readonly unsealed?: SealRequest;
}

/**
 * Makes the ticket; one by value is yet to be sealed.
 *
 * @param kept Whether the store has kept the state of a ticket by reference; without it there can be none.
 * @param fits Whether the ticket has room in the response; if not, it is to be asked for by INFORMATIONAL.
 */
export function* finishTicket(
  draft: TicketDraft,
  kept: boolean,
  fits: TicketLimits["fits"],
): Step<TicketAnswer> {
  const { otherwise, ticket: drafted } = draft;
  if (drafted === undefined) return otherwise;
  const { content, lifetimeSeconds, beside, profile: { notifies, ticketFormat } } = drafted;
  const byReference = content.kind === "reference";
  const length = byReference ? TICKET_BY_REFERENCE_LENGTH : ticketLength(content.request);
  if (fits && !fits(notifies.grant(lifetimeSeconds, length))) {
    discardDraft(draft);
    if (byReference && kept) yield* forgetState(content.stored.reference);
    return { payloads: [notifies.ack], effects: [] };
  }
  if (byReference && !kept) {
    discardDraft(draft);
    return otherwise;
  }
  const effects = [issuedBy(drafted)];
  if (!byReference) {
    return { payloads: [...beside, notifies.grant(lifetimeSeconds, length)], effects, unsealed: content.request };
  }
  const ticket = yield* ticketOf(content.stored, content.key, ticketFormat);
  discardDraft(draft);
  const payload = notifies.grant(lifetimeSeconds, length);
  payload.data.set(ticket, payload.data.length - length);
  return { payloads: [...beside, payload], effects };
}

/** What is told of a drafted ticket that is made. */
export function issuedBy(
  { profile, content, spis, lifetimeSeconds, expiresAtEpochSeconds, owner, issue }: NonNullable<TicketDraft["ticket"]>,
): Effect {
  const ticketId = content.kind === "reference"
    ? content.stored.reference
    : ticketIdOfRequest(content.request, profile.ticketFormat);
  const { series, serial, issuedAtEpochSeconds } = issue;
  const ticket = { kind: content.kind, ticketId, expiresAtEpochSeconds, owner, series, serial, issuedAtEpochSeconds };
  return { type: "ticket-issued", spis, lifetimeSeconds, ticket };
}

/**
 * Uses the presented ticket, if one was, and has the store keep what a drafted one by reference needs: in one round trip where both are by
 * reference. `used` is `false` when another IKE SA was established with the ticket in the meantime: the draft is discarded then. `claimant`: see `useTicket`.
 */
export function* useTicketFor(
  draft: TicketDraft,
  presented: PresentedTicket | undefined,
  claimant: bigint,
): Step<ReplaceResult> {
  const stored = stateOfDraft(draft);
  if (presented === undefined) return { used: true, kept: stored !== undefined && (yield* keepState(stored)) };
  let isGood = false;
  try {
    const result = yield* useTicket(presented, stored, claimant);
    isGood = result.used === true;
    return result;
  } finally {
    if (!isGood) discardDraft(draft);
  }
}

/** One answer to N(TICKET_REQUEST); none without it. */
export function* answerTicketRequest(
  payloads: readonly Payload[],
  state: StateToIssue,
  context: TicketContext,
  limits: TicketLimits,
): Step<TicketAnswer> {
  const draft = yield* settled(draftTicket(payloads, state, context, limits));
  const { kept } = yield* useTicketFor(draft, undefined, state.responderSpi);
  return yield* finishTicket(draft, kept, limits.fits);
}

/**
 * The answer to a request on an IKE SA that is up, or is about to take the place of one.
 *
 * @param beside what else the response holds, where the ticket may be put off for its length. Not given: it is granted at any length, since
 * the client that was put off asks like this (RFC 5723, section 4.1).
 */
export function grantTicket(
  payloads: readonly Payload[],
  sa: Established,
  beside: readonly Payload[] | undefined,
  context: TicketContext,
): Step<TicketAnswer> {
  const { initiatorId, responderId, spis, suite, keys, authentication, reauthenticateByMs, endsAtMs } = sa;
  const { ticketSeries: series = newTicketSeries(spis) } = sa;
  const state = {
    ...authentication.items,
    initiatorId,
    responderId,
    initiatorSpi: spis.initiatorSpi,
    responderSpi: spis.responderSpi,
    proposal: suite.proposal,
    skD: keys.skD,
    authenticationMethod: authentication.method,
  };
  const fits = beside && roomBeside(context.configuration, suite, beside);
  return answerTicketRequest(payloads, state, context, { series, reauthenticateByMs, endsAtMs, fits });
}

/** Refuses a ticket that was asked for by an explicit notify, also beside an error. */
export function ticketRefusal(payloads: readonly Payload[], profiles: readonly ResumptionProfile[]): NotifyPayload[] {
  const profile = profileOfRequest(profiles, payloads);
  return profile ? [profile.notifies.nack] : [];
}
