/**
 * What a client makes of the ticket that it holds: whether it can be presented, and what it says of it.
 *
 * @module
 */
import { type ClientTicket, isSpent } from "../../ticket/client_ticket.ts";
import { sameIdentity } from "../../ticket/identity.ts";
import { chooseIke, type IkeProposal } from "../ike_sa/proposals.ts";
import { sharedIkeSuiteOf } from "../ike_sa/shared_suites.ts";
import { type IkeSuite, ikeSuiteOf } from "../ike_sa/suite.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import type { Instant } from "../steps/instant.ts";

/**
 * Whether a ticket can be presented at all: never one that is known to be used or expired (RFC 5723, section 4.3.1), only for the identities
 * that it was issued to and by (section 4.3.3), in the form of resumption in which it was issued, and only with algorithms that this end would choose now: the keys come from the old ones.
 */
export function isPresentable(ticket: ClientTicket, configuration: InitiatorConfiguration, now: Instant): boolean {
  const { identity, peerIdentity, ticketIdentities, ikeProposals } = configuration;
  const { initiatorId, responderId, expiresAtEpochSeconds, proposal, profile = "rfc5723" } = ticket;
  const { name, bindsResponderId } = configuration.profile;
  const isForGateway = !bindsResponderId || peerIdentity === undefined ||
    (ticketIdentities ?? [peerIdentity]).some((one) => sameIdentity(responderId, one));
  return !isSpent(ticket) && profile === name && now.epochSeconds < expiresAtEpochSeconds &&
    sameIdentity(initiatorId, identity) && isForGateway && isAcceptable(sharedIkeSuiteOf(proposal), ikeProposals);
}

/** Whether this end would choose a suite now. */
function isAcceptable(suite: IkeSuite | undefined, ikeProposals: readonly IkeProposal[]): boolean {
  if (suite === undefined) return false;
  let known = acceptable.get(ikeProposals);
  if (known === undefined) acceptable.set(ikeProposals, known = new WeakSet());
  if (known.has(suite)) return true;
  if (chooseIke([suite.proposal], ikeProposals) === undefined) return false;
  known.add(suite);
  return true;
}

/** Suites that were found to be so: tickets of one gateway share theirs, and thousands of clients their proposals. */
const acceptable = new WeakMap<readonly IkeProposal[], WeakSet<IkeSuite>>();

/** The algorithms of a ticket that can be presented. */
export function suiteOfTicket({ proposal }: ClientTicket): IkeSuite {
  const suite = ikeSuiteOf(proposal);
  if (suite === undefined) throw new TypeError("ticket: its proposal makes no suite, so that it cannot be presented");
  return suite;
}

/** Whole seconds until the ticket expires. */
export function secondsLeft({ expiresAtEpochSeconds }: ClientTicket, { epochSeconds }: Instant): number {
  return Math.max(0, Math.floor(expiresAtEpochSeconds - epochSeconds));
}
