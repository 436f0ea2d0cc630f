/**
 * MOBIKE on an IKE SA that is up: what both ends know of addresses (RFC 4555).
 *
 * @module
 */
import type { Endpoint, Path } from "../steps/datagram.ts";
import type { Established } from "./established.ts";
import { isSamePath } from "./peer_path.ts";

/** Kept where both ends said MOBIKE_SUPPORTED. */
export interface Mobility {
  /** Addresses at which the peer can be met as well, by its own word, if this one fails. */
  readonly peerAddresses: readonly string[];
  /** Client: NAT_DETECTION_DESTINATION_IP as it came last: another one says that the gateway sees this end elsewhere (section 3.8). */
  readonly seenAs?: Uint8Array;
  /** Gateway: the client said that it is somewhere else, but has not proven yet that it is met there. */
  readonly unproven?: UnprovenMove;
  /** What the request of this end's that is under way is about: the path that is told, or looked at. */
  readonly asked?: AskedOfPath;
}

export interface AskedOfPath {
  readonly path: Path;
  readonly cookie?: Uint8Array;
  /**
   * This path has been left since. A request that waits is sent again to where the other end is by then: its answer tells nothing of this path any
   * more, also where it is the path again.
   */
  readonly wasLeft?: true;
}

/** To be called with every path that an IKE SA goes on by. */
export function onPath(mobility: Mobility, path: Path): Mobility {
  const { asked } = mobility;
  return asked === undefined || isSamePath(asked.path, path) ? mobility : { ...mobility, asked: { ...asked, wasLeft: true } };
}

/** Whether the answer to what was asked tells something of the path that an IKE SA has now. */
export function tellsOf({ path, wasLeft }: AskedOfPath, now: Path): boolean {
  return !wasLeft && isSamePath(path, now);
}

export interface UnprovenMove {
  /** Where ESP still goes. */
  readonly before: Endpoint;
  readonly udpEncapsulation: boolean;
}

/**
 * Gateway: where the client is known to be met. It may send any request with somebody else's address as its source: one that it says it has moved to
 * counts once it has answered there; of one behind a NAT, which is followed without a word, it is not known: `undefined`.
 */
export function provenRemote({ mobility, peerBehindNat, path }: Established): Endpoint | undefined {
  return peerBehindNat ? undefined : mobility?.unproven?.before ?? path.remote;
}

/** As a successor by rekeying has it: hashes are of other SPIs, and what was under way is over. */
export function inheritedMobility(mobility: Mobility | undefined): Mobility | undefined {
  if (mobility === undefined) return undefined;
  const { peerAddresses, unproven } = mobility;
  return unproven ? { peerAddresses, unproven } : { peerAddresses };
}
