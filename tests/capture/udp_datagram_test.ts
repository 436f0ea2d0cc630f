import assert from "node:assert/strict";
import { test } from "node:test";
import { CAPTURE, readAll } from "./recorded_capture.ts";
import { framesOf } from "../../src/capture/capture_file.ts";
import { joined, pcap } from "./written_capture.ts";

/** An IKE_SA_INIT request in its IPv4 packet, as it was recorded behind an Ethernet header. */
const [first] = framesOf(CAPTURE);
const PACKET = "octets" in first ? first.octets.slice(14) : assert.fail("no packet");
const UDP_OFFSET = 20;
const MESSAGE = PACKET.slice(UDP_OFFSET + 8);
const MACS = new Uint8Array(12);

function udp(from: number, to: number, data: Uint8Array, length: number = 8 + data.length): Uint8Array {
  return joined(Uint8Array.of(from >> 8, from & 255, to >> 8, to & 255, length >> 8, length & 255, 0, 0), data);
}

function ipv6(next: number, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(40);
  header[0] = 0x60;
  new DataView(header.buffer).setUint16(4, payload.length);
  header[6] = next;
  header.set([0x20, 0x01, 0x0d, 0xb8], 8);
  header[23] = 1;
  header.set([0xfe, 0x80], 24);
  header[39] = 2;
  return joined(header, payload);
}

function read(linkType: number, octets: Uint8Array, ports?: readonly number[]) {
  return readAll(pcap({ little: true, linkType }, [{ octets }]), ports && { ports });
}

const LAYERS: readonly (readonly [name: string, linkType: number, before: Uint8Array])[] = [
  ["Ethernet", 1, joined(MACS, Uint8Array.of(8, 0))],
  ["Ethernet with two VLAN tags", 1, joined(MACS, Uint8Array.of(0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 8, 0))],
  ["raw IP", 101, new Uint8Array()],
  ["raw IPv4", 228, new Uint8Array()],
  ["loopback of BSD", 0, Uint8Array.of(2, 0, 0, 0)],
  ["Linux cooked", 113, joined(new Uint8Array(14), Uint8Array.of(8, 0))],
  ["Linux cooked, version 2", 276, joined(Uint8Array.of(8, 0), new Uint8Array(18))],
];

for (const [name, linkType, before] of LAYERS) {
  test(`a message is found behind ${name}`, () => {
    const { messages, faults } = read(linkType, joined(before, PACKET));
    assert.deepEqual(faults, []);
    assert.deepEqual(messages.map(({ exchange, from, to }) => [exchange, from.address, to.port]), [[
      "IKE_SA_INIT",
      "127.0.0.1",
      500,
    ]]);
  });
}

test("a message is found behind IPv6 with extension headers, and told with addresses in brackets", () => {
  const hopByHop = Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0);
  const destination = Uint8Array.of(17, 1, ...new Uint8Array(14));
  const { messages } = read(101, ipv6(0, joined(hopByHop, destination, udp(500, 500, MESSAGE))));
  assert.deepEqual(messages.map(({ from, to }) => [from.address, to.address]), [["2001:db8::1", "fe80::2"]]);
});

test("what pads a short frame behind the datagram is no part of the message", () => {
  const { messages } = read(1, joined(MACS, Uint8Array.of(8, 0), PACKET, new Uint8Array(18)));
  assert.deepEqual(messages.map(({ octets, fault }) => [octets, fault]), [[MESSAGE.length, undefined]]);
});

test("on the UDP-encapsulation port messages stand behind four zero octets; ESP and keepalives are passed over", () => {
  const packet = (data: Uint8Array) => joined(PACKET.subarray(0, UDP_OFFSET), udp(4_500, 40_000, data));
  const marked = read(101, packet(joined(new Uint8Array(4), MESSAGE))).messages;
  assert.deepEqual(marked.map(({ udp_encapsulation, exchange }) => [udp_encapsulation, exchange]), [[true, "IKE_SA_INIT"]]);
  for (const other of [Uint8Array.of(0xff), joined(Uint8Array.of(1, 2, 3, 4), new Uint8Array(60))]) {
    const { messages, faults, counts } = read(101, packet(other));
    assert.deepEqual([messages, faults, counts.packets], [[], [], 1]);
  }
});

test("on ports that were named a message is known by what it looks like, with the zero octets and without", () => {
  const packet = (data: Uint8Array) => joined(PACKET.subarray(0, UDP_OFFSET), udp(7_000, 40_000, data));
  const kinds = [MESSAGE, joined(new Uint8Array(4), MESSAGE)].map((data) => read(101, packet(data), [7_000]).messages[0]);
  assert.deepEqual(kinds.map((message) => message?.udp_encapsulation), [false, true]);
  assert.deepEqual(read(101, packet(MESSAGE)).messages, []);
});

test("what is cut off, too short, in fragments or of a strange layer is told with its packet", () => {
  const header = PACKET.slice(0, UDP_OFFSET);
  const fragment = header.slice();
  fragment[6] = 0x20;
  const later = header.slice();
  later[7] = 1;
  const of = (linkType: number, octets: Uint8Array) => {
    const { messages, faults } = read(linkType, octets);
    return [...messages, ...faults].map(({ packet, fault }) => `${packet}: ${fault}`);
  };
  assert.deepEqual(of(101, PACKET.subarray(0, 100)), ["1: cut off: 72 of 232 octets were recorded"]);
  assert.deepEqual(of(101, joined(header, udp(500, 500, Uint8Array.of(1, 2)))), [
    "1: 2 octets, too short for the header of an IKE message",
  ]);
  assert.deepEqual(of(101, joined(fragment, udp(500, 500, MESSAGE, 2_000))), [
    "1: in fragments of IP, of which some were not recorded, or contradict each other",
  ]);
  assert.deepEqual(of(101, joined(later, udp(500, 500, MESSAGE))), []);
  assert.match(of(147, PACKET)[0], /^1: link type 147 is not known: expected Ethernet/);
  const wrong = MESSAGE.slice();
  wrong[27]++;
  assert.match(
    of(101, joined(header, udp(500, 500, wrong)))[0],
    /^1: header at octet 24: bad-length, expected a message length of 232/,
  );
});
