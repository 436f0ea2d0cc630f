import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Frame, framesOf } from "../../src/capture/capture_file.ts";
import { cutByIp, cutCapture } from "./cut_by_ip.ts";
import { CAPTURE, KEYS, readAll, TSHARK } from "./recorded_capture.ts";
import { tsharkLine } from "./tshark_line.ts";
import { joined, pcap, type WrittenPacket } from "./written_capture.ts";

const IPS = [...framesOf(CAPTURE)].filter((one): one is Frame => "octets" in one).map(({ octets }) => octets.subarray(14));
/** An IKE_SA_INIT request of each family. */
const FIRST = IPS.find((packet) => packet[0] >> 4 === 4)!;
const FIRST_IPV6 = IPS.find((packet) => packet[0] >> 4 === 6)!;
const RAW_IP = 101;

const LOST = "in fragments of IP, of which some were not recorded, or contradict each other";

/** Lines of tshark's without the number of the packet, which is another here. */
const withoutNumber = (line: string) => line.slice(line.indexOf("|"));

function readWith(packets: readonly (Uint8Array | WrittenPacket)[]) {
  const written = packets.map((one) => one instanceof Uint8Array ? { octets: one } : one);
  return readAll(pcap({ little: true, linkType: RAW_IP }, written));
}

function read(...packets: (Uint8Array | WrittenPacket)[]) {
  const { messages, faults } = readWith(packets);
  assert.deepEqual(faults, []);
  return messages.map(({ packet, exchange, octets, fault }) => [packet, exchange, octets, fault]);
}

const ORDERS: readonly (readonly [string, (fragments: Uint8Array[]) => readonly Uint8Array[]])[] = [
  ["in order", (fragments) => fragments],
  ["in the opposite order", (fragments) => fragments.toReversed()],
  ["the last one first", (fragments) => [...fragments.slice(-1), ...fragments.slice(0, -1)]],
  ["doubled by the network", ([first, ...others]) => others.length === 0 ? [first] : [first, first, ...others]],
];

for (const [order, arrive] of ORDERS) {
  test(`messages that IP has cut are read as tshark read them whole, over both versions of IP: fragments ${order}`, () => {
    for (const most of [8, 64, 200, 1_240]) {
      const { messages, faults, counts } = readAll(cutCapture(most, arrive), { keyLog: KEYS });
      assert.deepEqual(
        messages.map(tsharkLine).map(withoutNumber),
        TSHARK.trimEnd().split("\n").map(withoutNumber),
      );
      assert.deepEqual([faults, counts.opened, counts.closed], [[], 20, 0]);
    }
  });
}

test("a message is in the packet that made it whole, and fragments of several datagrams do not mix", () => {
  const [one, other, ofIpv6] = [cutByIp(FIRST, 120, 1), cutByIp(FIRST, 120, 2), cutByIp(FIRST_IPV6, 136, 1)];
  assert.deepEqual([one.length, other.length, ofIpv6.length], [2, 2, 2]);
  const length = FIRST.length - 28;
  assert.deepEqual(read(one[0], other[1], ofIpv6[0], one[1], ofIpv6[1], other[0]), [
    [4, "IKE_SA_INIT", length, undefined],
    [5, "IKE_SA_INIT", FIRST_IPV6.length - 48, undefined],
    [6, "IKE_SA_INIT", length, undefined],
  ]);
});

test("an IPv6 packet with a fragment header that is whole is read at once, also beside fragments of its identification", () => {
  const [first, last] = cutByIp(FIRST_IPV6, 136, 7);
  const [whole] = cutByIp(joined(FIRST_IPV6, new Uint8Array(8)), FIRST_IPV6.length - 40, 7);
  whole[43] = 0;
  const message = (packet: number) => [packet, "IKE_SA_INIT", FIRST_IPV6.length - 48, undefined];
  assert.deepEqual(read(first, whole, last), [message(2), message(3)]);
});

