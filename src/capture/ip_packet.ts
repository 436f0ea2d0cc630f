/**
 * From a recorded packet to what IP carries in it: link layer, IP, extension headers.
 *
 * @module
 */
import type { Frame } from "./capture_file.ts";

/** What IP carries, or a fragment of it. Octets are views of the file. */
export interface IpPacket {
  /** 4 or 16 octets. */
  readonly from: Uint8Array;
  /** As many. */
  readonly to: Uint8Array;
  /** What `payload` begins with: UDP, or an extension header of IPv6. */
  readonly protocol: number;
  /** What was kept of it. Ethernet pads short frames: there may be octets behind it, but not of a fragment. */
  readonly payload: Uint8Array;
  readonly fragment?: FragmentPlace;
}

/** Which part of an IP datagram a fragment is. */
export interface FragmentPlace {
  readonly identification: number;
  /** In octets. */
  readonly offset: number;
  /** Octets that it had, maybe more than were kept. */
  readonly length: number;
  readonly isLast: boolean;
}

export const PROTOCOL_UDP = 17;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** Tags of VLANs, which stand before the type: 802.1Q, 802.1ad, and the older form of the latter. */
const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const MOST_TAGS = 4;
const IPV4_HEADER_LENGTH = 20;
const IPV6_HEADER_LENGTH = 40;
const IPV6_FRAGMENT = 44;
const FRAGMENT_HEADER_LENGTH = 8;
/** Hop-by-hop options, routing, destination options: each says its own length. */
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const MOST_EXTENSIONS = 8;

/** Where IP begins, by the number of the link type; `undefined`: it is not IP. */
const IP_OFFSETS: ReadonlyMap<number, (view: DataView) => number | undefined> = new Map<
  number,
  (view: DataView) => number | undefined
>([
  [0, () => 4],
  [1, (view) => behindEtherType(view, 12)],
  [12, () => 0],
  [14, () => 0],
  [101, () => 0],
  [108, () => 4],
  [113, (view) => behindEtherType(view, 14)],
  [228, () => 0],
  [229, () => 0],
  [276, (view) => view.byteLength >= 20 && isIp(view.getUint16(0)) ? 20 : undefined],
]);

/** What IP carries in a packet, as far as that may be UDP. `undefined`: nothing. A text: the link type is not known. */
export function ipPacketOf({ linkType, octets }: Frame): IpPacket | string | undefined {
  const offsetOf = IP_OFFSETS.get(linkType);
  if (offsetOf === undefined) return `link type ${linkType} is not known: expected Ethernet, Linux cooked, loopback or IP`;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const offset = offsetOf(view);
  if (offset === undefined || offset >= octets.length) return undefined;
  const packet = octets.subarray(offset);
  return packet[0] >> 4 === 6 ? ofIpv6(packet) : packet[0] >> 4 === 4 ? ofIpv4(packet) : undefined;
}

/**
 * Passes over extension headers of IPv6.
 *
 * @param protocol of the first header
 * @returns `undefined`: they are too many, or cut off
 */
export function behindExtensions(
  protocol: number,
  octets: Uint8Array,
): { readonly protocol: number; readonly octets: Uint8Array } | undefined {
  let [next, at] = [protocol, 0];
  for (let count = 0; IPV6_EXTENSIONS.has(next); count++) {
    if (count === MOST_EXTENSIONS || at + 8 > octets.length) return undefined;
    [next, at] = [octets[at], at + (octets[at + 1] + 1) * 8];
  }
  return { protocol: next, octets: octets.subarray(at) };
}

function behindEtherType(view: DataView, at: number): number | undefined {
  for (let tags = 0; tags <= MOST_TAGS && at + 2 <= view.byteLength; tags++, at += 4) {
    const type = view.getUint16(at);
    if (!VLAN_TYPES.has(type)) return isIp(type) ? at + 2 : undefined;
  }
  return undefined;
}

function isIp(etherType: number): boolean {
  return etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6;
}

function ofIpv4(packet: Uint8Array): IpPacket | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const headerLength = (packet[0] & 0x0f) * 4;
  if (packet.length < IPV4_HEADER_LENGTH || headerLength < IPV4_HEADER_LENGTH || packet[9] !== PROTOCOL_UDP) return undefined;
  const ends = { from: packet.subarray(12, 16), to: packet.subarray(16, 20), protocol: PROTOCOL_UDP };
  const place = view.getUint16(6);
  const [offset, isLast] = [(place & 0x1fff) * 8, (place & 0x2000) === 0];
  if (offset === 0 && isLast) return { ...ends, payload: packet.subarray(headerLength) };
  const end = view.getUint16(2);
  const fragment = { identification: view.getUint16(4), offset, length: end - headerLength, isLast };
  return { ...ends, payload: packet.subarray(headerLength, Math.max(end, headerLength)), fragment };
}

function ofIpv6(packet: Uint8Array): IpPacket | undefined {
  if (packet.length < IPV6_HEADER_LENGTH) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const ends = { from: packet.subarray(8, 24), to: packet.subarray(24, 40) };
  const behind = behindExtensions(packet[6], packet.subarray(IPV6_HEADER_LENGTH));
  if (behind === undefined) return undefined;
  if (behind.protocol !== IPV6_FRAGMENT) return { ...ends, protocol: behind.protocol, payload: behind.octets };
  const at = packet.length - behind.octets.length;
  if (behind.octets.length < FRAGMENT_HEADER_LENGTH) return undefined;
  const place = view.getUint16(at + 2);
  const [offset, isLast] = [place & 0xfff8, (place & 1) === 0];
  const [protocol, start] = [packet[at], at + FRAGMENT_HEADER_LENGTH];
  // One that is whole all the same (RFC 6946).
  if (offset === 0 && isLast) return { ...ends, protocol, payload: packet.subarray(start) };
  const end = IPV6_HEADER_LENGTH + view.getUint16(4);
  const fragment = { identification: view.getUint32(at + 4), offset, length: end - start, isLast };
  return { ...ends, protocol, payload: packet.subarray(start, Math.max(end, start)), fragment };
}
