/**
 * From a recorded packet to the UDP datagram in it: link layer, IP, UDP.
 *
 * @module
 */
import { formatAddress } from "../ike/message/address.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { Frame } from "./capture_file.ts";

/** A UDP datagram, as it was recorded. */
export interface UdpDatagram {
  /** From where it came. */
  readonly from: Endpoint;
  /** Where it was going. */
  readonly to: Endpoint;
  /** What was kept of its data. */
  readonly octets: Uint8Array;
  /** Octets of its data that were not recorded. */
  readonly missing: number;
  /** It is the first fragment of an IP datagram, whose rest is elsewhere. */
  readonly isFragment: boolean;
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** Tags of VLANs, which stand before the type: 802.1Q, 802.1ad, and the older form of the latter. */
const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const MOST_TAGS = 4;
const PROTOCOL_UDP = 17;
const UDP_HEADER_LENGTH = 8;
const IPV6_HEADER_LENGTH = 40;
const IPV6_FRAGMENT = 44;
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

/**
 * The UDP datagram in a packet. `undefined`: there is none, or only a later fragment of one. A text: the link type is not known.
 */
export function udpDatagramOf({ linkType, octets }: Frame): UdpDatagram | string | undefined {
  const offsetOf = IP_OFFSETS.get(linkType);
  if (offsetOf === undefined) return `link type ${linkType} is not known: expected Ethernet, Linux cooked, loopback or IP`;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const offset = offsetOf(view);
  if (offset === undefined || offset >= octets.length) return undefined;
  const packet = octets.subarray(offset);
  return packet[0] >> 4 === 6 ? ofIpv6(packet) : packet[0] >> 4 === 4 ? ofIpv4(packet) : undefined;
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

function ofIpv4(packet: Uint8Array): UdpDatagram | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const headerLength = (packet[0] & 0x0f) * 4;
  if (packet.length < 20 || headerLength < 20 || packet[9] !== PROTOCOL_UDP) return undefined;
  const fragment = view.getUint16(6);
  if ((fragment & 0x1fff) !== 0) return undefined;
  return ofUdp(packet.subarray(headerLength), packet.subarray(12, 16), packet.subarray(16, 20), (fragment & 0x2000) !== 0);
}

function ofIpv6(packet: Uint8Array): UdpDatagram | undefined {
  if (packet.length < IPV6_HEADER_LENGTH) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let [next, at, isFragment] = [packet[6], IPV6_HEADER_LENGTH, false];
  for (let count = 0; count < MOST_EXTENSIONS && next !== PROTOCOL_UDP; count++) {
    if (at + 8 > packet.length) return undefined;
    if (next === IPV6_FRAGMENT) {
      const fragment = view.getUint16(at + 2);
      if (fragment >> 3 !== 0) return undefined;
      isFragment = (fragment & 1) !== 0;
      [next, at] = [packet[at], at + 8];
    } else if (IPV6_EXTENSIONS.has(next)) {
      [next, at] = [packet[at], at + (packet[at + 1] + 1) * 8];
    } else return undefined;
  }
  if (next !== PROTOCOL_UDP) return undefined;
  return ofUdp(packet.subarray(at), packet.subarray(8, 24), packet.subarray(24, 40), isFragment);
}

function ofUdp(segment: Uint8Array, from: Uint8Array, to: Uint8Array, isFragment: boolean): UdpDatagram | undefined {
  if (segment.length < UDP_HEADER_LENGTH) return undefined;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  // Ethernet pads short frames: UDP's own length says what is data.
  const length = Math.max(view.getUint16(4), UDP_HEADER_LENGTH);
  const octets = segment.subarray(UDP_HEADER_LENGTH, length);
  return {
    from: { address: formatAddress(from), port: view.getUint16(0) },
    to: { address: formatAddress(to), port: view.getUint16(2) },
    octets,
    missing: length - UDP_HEADER_LENGTH - octets.length,
    isFragment,
  };
}