test("of a message whose fragments are not all there its first one is told, with what is missing of it", () => {
  const [first, second, third] = cutByIp(FIRST, 80, 1);
  const told = [1, "IKE_SA_INIT", FIRST.length - 28, LOST];
  assert.deepEqual(read(first, third), [told]);
  assert.deepEqual(read(second, third), []);
  const whole = [3, "IKE_SA_INIT", FIRST.length - 28, undefined];
  assert.deepEqual(read(first, third, second), [whole]);
  const cut = { octets: second.subarray(0, 60), originalLength: second.length };
  assert.deepEqual(read(first, cut, third), [[
    3,
    "IKE_SA_INIT",
    FIRST.length - 28,
    `cut off: ${80 + 40 - 8} of ${FIRST.length - 28} octets were recorded`,
  ]]);
});

test("fragments that overlap make no message, whatever stands in them, and others that come too late another one", () => {
  const [first, second, third] = cutByIp(FIRST, 80, 1);
  const told = [1, "IKE_SA_INIT", FIRST.length - 28, LOST];
  const moved = second.slice();
  new DataView(moved.buffer).setUint16(6, 72 / 8 | 0x2000);
  assert.deepEqual(read(first, moved, second, third), [told]);
  const shorter = cutByIp(FIRST, 72, 1)[0];
  assert.deepEqual(read(first, shorter, second, third), [told]);
  const otherEnd = cutByIp(FIRST.subarray(0, -8), 80, 1).at(-1)!;
  assert.deepEqual(read(first, otherEnd, third, second), [told]);
  const at = (seconds: number, octets: Uint8Array) => ({ seconds, octets });
  assert.deepEqual(read(at(0, first), at(61, second), at(61, third)), [told]);
  assert.deepEqual(read(at(0, first), at(61, second), at(61, third), at(62, first)), [
    told,
    [4, "IKE_SA_INIT", FIRST.length - 28, undefined],
  ]);
  assert.deepEqual(read(at(0, first), at(60, second), at(60, third)).map(([packet]) => packet), [3]);
});

test("fragments that cannot be are passed over: of no length, beyond the longest datagram, between two without units of 8", () => {
  const [first, second, third] = cutByIp(FIRST, 80, 1);
  const placed = (fragment: Uint8Array, place: number, length?: number) => {
    const copy = fragment.slice();
    const view = new DataView(copy.buffer);
    view.setUint16(6, place);
    if (length !== undefined) view.setUint16(2, length);
    return copy;
  };
  const wrong = [
    placed(second, 0x3fff),
    placed(second, 10 | 0x2000, 20),
    placed(second, 10 | 0x2000, 81),
    placed(second, 10, 3),
  ];
  assert.deepEqual(read(first, ...wrong, second, third), [[7, "IKE_SA_INIT", FIRST.length - 28, undefined]]);
});

test("datagrams that wait for fragments are bounded: the oldest is told when there are too many", () => {
  const firsts = Array.from({ length: 4_097 }, (_, index) => cutByIp(FIRST, 120, index)[0]);
  const told = read(...firsts, cutByIp(FIRST, 120, 0)[1], cutByIp(FIRST, 120, 1)[1]);
  assert.deepEqual(told[0], [1, "IKE_SA_INIT", FIRST.length - 28, LOST]);
  // The second one made room for the end of the first, which nobody knows any more.
  assert.deepEqual(told[1], [2, "IKE_SA_INIT", FIRST.length - 28, LOST]);
  assert.equal(told.length, 4_097);
});

test("whatever fragments of a message come in whatever order, it is read whole or not at all", () => {
  const [whole] = read(FIRST);
  const order = fc.array(fc.nat(100), { maxLength: 20 });
  fc.assert(fc.property(fc.constantFrom(8, 16, 56, 128), order, (most, picks) => {
    const fragments = cutByIp(FIRST, most, 1);
    const come = picks.map((pick) => fragments[pick % fragments.length]);
    const { messages, faults } = readWith(come);
    assert.deepEqual(
      [...messages, ...faults].map(({ fault }) => fault ?? LOST),
      Array(messages.length + faults.length).fill(LOST),
    );
    assert.ok(messages.every(({ exchange, octets }) => exchange === whole[1] && octets === whole[2]));
    const isComplete = new Set(come).size === fragments.length;
    assert.equal(messages.some(({ fault }) => fault === undefined), isComplete);
  }));
});
