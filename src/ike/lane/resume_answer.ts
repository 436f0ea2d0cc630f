/**
 * Answers to plain IKE_SESSION_RESUME requests: what policy says, and Nr or TICKET_NACK (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { NotifyType } from "../../wire/constants.ts";
import { peekHeader } from "../../wire/header.ts";
import { refuseFirst } from "../exchanges/first_response.ts";
import { isWaitedOut, newSpiAfter } from "../exchanges/presented_ticket.ts";
import { drop, reply } from "../exchanges/reply.ts";
import { noncePairFrom } from "../ike_sa/nonces.ts";
import { longestMessageOf } from "../message/fragmentation.ts";
import { FragmentBuffer } from "../message/fragments.ts";
import { notify } from "../message/notify.ts";
import { refusalOfResumption } from "../policy/client_policy.ts";
import type { Effect } from "../states/effect.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../states/first_exchange.ts";
import type { AwaitingAuth } from "../states/responder_state.ts";
import { type Datagram, pathOf } from "../steps/datagram.ts";
import type { TicketStanding } from "../steps/step.ts";
import { knownAtOnce } from "../steps/wave.ts";
import type { TicketRefusal } from "../tickets/ticket_kinds.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { LaneContext } from "./lane_context.ts";
import { NatWhenAsked } from "./nat_when_asked.ts";
import { u64 } from "../../wire/numbers_in_place.ts";
import type { Presenting } from "./resume_opening.ts";
import { resumeResponse } from "./resume_response.ts";

/** The effects of one whose ticket opened. `standing`: what the stores know of it. */
export function answerPresenting(presenting: Presenting, standing: TicketStanding, context: LaneContext): readonly Effect[] {
  const { member: { datagram }, plaintext } = presenting;
  try {
    const reason = refusalOf(presenting, standing, context);
    if (reason === undefined) return accept(presenting, context);
    wipe(plaintext);
    return refuseTicket(datagram, { reason }, context);
  } catch (fault) {
    wipe(plaintext);
    return context.whenFaulty(fault);
  }
}

/** N(TICKET_NACK), whatever is wrong; or nothing, where a store is waited for. */
export function refuseTicket(
  datagram: Datagram,
  { reason, fault }: TicketRefusal,
  { configuration }: LaneContext,
): readonly Effect[] {
  if (isWaitedOut({ reason }, configuration)) return drop(reason);
  const request = { header: peekHeader(datagram.octets)!, payloads: [], octets: datagram.octets };
  const answer = refuseFirst(request, notify(NotifyType.TICKET_NACK), reason);
  if (answer.kind !== "refused") return [];
  const because = fault === undefined ? {} : { fault };
  return [reply(answer.response, datagram), { type: "ticket-refused", reason, profile: RFC_5723.name, ...because }];
}

/** What the stores and policy have against a ticket, in the order in which the steps ask. */
function refusalOf(
  { member, presented, suite }: Presenting,
  standing: TicketStanding,
  context: LaneContext,
): string | undefined {
  const { configuration, now, revokedIdentities, issued, services, spentTickets } = context;
  const { datagram: { remote }, request: { nonceStart, nonceEnd } } = member;
  const { ticketId, state, ticketKey } = presented;
  if (standing !== "good") {
    if (standing !== "store-down") spentTickets.add(ticketId, standing, now.monotonicMs);
    return standing;
  }
  if (revokedIdentities.has(state)) return "revoked";
  const reason = refusalOfResumption(state, remote, now, configuration);
  if (reason !== undefined) return reason;
  if (!knownAtOnce(issued.credentials.isCurrent(state, ticketKey), services)) return "credential-changed";
  return isNonceLongEnough(nonceEnd - nonceStart, suite) ? undefined : "nonce-too-short";
}

function accept({ member, presented, suite }: Presenting, context: LaneContext): Effect[] {
  const { first, configuration, random, fragmentBudget, messages, now } = context;
  const { datagram, request, hash } = member;
  const { nonceStart, nonceEnd, knowsFragments, followsRedirects } = request;
  const { octets } = datagram;
  const nonces = noncePairFrom(octets, nonceStart, nonceEnd, NONCE_LENGTH, random);
  const spis = { initiatorSpi: u64(octets, 0), responderSpi: newSpiAfter(presented, context) };
  const cameBy = pathOf(datagram);
  const response = resumeResponse(datagram, spis, nonces.joined, nonceEnd - nonceStart, knowsFragments, messages);
  const next: AwaitingAuth = {
    waitsFor: "IKE_AUTH",
    sealed: { next: 0n },
    first: {
      spis,
      suite,
      nonces,
      initiatorMessage: octets,
      responderMessage: response,
      nat: new NatWhenAsked(octets, request, spis.initiatorSpi, cameBy),
      cameBy,
      fragments: knowsFragments ? new FragmentBuffer(longestMessageOf(configuration.fragmentSize), fragmentBudget) : undefined,
      followsRedirects: followsRedirects || undefined,
      keySource: { kind: "ticket", oldSkD: presented.state.skD, profile: RFC_5723 },
    },
    presented,
  };
  return first.begin({ kind: "accepted", response, next }, octets, hash, datagram, now);
}
