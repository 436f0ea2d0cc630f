/**
 * What the kernel tells of a datagram beside its octets, and is told: which address of this machine it came to or leaves from, and how many found no
 * room before it (`struct cmsghdr`; ip(7), ipv6(7), socket(7)).
 *
 * @module
 */
import { IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, SO_RXQ_OVFL, SOL_SOCKET } from "../libc/constants.ts";

/** A `struct cmsghdr`: length as 64 bits, level, type. Data and the next one are aligned to 8 octets. */
const CMSG_HEADER = 16;
const ALIGNMENT = 8;

/** `struct in_pktinfo`: interface, the address of this machine, the destination in the IP header. */
const IPV4_INFO = { length: 12, addressAt: 4 } as const;
/** `struct in6_pktinfo`: the destination in the IP header, interface. */
const IPV6_INFO = { length: 20, addressAt: 0 } as const;

export interface AncillaryData {
  /** Where in the octets the address of this machine stands; `undefined`: it was not told. */
  readonly localAddressAt: number | undefined;
  /** Datagrams that the socket has dropped so far, as 32 bits; `undefined`: it was not told, which it is not while there were none. */
  readonly dropped: number | undefined;
}

/** Reads what came with a datagram: `length` octets from `at` on. What it does not know is passed over. */
export function readAncillaryData(octets: Uint8Array, at: number, length: number): AncillaryData {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const end = Math.min(at + length, octets.length);
  let localAddressAt: number | undefined;
  let dropped: number | undefined;
  let next = at;
  while (next + CMSG_HEADER <= end) {
    const size = view.getUint32(next, true);
    if (size < CMSG_HEADER || next + size > end) break;
    const level = view.getInt32(next + 8, true);
    const type = view.getInt32(next + 12, true);
    const data = next + CMSG_HEADER;
    const dataLength = size - CMSG_HEADER;
    if (level === SOL_SOCKET && type === SO_RXQ_OVFL && dataLength >= 4) dropped = view.getUint32(data, true);
    else if (level === IPPROTO_IP && type === IP_PKTINFO && dataLength >= IPV4_INFO.length) {
      localAddressAt = data + IPV4_INFO.addressAt;
    } else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO && dataLength >= IPV6_INFO.length) {
      localAddressAt = data + IPV6_INFO.addressAt;
    }
    next += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  }
  return { localAddressAt, dropped };
}

/** Octets of the ancillary data that {@link writeSourceAddress} writes. */
export function sourceAddressSize(family: 4 | 6): number {
  return CMSG_HEADER + Math.ceil((family === 4 ? IPV4_INFO : IPV6_INFO).length / ALIGNMENT) * ALIGNMENT;
}

/** Has a datagram leave from an address of this machine, which the caller writes to where the returned number says. */
export function writeSourceAddress(family: 4 | 6, octets: Uint8Array, at: number): number {
  const { length, addressAt } = family === 4 ? IPV4_INFO : IPV6_INFO;
  octets.fill(0, at, at + sourceAddressSize(family));
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  view.setUint32(at, CMSG_HEADER + length, true);
  view.setInt32(at + 8, family === 4 ? IPPROTO_IP : IPPROTO_IPV6, true);
  view.setInt32(at + 12, family === 4 ? IP_PKTINFO : IPV6_PKTINFO, true);
  return at + CMSG_HEADER + addressAt;
}
