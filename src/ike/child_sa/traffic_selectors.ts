/**
 * Narrowing of traffic selectors (RFC 7296, section 2.9).
 *
 * @module
 */
import { TrafficSelectorType } from "../../wire/constants.ts";
import type { TrafficSelector } from "../../wire/payload.ts";

/** Most selectors that a narrowed set may have: what both ends offer is multiplied out, and a peer chooses one factor. */
export const MAXIMUM_NARROWED_SELECTORS = 32;

/** Every IPv4 address, protocol and port. */
export function anyIpv4Selector(): TrafficSelector {
  return rangeSelector(TrafficSelectorType.TS_IPV4_ADDR_RANGE, new Uint8Array(4), new Uint8Array(4).fill(0xff));
}

/** Every IPv6 address, protocol and port. */
export function anyIpv6Selector(): TrafficSelector {
  return rangeSelector(TrafficSelectorType.TS_IPV6_ADDR_RANGE, new Uint8Array(16), new Uint8Array(16).fill(0xff));
}

/** All protocols and ports of one address range; both ends inclusive, 4 or 16 octets. */
export function addressRangeSelector(startAddress: Uint8Array, endAddress: Uint8Array): TrafficSelector {
  return rangeSelector(
    startAddress.length === 4 ? TrafficSelectorType.TS_IPV4_ADDR_RANGE : TrafficSelectorType.TS_IPV6_ADDR_RANGE,
    startAddress,
    endAddress,
  );
}

/**
 * The part of `offered` that this end allows: the intersection, in the order offered, so that the first selector, with which an
 * initiator may name the packet that triggered it, comes first (RFC 7296, section 2.9; RFC 4718, section 4.10). Empty:
 * TS_UNACCEPTABLE. A selector that is allowed as a whole is handed out itself; all others are new, and share no octets with what was
 * offered.
 */
export function narrow(
  offered: readonly TrafficSelector[],
  allowed: readonly TrafficSelector[],
): readonly TrafficSelector[] {
  const both = common(offered, allowed);
  if (both.length === allowed.length && both.every((selector, index) => selector === allowed[index])) return allowed;
  return both.map((selector) => allowed.includes(selector) ? selector : ownCopy(selector));
}

/** As {@link narrow}, but the addresses may be views of a datagram. */
export function common(offered: readonly TrafficSelector[], allowed: readonly TrafficSelector[]): TrafficSelector[] {
  const narrowed: TrafficSelector[] = [];
  for (const theirs of offered) {
    for (const ours of allowed) {
      const both = intersection(theirs, ours);
      if (both === undefined || isWithinAny(narrowed, both)) continue;
      if (narrowed.length === MAXIMUM_NARROWED_SELECTORS) return narrowed;
      narrowed.push(both);
    }
  }
  return narrowed;
}

/** Copies of the selectors that lie within none before them, in their order. */
export function distinct(selectors: readonly TrafficSelector[]): TrafficSelector[] {
  const kept: TrafficSelector[] = [];
  for (const selector of selectors) {
    if (!isWithinAny(kept, selector)) kept.push(ownCopy(selector));
  }
  return kept;
}

/** Whether every selector of `narrowed` lies within one of `offered`: an initiator accepts nothing that it did not offer. */
export function isNarrowedFrom(narrowed: readonly TrafficSelector[], offered: readonly TrafficSelector[]): boolean {
  return narrowed.length > 0 && narrowed.every((selector) => isWithinAny(offered, selector));
}

function isWithinAny(selectors: readonly TrafficSelector[], inner: TrafficSelector): boolean {
  for (const outer of selectors) {
    if (contains(outer, inner)) return true;
  }
  return false;
}

/** The same selector, with octets of its own. */
export function ownCopy(
  { selectorType, ipProtocol, startPort, endPort, startAddress, endAddress }: TrafficSelector,
): TrafficSelector {
  const start = new Uint8Array(startAddress);
  const end = startAddress === endAddress ? start : new Uint8Array(endAddress);
  return { selectorType, ipProtocol, startPort, endPort, startAddress: start, endAddress: end };
}

/** What two selectors have in common: one of them, where it lies within the other. A new one has their addresses, not copies. */
function intersection(a: TrafficSelector, b: TrafficSelector): TrafficSelector | undefined {
  if (contains(a, b)) return b;
  if (contains(b, a)) return a;
  if (a.selectorType !== b.selectorType || a.startAddress.length !== b.startAddress.length) return undefined;
  if (a.ipProtocol !== b.ipProtocol && a.ipProtocol !== 0 && b.ipProtocol !== 0) return undefined;
  const ports = portIntersection(a, b);
  const startAddress = compare(a.startAddress, b.startAddress) >= 0 ? a.startAddress : b.startAddress;
  const endAddress = compare(a.endAddress, b.endAddress) <= 0 ? a.endAddress : b.endAddress;
  if (ports === undefined || compare(startAddress, endAddress) > 0) return undefined;
  return {
    selectorType: a.selectorType,
    ipProtocol: a.ipProtocol === 0 ? b.ipProtocol : a.ipProtocol,
    ...ports,
    startAddress,
    endAddress,
  };
}

/** OPAQUE is 65535 to 0 and stands for "ports are not there to be seen": only ANY and OPAQUE meet it (RFC 4718, section 4.9). */
function portIntersection(a: TrafficSelector, b: TrafficSelector): Pick<TrafficSelector, "startPort" | "endPort"> | undefined {
  if (isOpaque(a) || isOpaque(b)) {
    const both = (isOpaque(a) || isAnyPort(a)) && (isOpaque(b) || isAnyPort(b));
    return both ? { startPort: 65535, endPort: 0 } : undefined;
  }
  const startPort = Math.max(a.startPort, b.startPort);
  const endPort = Math.min(a.endPort, b.endPort);
  return startPort <= endPort ? { startPort, endPort } : undefined;
}

/** Whether a selector lies within another. */
export function contains(outer: TrafficSelector, inner: TrafficSelector): boolean {
  return outer.selectorType === inner.selectorType && outer.startAddress.length === inner.startAddress.length &&
    (outer.ipProtocol === 0 || outer.ipProtocol === inner.ipProtocol) && containsPorts(outer, inner) &&
    compare(outer.startAddress, inner.startAddress) <= 0 && compare(inner.startAddress, inner.endAddress) <= 0 &&
    compare(inner.endAddress, outer.endAddress) <= 0;
}

function containsPorts(outer: TrafficSelector, inner: TrafficSelector): boolean {
  if (isOpaque(inner)) return isOpaque(outer) || isAnyPort(outer);
  return !isOpaque(outer) && outer.startPort <= inner.startPort && inner.startPort <= inner.endPort &&
    inner.endPort <= outer.endPort;
}

function isOpaque(selector: TrafficSelector): boolean {
  return selector.startPort === 65535 && selector.endPort === 0;
}

function isAnyPort(selector: TrafficSelector): boolean {
  return selector.startPort === 0 && selector.endPort === 65535;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index] - b[index];
  }
  return 0;
}

function rangeSelector(selectorType: number, startAddress: Uint8Array, endAddress: Uint8Array): TrafficSelector {
  return { selectorType, ipProtocol: 0, startPort: 0, endPort: 65535, startAddress, endAddress };
}
