/**
 * Which of the requests about Child SAs that wait is next, and what it says.
 *
 * @module
 */
import { ProtocolId } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { isNarrowedFrom } from "../../child_sa/traffic_selectors.ts";
import { espSpiOctets } from "../../ike_sa/spi.ts";
import {
  affairsOf,
  type ChildDeletion,
  childSaOf,
  childSasInUse,
  type ChildTask,
  isBeingClosed,
  isReplaced,
  type WantedTraffic,
} from "../../states/child_affairs.ts";
import type { Established } from "../../states/established.ts";
import type { Instant } from "../../steps/instant.ts";

/** The next request whose time has come, and the IKE SA for which it no longer waits. What is no longer wanted is forgotten. */
export function takeTask(
  state: Established,
  { monotonicMs }: Instant,
): { readonly task: ChildTask | undefined; readonly rest: Established } {
  let rest = state;
  for (;;) {
    const affairs = affairsOf(rest);
    const task = affairs.tasks.find(({ notBeforeMs }) => notBeforeMs <= monotonicMs);
    if (task === undefined) return { task, rest };
    rest = { ...rest, children: { ...affairs, tasks: affairs.tasks.filter((one) => one !== task) } };
    if (isWanted(rest, task)) return { task, rest };
  }
}

/** Whether it still makes sense to ask for something, which has waited for a while. */
function isWanted(state: Established, task: ChildTask): boolean {
  switch (task.kind) {
    case "create":
      return !task.isRemake || !isCovered(state, task) && !isClients(state, task);
    case "rekey": {
      const { inboundSpi } = task;
      return childSaOf(state, inboundSpi) !== undefined && !isReplaced(state, inboundSpi) && !isBeingClosed(state, inboundSpi);
    }
    case "delete":
      return task.isPeersAlone || task.inboundSpis.some((inboundSpi) => childSaOf(state, inboundSpi) !== undefined);
  }
}

/** Whether a Child SA that is there carries all of the traffic. */
function isCovered(state: Established, wanted: WantedTraffic): boolean {
  return childSasInUse(state).some((childSa) => carries(childSa, wanted));
}

/** Gateway: whether the client is making one for it, and has additional key exchanges to go through first. It begins anew itself if they come to nothing. */
function isClients({ side, followups = [] }: Established, wanted: WantedTraffic): boolean {
  return side === "gateway" && followups.some(({ making }) => making.kind === "child" && carries(making, wanted));
}

function carries(childSa: WantedTraffic, { localSelectors, remoteSelectors }: WantedTraffic): boolean {
  return isNarrowedFrom(localSelectors, childSa.localSelectors) && isNarrowedFrom(remoteSelectors, childSa.remoteSelectors);
}

/** D, with the SPIs of packets to this end (RFC 4718, section 5.7). */
export function deletionPayloads({ inboundSpis }: ChildDeletion): Payload[] {
  return [{ type: "D", protocolId: ProtocolId.ESP, spiSize: 4, spis: inboundSpis.map(espSpiOctets) }];
}
