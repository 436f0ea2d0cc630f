/**
 * The first Child SA of a client that resumes in the lane, where more than the ordinary is asked for: as the steps make it.
 *
 * @module
 */
import type { Proposal } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { createChildSa } from "../exchanges/ike_auth/first_child_sa.ts";
import { encapsulatesEsp, metAt } from "../states/peer_path.ts";
import type { Path } from "../steps/datagram.ts";
import { atOnce } from "../steps/wave.ts";
import type { Contribution } from "../tickets/ticket_draft.ts";
import type { ProvenMember } from "./auth_member.ts";
import type { LaneContext } from "./lane_context.ts";

export function childOf(member: ProvenMember, path: Path, context: LaneContext): Contribution & { childSa?: ChildSa } {
  const { opened, client, newcomer, inReturn } = member;
  const { state: { first }, presented, keys, choice, initiatorId } = opened;
  const { initiatorSelectors, responderSelectors, configuration, request } = opened;
  return atOnce(
    createChildSa({
      first,
      keys,
      payloads: [
        { type: "SA", proposals: NO_PROPOSALS },
        { type: "TSi", selectors: initiatorSelectors },
        { type: "TSr", selectors: responderSelectors },
        ...(configuration ? [configuration] : []),
        ...request.traits,
      ],
      choice,
      keymat: inReturn.keyingMaterial,
      encapsulated: encapsulatesEsp(first, path),
      identity: client.items.eapIdentity ?? initiatorId,
      identityKey: newcomer.key,
      remote: path.remote,
      metAt: metAt(first, path),
      predecessor: context.ownSpiOf(presented.state),
    }, context),
    context.services,
  );
}

/** What is chosen of the offer is known. */
const NO_PROPOSALS: readonly Proposal[] = [];
