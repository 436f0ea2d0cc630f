/**
 * Where a client that resumes in the lane is met from now on, and what is agreed on of its moving from there (RFC 4555, sections 3.1 and 3.3).
 *
 * @module
 */
import { mobilityAgreed, type MobilityAnswer, NOTHING_AGREED } from "../exchanges/mobility_agreement.ts";
import { provenPath } from "../states/peer_path.ts";
import type { Path } from "../steps/datagram.ts";
import type { OpenedMember } from "./auth_member.ts";
import type { LaneContext } from "./lane_context.ts";

export interface Way extends MobilityAnswer {
  readonly path: Path;
}

export function wayTo(
  { state: { first }, datagram, request: { knowsMobility, addresses } }: OpenedMember,
  { configuration }: Pick<LaneContext, "configuration">,
): Way {
  const agrees = knowsMobility && configuration.mobike;
  const path = provenPath(first, datagram, agrees);
  const { payloads, mobility } = agrees ? mobilityAgreed(addresses, configuration, path) : NOTHING_AGREED;
  return { path, payloads, mobility };
}
