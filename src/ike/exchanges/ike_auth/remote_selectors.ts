/**
 * Which selectors a client may have, of those that it offers for its own side (RFC 7296, section 2.9; RFC 4301, section 4.4.3;
 * RFC 4718, section 4.13).
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { sameOctets } from "../../../wire/octets.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload, TrafficSelector } from "../../../wire/payload.ts";
import {
  addressRangeSelector,
  anyIpv4Selector,
  anyIpv6Selector,
  common,
  contains,
  distinct,
  MAXIMUM_NARROWED_SELECTORS,
  narrow,
  ownCopy,
} from "../../child_sa/traffic_selectors.ts";
import { addressOctets } from "../../message/address.ts";
import { notify } from "../../message/notify.ts";
import type { RemoteAddresses } from "../../policy/remote_addresses.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import type { ResponderContext } from "../responder_context.ts";

/** A client that has proven itself. */
export interface SelectingClient {
  /** The gateway's own SPI of its IKE SA. */
  readonly ownSpi: bigint;
  /** The identity that policy is about. */
  readonly identity: Identity;
  /** `identityKey` of it. */
  readonly identityKey: string;
  /** Where it is met; `undefined`: that is not known, and no address is its own for that. */
  readonly remote: Endpoint | undefined;
}

/**
 * The part of `offered` that a client without an inner address may have; empty: TS_UNACCEPTABLE.
 *
 * - Where the configuration has `remoteSelectorsOf`, what it says of the identity.
 * - Else what `remoteSelectors` allows and no IKE SA of another identity holds, nor the pool of inner addresses. Where that is not given either, a
 *   selector that the client's own address lies in, such as "any", means this address: it alone is proven to be the client's.
 *
 * Without a policy an IKE SA may claim {@link MOST_RANGES} ranges, beside any number of single addresses: those that it names first.
 *
 * The address that the client comes from is its own in any case, also where others come from it, behind one NAT. Where it is not known where it is
 * met, it has of that what `beside` says.
 *
 * @param beside what its IKE SA holds already, and goes on holding: that of its other Child SAs.
 */
export function remoteSelectorsFor(
  { ownSpi, identity, identityKey, remote }: SelectingClient,
  offered: readonly TrafficSelector[],
  { configuration, remoteAddresses }: ResponderContext,
  beside: readonly TrafficSelector[] = [],
): readonly TrafficSelector[] {
  const { remoteSelectorsOf, remoteSelectors } = configuration;
  const { claims } = remoteAddresses;
  const octets = remote && addressOctets(remote.address);
  const own = octets && addressRangeSelector(octets, octets);
  // Copies: what a function of the configuration returns may change later.
  if (remoteSelectorsOf) return narrow(offered, remoteSelectorsOf(identity)?.map(ownCopy) ?? (own ? [own] : beside));
  if (own === undefined && remoteSelectors === undefined) return narrow(offered, beside);
  if (own && remoteSelectors === undefined && offered.length === 1 && contains(offered[0], own)) {
    // As nearly all clients offer: "any", or their own address.
    const alone = [own];
    claims.hold(ownSpi, identityKey, beside.length === 0 ? alone : distinct([...beside, own]));
    return alone;
  }
  return heldOf({ ownSpi, identityKey, own }, offered, remoteSelectors, remoteAddresses, beside);
}

/** The same of any offer. Apart: what its functions close over would be made for each client. */
function heldOf(
  { ownSpi, identityKey, own }: Pick<SelectingClient, "ownSpi" | "identityKey"> & { readonly own: TrafficSelector | undefined },
  offered: readonly TrafficSelector[],
  remoteSelectors: readonly TrafficSelector[] | undefined,
  remoteAddresses: RemoteAddresses,
  beside: readonly TrafficSelector[],
): readonly TrafficSelector[] {
  const { claims } = remoteAddresses;
  const octets = own?.startAddress;
  const allowed = common(offered, remoteSelectors ?? ANY);
  const reduced = remoteSelectors || !own ? allowed : allowed.map((selector) => common([selector], [own])[0] ?? selector);
  const isOwn = ({ startAddress, endAddress }: TrafficSelector) =>
    octets !== undefined && sameOctets(startAddress, octets) && sameOctets(endAddress, octets);
  const isFree = (selector: TrafficSelector) => !remoteAddresses.isPools(selector) && claims.isFree(selector, identityKey);
  const held = distinct(fewRanges(reduced).filter((selector) => isOwn(selector) || isFree(selector)));
  claims.hold(ownSpi, identityKey, beside.length === 0 ? held : distinct([...beside, ...held]));
  return held;
}

type OfferedAndGranted = readonly [offered: readonly TrafficSelector[], granted: readonly TrafficSelector[]];

/**
 * ADDITIONAL_TS_POSSIBLE, where as much was granted as one Child SA may have, and more was offered: the rest may be had by another one (RFC 7296,
 * section 2.9; RFC 4718, section 4.10).
 */
export function moreNotify(remote: OfferedAndGranted, local: OfferedAndGranted): Payload[] {
  const isCut = [remote, local].some(([offered, granted]) => granted.length >= FULL && offered.length > granted.length);
  return isCut ? [notify(NotifyType.ADDITIONAL_TS_POSSIBLE)] : [];
}

/** Each range is looked up among all that others hold, and a message has room for hundreds. */
const MOST_RANGES = 16;
const FULL = Math.min(MOST_RANGES, MAXIMUM_NARROWED_SELECTORS);

/** Without the ranges beyond the first few; a responder may narrow so (RFC 7296, section 2.9). */
function fewRanges(selectors: readonly TrafficSelector[]): TrafficSelector[] {
  let ranges = 0;
  return selectors.filter(({ startAddress, endAddress }) => sameOctets(startAddress, endAddress) || ++ranges <= MOST_RANGES);
}

const ANY: readonly TrafficSelector[] = [anyIpv4Selector(), anyIpv6Selector()];
