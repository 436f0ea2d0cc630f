/**
 * A UDP datagram in an IPv4 packet: what travels inside the tunnel.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export interface InnerDatagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly text: string;
}

const IPV4_HEADER_LENGTH = 20;
const UDP_HEADER_LENGTH = 8;
const PROTOCOL_UDP = 17;

export function encodeInnerDatagram(datagram: InnerDatagram): Uint8Array {
  const payload = Buffer.from(datagram.text, "utf8");
  const packet = Buffer.alloc(IPV4_HEADER_LENGTH + UDP_HEADER_LENGTH + payload.length);
  packet[0] = 0x45; // version 4, five words of header
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64; // time to live
  packet[9] = PROTOCOL_UDP;
  packet.set(addressOctets(datagram.source), 12);
  packet.set(addressOctets(datagram.destination), 16);
  packet.writeUInt16BE(onesComplementSum(packet.subarray(0, IPV4_HEADER_LENGTH)), 10);
  packet.writeUInt16BE(datagram.sourcePort, 20);
  packet.writeUInt16BE(datagram.destinationPort, 22);
  packet.writeUInt16BE(UDP_HEADER_LENGTH + payload.length, 24);
  packet.set(payload, IPV4_HEADER_LENGTH + UDP_HEADER_LENGTH); // UDP checksum 0: not computed (RFC 768)
  return packet;
}

export function decodeInnerDatagram(octets: Uint8Array): InnerDatagram {
  const packet = Buffer.from(octets);
  const headerLength = (packet[0] & 0x0f) * 4;
  if (packet[0] >> 4 !== 4 || packet[9] !== PROTOCOL_UDP) throw new Error("not UDP in IPv4");
  const udp = packet.subarray(headerLength, packet.readUInt16BE(2));
  return {
    source: [...packet.subarray(12, 16)].join("."),
    sourcePort: udp.readUInt16BE(0),
    destination: [...packet.subarray(16, 20)].join("."),
    destinationPort: udp.readUInt16BE(2),
    text: udp.subarray(UDP_HEADER_LENGTH, udp.readUInt16BE(4)).toString("utf8"),
  };
}

function addressOctets(address: string): number[] {
  return address.split(".").map(Number);
}

function onesComplementSum(header: Uint8Array): number {
  let sum = 0;
  for (let offset = 0; offset < header.length; offset += 2) sum += (header[offset] << 8) | header[offset + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
