/**
 * Tickets of plain requests, opened: those by value in one call (RFC 5723, appendix A.1); those by reference by the steps' own hand, whose states a
 * store has (appendix A.2).
 *
 * @module
 */
import type { OpenRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { keyOf, ticketIdOf, withoutPadding } from "../../ticket/ticket_by_value.ts";
import { STANDARD_FORMAT } from "../../ticket/ticket_format.ts";
import { OpenedState, openedState } from "../../ticket/opened_state.ts";
import type { Proposal } from "../../wire/payload.ts";
import { wrongInItself } from "../exchanges/presented_ticket.ts";
import { sharedIkeSuiteOf } from "../ike_sa/shared_suites.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { isSuiteAllowed } from "../policy/client_policy.ts";
import type { PresentedTicket } from "../states/responder_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import { isolated, runWave } from "../steps/wave.ts";
import { type OpenedTicket, openPresentedTicket, type TicketRefusal } from "../tickets/ticket_kinds.ts";
import { serveBatch } from "../steps/batch.ts";
import type { LaneContext } from "./lane_context.ts";
import { u64 } from "../../wire/numbers_in_place.ts";
import type { PlainResumeRequest } from "./plain_resume_request.ts";

/** A request, and where it stands in the wave. */
export interface ResumeMember {
  readonly place: number;
  readonly datagram: Datagram;
  readonly request: PlainResumeRequest;
  readonly hash: number;
  readonly ticket: Uint8Array;
  /** What opens a ticket by value. */
  readonly opening: OpenRequest | undefined;
}

/** One whose ticket is authentic, and good so far as it alone tells. */
export interface Presenting {
  readonly member: ResumeMember;
  readonly presented: PresentedTicket;
  readonly suite: IkeSuite;
  /** What the state is a view of. */
  readonly plaintext: Uint8Array;
}

/** A ticket that is no good, or a fault: nothing is left of what it opened to. */
export type NotOpened = TicketRefusal | { readonly ended: unknown };

/** In the order of the members. */
export function openByValue(
  members: readonly (ResumeMember & { readonly opening: OpenRequest })[],
  context: LaneContext,
): (Presenting | NotOpened)[] {
  const { services: { provider } } = context;
  const opened: (Presenting | NotOpened)[] = [];
  serveBatch(members, {
    requestOf: ({ opening }) => opening,
    call: (requests) => provider.openTickets(requests),
    onResult: (member, plaintext) => {
      const read = plaintext === undefined ? NOT_AUTHENTIC : readByValue(member, plaintext, context);
      if (plaintext && "reason" in read) wipe(plaintext);
      opened.push(read);
    },
    onFault: (_, ended, plaintext) => {
      if (plaintext) wipe(plaintext);
      opened.push({ ended });
    },
  });
  return opened;
}

function readByValue(
  member: ResumeMember & { readonly opening: OpenRequest },
  plaintext: Uint8Array,
  context: LaneContext,
): Presenting | TicketRefusal {
  const { configuration, now, spentTickets } = context;
  const { ticket, opening } = member;
  const content = withoutPadding(opening, plaintext);
  const state = content && openedState(content);
  const ticketKey = keyOf(ticket, configuration.ticketKeys);
  if (!state || !ticketKey) return { reason: "unknown-content" };
  const presenting = presentingOf(
    member,
    { kind: "value", ticketId: ticketIdOf(ticket), state, ticketKey, plaintext },
    context,
  );
  if ("reason" in presenting) return presenting;
  const spent = spentTickets.reasonOf(presenting.presented.ticketId, now.monotonicMs);
  return spent === undefined ? presenting : { reason: spent };
}

/** In the order of the members. */
export async function openByReference(
  members: readonly ResumeMember[],
  context: LaneContext,
): Promise<(Presenting | NotOpened)[]> {
  const steps = members.map(({ ticket }) =>
    isolated<OpenedTicket | NotOpened>(openPresentedTicket(ticket, STANDARD_FORMAT, context), (ended) => ({ ended }))
  );
  const opened = await runWave(steps, context.services);
  return opened.map((one, index) => {
    if (!("plaintext" in one)) return one;
    try {
      const presenting = presentingOf(members[index], one, context);
      if ("reason" in presenting) wipe(one.plaintext);
      return presenting;
    } catch (ended) {
      wipe(one.plaintext);
      return { ended };
    }
  });
}

/** What is plain without a look elsewhere: algorithms, expiry, SPIs. */
function presentingOf(
  member: ResumeMember,
  opened: OpenedTicket,
  { configuration, now }: LaneContext,
): Presenting | TicketRefusal {
  const { state, plaintext } = opened;
  const suite = sharedIkeSuiteOf(state.proposal);
  if (!suite || !isSuiteAllowed(suite, configuration)) return { reason: "algorithms" };
  const reason = wrongInItself(state, u64(member.datagram.octets, 0), now);
  if (reason !== undefined) return { reason };
  return { member, presented: withProposal(opened, suite.proposal), suite, plaintext };
}

/** The proposal is one for all who have it. */
function withProposal(opened: OpenedTicket, proposal: Proposal): PresentedTicket {
  const { kind, ticketId, state, ticketKey } = opened;
  if (!(state instanceof OpenedState)) return { kind, ticketId, state: { ...state, proposal }, ticketKey };
  state.proposal = proposal;
  return opened;
}

const NOT_AUTHENTIC: TicketRefusal = { reason: "not-authentic" };
