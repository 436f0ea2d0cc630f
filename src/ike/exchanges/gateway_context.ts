/**
 * What exchanges on an IKE SA that is up need of a gateway.
 *
 * @module
 */
import type { TrafficSelector } from "../../wire/payload.ts";
import { AnsweredLater } from "../policy/later_answers.ts";
import { addressRangeSelector, narrow } from "../child_sa/traffic_selectors.ts";
import { identityKey } from "../../ticket/identity.ts";
import { type Established, ownSpiOf } from "../states/established.ts";
import { lifeLimitsOf } from "../states/life_limits.ts";
import { provenRemote } from "../states/mobility.ts";
import type { Step } from "../steps/step.ts";
import { grantTicket } from "../tickets/ticket_request.ts";
import { acceptedExchanges, type EstablishedContext } from "./established_context.ts";
import { moveRuleOf } from "./informational/mobility_responder.ts";
import { remoteSelectorsFor } from "./ike_auth/remote_selectors.ts";
import type { ResponderContext } from "./responder_context.ts";

export function gatewayEstablishedContext(context: ResponderContext): EstablishedContext {
  const { configuration, random, now } = context;
  const { retransmission, ikeProposals, espProposals, localSelectors, exposeKeys, spiWorker } = configuration;
  return {
    random,
    spiWorker,
    retransmission,
    ikeProposals,
    exposeKeys,
    childSas: {
      rules: configuration.childSas,
      espProposals,
      accepted: acceptedExchanges(ikeProposals),
      localSelectors,
      peerSelectors: (state, offered) => clientSelectors(state, offered, context),
    },
    lifeLimitsOf: (ownSpi) => lifeLimitsOf(configuration, ownSpi, now),
    mayMove: moveRuleOf(configuration),
    servedProfiles: configuration.profiles,
    issuesTickets: configuration.issueTickets,
    grantTicket: (request, sa, beside) => grantTicket(request, sa, beside, context),
  };
}

/** What a client may have on its side of another Child SA: its inner address, or what it could have had of its first one. */
// deno-lint-ignore require-yield -- policy answers at once.
function* clientSelectors(
  state: Established,
  offered: readonly TrafficSelector[],
  context: ResponderContext,
): Step<readonly TrafficSelector[]> {
  const ownSpi = ownSpiOf(state);
  const inner = context.remoteAddresses.innerAddressesOf(ownSpi);
  if (inner.length > 0) return narrow(offered, inner.map((address) => addressRangeSelector(address, address)));
  const identity = state.authentication.items.eapIdentity ?? state.initiatorId;
  const client = { ownSpi, identity, identityKey: identityKey(identity), remote: provenRemote(state) };
  const held = state.childSas.flatMap(({ remoteSelectors }) => remoteSelectors);
  try {
    return remoteSelectorsFor(client, offered, context, held);
  } catch (later) {
    if (!(later instanceof AnsweredLater)) throw later;
    // An IKE SA that is up does not wait: what policy has granted to its other Child SAs counts.
    return narrow(offered, held);
  }
}
