/**
 * Packets cut by IP as routers and hosts do: IPv4 (RFC 791, section 2.3), IPv6 (RFC 8200, section 4.5).
 *
 * @module
 */
import { type Frame, framesOf } from "../../src/capture/capture_file.ts";
import { CAPTURE } from "./recorded_capture.ts";
import { joined, pcap } from "./written_capture.ts";

const ETHERNET_HEADER_LENGTH = 14;
const IPV6_HEADER_LENGTH = 40;
const NANOSECOND_MAGIC = 0xa1b2_3c4d;

/** An IP packet without options in fragments that carry so many octets, a multiple of 8; one that is shorter as it is. */
export function cutByIp(packet: Uint8Array, most: number, identification: number): Uint8Array[] {
  const isIpv6 = packet[0] >> 4 === 6;
  const headerLength = isIpv6 ? IPV6_HEADER_LENGTH : 20;
  const [header, payload] = [packet.subarray(0, headerLength), packet.subarray(headerLength)];
  if (payload.length <= most) return [packet];
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += most) {
    const part = payload.subarray(offset, offset + most);
    const isLast = offset + most >= payload.length;
    fragments.push(
      isIpv6 ? ipv6Fragment(header, part, { offset, isLast, identification }) : ipv4Fragment(header, part, {
        offset,
        isLast,
        identification,
      }),
    );
  }
  return fragments;
}

interface Place {
  readonly offset: number;
  readonly isLast: boolean;
  readonly identification: number;
}

function ipv4Fragment(header: Uint8Array, part: Uint8Array, { offset, isLast, identification }: Place): Uint8Array {
  const fragment = joined(header, part);
  const view = new DataView(fragment.buffer);
  view.setUint16(2, fragment.length);
  view.setUint16(4, identification);
  view.setUint16(6, offset / 8 | (isLast ? 0 : 0x2000));
  return fragment;
}

function ipv6Fragment(header: Uint8Array, part: Uint8Array, { offset, isLast, identification }: Place): Uint8Array {
  const fragmentHeader = new Uint8Array(8);
  const view = new DataView(fragmentHeader.buffer);
  fragmentHeader[0] = header[6];
  view.setUint16(2, offset | (isLast ? 0 : 1));
  view.setUint32(4, identification);
  const fragment = joined(header, fragmentHeader, part);
  new DataView(fragment.buffer).setUint16(4, fragmentHeader.length + part.length);
  fragment[6] = 44;
  return fragment;
}

/** The recorded capture, each packet of it as `arrive` says its fragments come. */
export function cutCapture(most: number, arrive: (fragments: Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
  const frames = [...framesOf(CAPTURE)].filter((one): one is Frame => "octets" in one);
  const packets = frames.flatMap(({ octets, timeNs = 0n }, index) => {
    const ethernet = octets.subarray(0, ETHERNET_HEADER_LENGTH);
    const time = { seconds: Number(timeNs / 1_000_000_000n), fraction: Number(timeNs % 1_000_000_000n) };
    const fragments = cutByIp(octets.subarray(ETHERNET_HEADER_LENGTH), most, 1_000 + index);
    return arrive(fragments).map((fragment) => ({ ...time, octets: joined(ethernet, fragment) }));
  });
  return pcap({ little: true, magic: NANOSECOND_MAGIC }, packets);
}
