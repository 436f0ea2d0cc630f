/**
 * Where the peer of an IKE SA is reached, also when a NAT moves it (RFC 7296, section 2.23).
 *
 * @module
 */
import { type Datagram, type Path, pathOf } from "../steps/datagram.ts";
import type { Effect } from "./effect.ts";
import type { Established } from "./established.ts";
import type { FirstExchange } from "./first_exchange.ts";

/**
 * The gateway's path to a client that has proven itself. A copy of its IKE_AUTH request, sent on from elsewhere, is as
 * authentic as the request. So its port may differ from that of its first message only where a NAT was found, and its address
 * only where the client itself is behind one.
 */
export function provenPath({ nat, cameBy }: FirstExchange, datagram: Datagram): Path {
  if (cameBy && isSamePath(cameBy, datagram)) return cameBy;
  if (cameBy === undefined || nat.peerBehindNat) return pathOf(datagram);
  const isSameAddress = datagram.remote.address === cameBy.remote.address && datagram.local.address === cameBy.local.address;
  return nat.natDetected && isSameAddress ? pathOf(datagram) : cameBy;
}

/** The path after a new, authentic request, and what is told when it is another one than before. */
export interface PathAfterRequest {
  readonly path: Path;
  readonly effects: readonly Effect[];
}

/**
 * A client behind a NAT is followed to where its latest request came from. No other client is, and no client follows its
 * gateway: a copy of a message, sent on from elsewhere, would lead this end away.
 */
export function pathAfterRequest(state: Established, datagram: Datagram): PathAfterRequest {
  const { side, peerBehindNat, path, spis } = state;
  const moves = side === "gateway" && peerBehindNat && datagram.encapsulated && !isSamePath(path, datagram);
  if (!moves) return { path, effects: [] };
  const { local, remote } = datagram;
  return { path: pathOf(datagram), effects: [{ type: "peer-moved", spis, before: path.remote, local, remote }] };
}

function isSamePath(one: Path, other: Path): boolean {
  return one.encapsulated === other.encapsulated && one.remote.port === other.remote.port &&
    one.remote.address === other.remote.address && one.local.port === other.local.port &&
    one.local.address === other.local.address;
}
