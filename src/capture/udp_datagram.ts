/**
 * The UDP datagrams of recorded packets, put together where IP has cut them.
 *
 * @module
 */
import { formatAddress } from "../ike/message/address.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { Frame } from "./capture_file.ts";
import { IpFragments, type Reassembled } from "./ip_fragments.ts";
import { behindExtensions, ipPacketOf, PROTOCOL_UDP } from "./ip_packet.ts";

/** A UDP datagram, as it was recorded. */
export interface UdpDatagram {
  /** The packet that it is in, or that made it whole. */
  readonly frame: Frame;
  /** From where it came. */
  readonly from: Endpoint;
  /** Where it was going. */
  readonly to: Endpoint;
  /** What was kept of its data. */
  readonly octets: Uint8Array;
  /** Octets of its data that were not recorded. */
  readonly missing: number;
  /** It is the first fragment of an IP datagram, whose rest is not to be had. */
  readonly isFragment: boolean;
}

/** A packet whose link type is not known. */
export interface PacketFault {
  readonly packet: number;
  readonly fault: string;
}

const UDP_HEADER_LENGTH = 8;

export class UdpDatagrams {
  readonly #fragments = new IpFragments();

  /** Of a packet, in the order of the file: the datagram in it, or that it makes whole. */
  *take(frame: Frame): Generator<UdpDatagram | PacketFault, void, undefined> {
    const packet = ipPacketOf(frame);
    if (packet === undefined) return;
    if (typeof packet === "string") return yield { packet: frame.number, fault: packet };
    if (packet.fragment === undefined) return yield* datagramIn({ frame, packet, isWhole: true });
    for (const one of this.#fragments.take(frame, packet, packet.fragment)) yield* datagramIn(one);
  }

  /** The file is at its end: those of which fragments are missing. */
  *rest(): Generator<UdpDatagram, void, undefined> {
    for (const one of this.#fragments.rest()) yield* datagramIn(one);
  }
}

function* datagramIn({ frame, packet, isWhole }: Reassembled): Generator<UdpDatagram, void, undefined> {
  const { protocol, octets: segment } = behindExtensions(packet.protocol, packet.payload) ?? {};
  if (protocol !== PROTOCOL_UDP || segment === undefined || segment.length < UDP_HEADER_LENGTH) return;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  // UDP's own length says what is data, and what pads a frame.
  const length = Math.max(view.getUint16(4), UDP_HEADER_LENGTH);
  const octets = segment.subarray(UDP_HEADER_LENGTH, length);
  yield {
    frame,
    from: { address: formatAddress(packet.from), port: view.getUint16(0) },
    to: { address: formatAddress(packet.to), port: view.getUint16(2) },
    octets,
    missing: length - UDP_HEADER_LENGTH - octets.length,
    isFragment: !isWhole,
  };
}
