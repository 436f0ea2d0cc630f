import assert from "node:assert/strict";
import { test } from "node:test";
import { type Frame, framesOf } from "../../src/capture/capture_file.ts";
import { CAPTURE, readAll } from "./recorded_capture.ts";
import { enhancedPacket, interfaceBlock, joined, pcap, section, simplePacket } from "./written_capture.ts";

const OCTETS = Uint8Array.of(1, 2, 3, 4, 5);
const ETHERNET = 1;

function only(file: Uint8Array): Frame {
  const [first, ...rest] = framesOf(file);
  assert.deepEqual(rest, []);
  if ("fault" in first) assert.fail(first.fault);
  return first;
}

test("pcap is read in either order of octets, with microseconds and with nanoseconds", () => {
  for (const little of [true, false]) {
    for (const [magic, timeNs] of [[0xa1b2c3d4, 5_000_000_000n + 7_000n], [0xa1b23c4d, 5_000_000_007n]] as const) {
      const file = pcap({ little, magic, linkType: ETHERNET }, [{
        seconds: 5,
        fraction: 7,
        octets: OCTETS,
        originalLength: 9,
      }]);
      assert.deepEqual(only(file), { number: 1, timeNs, linkType: ETHERNET, octets: OCTETS, originalLength: 9 });
    }
  }
});

test("pcapng is read in either order of octets, by the times of its interfaces, section by section", () => {
  for (const little of [true, false]) {
    const file = [
      section(little),
      interfaceBlock(little, { linkType: ETHERNET }),
      interfaceBlock(little, { linkType: 101, resolution: 9, offsetSeconds: 100n }),
      interfaceBlock(little, { linkType: 113, resolution: 0x80 | 10 }),
      enhancedPacket(little, { interface: 0, ticks: 3_000_001n, octets: OCTETS }),
      enhancedPacket(little, { interface: 1, ticks: 3n, octets: OCTETS }),
      enhancedPacket(little, { interface: 2, ticks: 2_560n, octets: OCTETS }),
      simplePacket(little, OCTETS),
    ].flatMap((block) => [...block]);
    // Another section, in the other order, has interfaces of its own.
    const other = [section(!little), interfaceBlock(!little, { linkType: 12 }), simplePacket(!little, OCTETS)]
      .flatMap((block) => [...block]);
    const frames = [...framesOf(Uint8Array.from([...file, ...other]))] as Frame[];
    assert.deepEqual(frames.map(({ number, timeNs, linkType }) => [number, timeNs, linkType]), [
      [1, 3_000_001_000n, ETHERNET],
      [2, 100_000_000_003n, 101],
      [3, 2_500_000_000n, 113],
      [4, undefined, ETHERNET],
      [5, undefined, 12],
    ]);
    for (const { octets } of frames) assert.deepEqual(octets, OCTETS);
  }
});

test("a time before 1970 is told as the moment that it is, to the nanosecond", () => {
  const times: readonly (readonly [resolution: number, ticks: bigint, text: string])[] = [
    [9, 999_999_999n, "1969-12-31T23:59:58.999999999Z"],
    [9, 500_000_000n, "1969-12-31T23:59:58.500000Z"],
    [9, 1_000_000_000n, "1969-12-31T23:59:59.000000Z"],
    [9, 2_000_000_001n, "1970-01-01T00:00:00.000000001Z"],
  ];
  for (const [resolution, ticks, text] of times) {
    const [{ octets }] = [...framesOf(CAPTURE)] as Frame[];
    const file = joined(
      section(true),
      interfaceBlock(true, { linkType: ETHERNET, resolution, offsetSeconds: -2n }),
      enhancedPacket(true, { interface: 0, ticks, octets }),
    );
    assert.deepEqual(readAll(file).messages.map(({ time }) => time), [text]);
  }
});

const BAD: readonly (readonly [what: string, file: Uint8Array, fault: RegExp])[] = [
  ["an empty file", new Uint8Array(), /neither of the marks of pcap and pcapng \(0 octets\)/],
  ["a text", new TextEncoder().encode("nothing of the kind"), /neither of the marks/],
  ["a compressed one", Uint8Array.of(0x1f, 0x8b, 8, 0), /compressed: expected it unpacked/],
  ["pcap that ends in its header", pcap({ little: true }, []).subarray(0, 20), /cut off in its header, expected 24 octets/],
  [
    "a packet longer than any recorder keeps",
    pcap({ little: true }, [{ octets: new Uint8Array(262_145) }]),
    /packet 1 is said to have 262145 octets, expected at most 262144/,
  ],
  [
    "a block of 13 octets",
    Uint8Array.of(...section(true), 6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0),
    /a block of 13 octets, after packet 0/,
  ],
  [
    "a packet of an interface that is not described",
    Uint8Array.of(...section(true), ...enhancedPacket(true, { interface: 3, ticks: 0n, octets: OCTETS })),
    /packet 1: of interface 3, which no block before it describes/,
  ],
  [
    "a resolution of 10^-99 s",
    Uint8Array.of(...section(true), ...interfaceBlock(true, { linkType: 1, resolution: 99 })),
    /interface 0 is not described as it should be/,
  ],
  [
    "a section without its mark",
    section(true).map((octet, at) => at === 8 ? 0 : octet),
    /without its mark of the order of octets/,
  ],
];

for (const [what, file, expected] of BAD) {
  test(`${what} is told in one line`, () => {
    const { messages, faults } = readAll(file);
    assert.deepEqual(messages, []);
    assert.equal(faults.length, 1);
    assert.match(faults[0].fault, expected);
  });
}
