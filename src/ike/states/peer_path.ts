/**
 * Where the peer of an IKE SA is reached, also when a NAT moves it (RFC 7296, section 2.23).
 *
 * @module
 */
import { type Datagram, type Endpoint, type Path, pathOf } from "../steps/datagram.ts";
import type { Effect } from "./effect.ts";
import type { Established } from "./established.ts";
import type { FirstExchange } from "./first_exchange.ts";

/**
 * The gateway's path to a client that has proven itself. A copy of its IKE_AUTH request, sent on from elsewhere, is as
 * authentic as the request. So its port may differ from that of its first message only where a NAT was found, and its address
 * only where the client itself is behind one.
 *
 * @param isMobile MOBIKE is agreed on: its port becomes that of UDP encapsulation also without a NAT (RFC 4555, section 3.3).
 */
export function provenPath({ nat, cameBy }: FirstExchange, datagram: Datagram, isMobile: boolean = false): Path {
  if (cameBy && isSamePath(cameBy, datagram)) return cameBy;
  if (cameBy === undefined || nat.peerBehindNat) return pathOf(datagram);
  const isSameAddress = datagram.remote.address === cameBy.remote.address && datagram.local.address === cameBy.local.address;
  return (isMobile && datagram.encapsulated || nat.natDetected) && isSameAddress ? pathOf(datagram) : cameBy;
}

/**
 * Where a client that has proven itself is known to be met: its later messages rest on the answer to its first one. The request that brought its proof
 * may have any source that it likes.
 */
export function metAt({ cameBy }: Pick<FirstExchange, "cameBy">, path: Path): Endpoint {
  return (cameBy ?? path).remote;
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
  // With MOBIKE the client says itself that it has moved: other messages may try other ways (RFC 4555, section 3.8).
  const moves = side === "gateway" && peerBehindNat && state.mobility === undefined && datagram.encapsulated &&
    !isSamePath(path, datagram);
  if (!moves) return { path, effects: [] };
  const { local, remote } = datagram;
  return {
    path: pathOf(datagram),
    effects: [{ type: "peer-moved", spis, before: path.remote, local, remote, udpEncapsulation: true }],
  };
}

/** So often a request is sent the usual way before others are tried. */
const ATTEMPTS_BEFORE_OTHER_WAYS = 2;

/**
 * Where a request goes once more. A peer that is silent may be met at another address that it told of (RFC 4555, sections 3.4 and 3.10). A gateway's
 * ESP stays where it is until the client says that it has moved; of a client that is yet to show where it is, its gateway tries no other.
 */
export function retransmissionPath({ path, mobility, side, peerBehindNat }: Established, sent: number): Path {
  if (!mobility || mobility.unproven || sent <= ATTEMPTS_BEFORE_OTHER_WAYS) return path;
  // Behind a NAT it has the addresses of its own network.
  if (side === "gateway" && peerBehindNat) return path;
  const isIpv6 = path.local.address.includes(":");
  const others = mobility.peerAddresses.filter((address) => address.includes(":") === isIpv6);
  const address = [path.remote.address, ...others][(sent - ATTEMPTS_BEFORE_OTHER_WAYS) % (others.length + 1)];
  return { ...path, remote: { ...path.remote, address } };
}

/**
 * Client: an answer that came from another address that the gateway told of shows that it is met there. From any other it is followed nowhere:
 * a copy could lead this end away.
 */
export function followed(state: Established, datagram: Datagram): Established {
  const { path, mobility, side, sendWindow } = state;
  const { remote } = datagram;
  const isOther = side === "client" && mobility !== undefined && remote.address !== path.remote.address &&
    mobility.peerAddresses.includes(remote.address);
  if (!isOther) return state;
  const others = mobility.peerAddresses.filter((address) => address !== remote.address);
  const queued = (sendWindow.queued ?? []).filter((purpose) => purpose !== "update-addresses");
  return {
    ...state,
    path: { ...path, remote: { ...path.remote, address: remote.address } },
    mobility: { ...mobility, peerAddresses: [...others, path.remote.address] },
    sendWindow: { ...sendWindow, queued: ["update-addresses", ...queued] },
  };
}

/** Whether ESP between two ends goes over UDP: where IKE does, and a NAT was found (RFC 7296, section 2.23). */
export function encapsulatesEsp({ nat }: Pick<FirstExchange, "nat">, { encapsulated }: Path): boolean {
  return encapsulated && nat.natDetected;
}

/** The same of an IKE SA that is up. */
export function encapsulatesEspOf({ path, espOutsideUdp }: Established): boolean {
  return path.encapsulated && espOutsideUdp !== true;
}

export function isSamePath(one: Path, other: Path): boolean {
  return one.encapsulated === other.encapsulated && one.remote.port === other.remote.port &&
    one.remote.address === other.remote.address && one.local.port === other.local.port &&
    one.local.address === other.local.address;
}
