/**
 * IKE messages from capture files: pcap and pcapng, Ethernet and BSD loopback, IPv4 and UDP. Captures of broken packets are
 * broken at every layer, so lengths are cut to what is there.
 *
 * @module
 */
import { readVectorOctets } from "../vectors/vectors.ts";

const LINK_NULL = 0;
const LINK_ETHERNET = 1;
const IKE_PORT = 500;
const ENCAPSULATION_PORT = 4500;

interface Frame {
  readonly linkType: number;
  readonly octets: Uint8Array;
}

/** What stands behind UDP of each packet to or from port 500 or 4500; the non-ESP marker is taken off. */
export function readIkeDatagrams(path: string): Uint8Array[] {
  const octets = readVectorOctets(path);
  const frames = octets[0] === 0x0a ? readPcapng(octets) : readPcap(octets);
  return frames.flatMap(ikeDatagramOf);
}

function readPcap(octets: Uint8Array): Frame[] {
  const view = new DataView(octets.buffer);
  const isLittleEndian = view.getUint32(0, true) === 0xa1b2c3d4;
  const linkType = view.getUint32(20, isLittleEndian);
  const frames: Frame[] = [];
  for (let at = 24; at + 16 <= octets.length;) {
    const captured = view.getUint32(at + 8, isLittleEndian);
    frames.push({ linkType, octets: octets.subarray(at + 16, at + 16 + captured) });
    at += 16 + captured;
  }
  return frames;
}

function readPcapng(octets: Uint8Array): Frame[] {
  const INTERFACE_DESCRIPTION = 1;
  const ENHANCED_PACKET = 6;
  const view = new DataView(octets.buffer);
  const isLittleEndian = view.getUint32(8, true) === 0x1a2b3c4d;
  let linkType = LINK_ETHERNET;
  const frames: Frame[] = [];
  for (let at = 0; at + 12 <= octets.length;) {
    const blockType = view.getUint32(at, isLittleEndian);
    if (blockType === INTERFACE_DESCRIPTION) linkType = view.getUint16(at + 8, isLittleEndian);
    if (blockType === ENHANCED_PACKET) {
      const captured = view.getUint32(at + 20, isLittleEndian);
      frames.push({ linkType, octets: octets.subarray(at + 28, at + 28 + captured) });
    }
    at += Math.max(12, view.getUint32(at + 4, isLittleEndian));
  }
  return frames;
}

function ikeDatagramOf(frame: Frame): Uint8Array[] {
  const linkLength = frame.linkType === LINK_NULL ? 4 : 14;
  const ip = frame.octets.subarray(linkLength);
  if (ip[0] >>> 4 !== 4) return [];
  const udp = ip.subarray(4 * (ip[0] & 0x0f));
  if (udp.length < 8) return [];
  const ports = [udp[0] << 8 | udp[1], udp[2] << 8 | udp[3]];
  const data = udp.subarray(8);
  if (ports.includes(IKE_PORT)) return [data];
  if (ports.includes(ENCAPSULATION_PORT) && data.subarray(0, 4).every((octet) => octet === 0)) return [data.subarray(4)];
  return [];
}
