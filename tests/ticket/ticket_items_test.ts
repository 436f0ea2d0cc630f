import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeTicketItems, encodeTicketItems, type TicketItems } from "../../src/ticket/ticket_items.ts";
import { decodeTicketState, encodeTicketState } from "../../src/ticket/ticket_state.ts";
import { EXAMPLE_STATE, EXAMPLE_STATE_OCTETS } from "./example_state.ts";

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const address = fc.oneof(octets(4, 4), octets(16, 16));
const items: fc.Arbitrary<TicketItems> = fc.record({
  authenticatedAtEpochSeconds: fc.nat(0xffff_ffff),
  eapType: fc.integer({ min: 1, max: 255 }),
  certificates: fc.array(octets(1, 300), { minLength: 1, maxLength: 4 }),
  issue: fc.record({
    series: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => number.toString(16).padStart(16, "0")),
    serial: fc.nat(0xffff_ffff),
    issuedAtEpochSeconds: fc.nat(0xffff_ffff),
  }, { noNullPrototype: true }),
  credential: octets(8, 8),
  eapIdentity: fc.record({ idType: fc.nat(255), identification: octets(0, 200) }, { noNullPrototype: true }),
  permittedAddresses: fc.array(address, { minLength: 1, maxLength: 4 }),
  issuedToAddress: address,
  certificatesEndAtEpochSeconds: fc.nat(Number.MAX_SAFE_INTEGER),
  certificateNames: fc.array(octets(1, 40), { minLength: 1, maxLength: 4 }),
}, { requiredKeys: [], noNullPrototype: true });

const ALL: TicketItems = {
  authenticatedAtEpochSeconds: 0x6553_f100,
  eapType: 6,
  certificates: [Uint8Array.of(0x30, 0x01), Uint8Array.of(0x30, 0x02)],
  issue: { series: "a1a2a3a4a5a6a7a8", serial: 0xfedc_ba98, issuedAtEpochSeconds: 0x6553_f101 },
  credential: Uint8Array.of(0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8),
  eapIdentity: { idType: 3, identification: new TextEncoder().encode("a@b") },
  permittedAddresses: [Uint8Array.of(192, 0, 2, 7)],
  issuedToAddress: Uint8Array.of(192, 0, 2, 8),
  certificatesEndAtEpochSeconds: 0x3a_fff4_417f,
  certificateNames: [Uint8Array.of(0xc1, 0xc2), Uint8Array.of(0xc3)],
};

const ALL_OCTETS = Uint8Array.of(
  ...[1, 0, 4, 0x65, 0x53, 0xf1, 0x00],
  ...[2, 0, 1, 6],
  ...[3, 0, 2, 0x30, 0x01],
  ...[3, 0, 2, 0x30, 0x02],
  ...[4, 0, 16, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xfe, 0xdc, 0xba, 0x98, 0x65, 0x53, 0xf1, 0x01],
  ...[5, 0, 8, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8],
  ...[0x84, 0, 4, 3, 0x61, 0x40, 0x62],
  ...[0x85, 0, 4, 192, 0, 2, 7],
  ...[0x86, 0, 4, 192, 0, 2, 8],
  ...[0x87, 0, 8, 0, 0, 0, 0x3a, 0xff, 0xf4, 0x41, 0x7f],
  ...[0x88, 0, 2, 0xc1, 0xc2],
  ...[0x88, 0, 1, 0xc3],
);

test("[R-5-1] [R-5-3] [R-5-4] authentication facts stand behind the expiration, octet by octet as documented", () => {
  assert.deepEqual(encodeTicketItems(ALL), ALL_OCTETS);
  assert.deepEqual(decodeTicketItems(ALL_OCTETS), ALL);
  const state = { ...EXAMPLE_STATE, ...ALL };
  const encoded = encodeTicketState(state);
  assert.deepEqual(encoded, Uint8Array.of(...EXAMPLE_STATE_OCTETS, ...ALL_OCTETS));
  assert.deepEqual(decodeTicketState(encoded), state);
});

test("no item, no octet: a ticket of a client about whom nothing is kept is as RFC 5723, appendix A.1 has it", () => {
  assert.equal(encodeTicketItems({}).length, 0);
  assert.deepEqual(decodeTicketItems(new Uint8Array(0)), {});
});

test("items come back as they were, whichever are there", () => {
  fc.assert(fc.property(items, (original) => {
    assert.deepEqual(decodeTicketItems(encodeTicketItems(original)), original);
  }));
});

test("an unknown critical item refuses the ticket; another unknown one is passed over", () => {
  assert.equal(decodeTicketItems(Uint8Array.of(...ALL_OCTETS, 0x8a, 0, 1, 0)), undefined);
  assert.equal(decodeTicketItems(Uint8Array.of(0xff, 0, 0)), undefined);
  assert.equal(decodeTicketState(Uint8Array.of(...EXAMPLE_STATE_OCTETS, 0x80, 0, 0)), undefined);
  assert.deepEqual(decodeTicketItems(Uint8Array.of(0x7f, 0, 1, 0, ...ALL_OCTETS, 6, 0, 0, 0x7f, 0, 0)), ALL);
  assert.deepEqual(decodeTicketState(Uint8Array.of(...EXAMPLE_STATE_OCTETS, 0x7f, 0, 0)), EXAMPLE_STATE);
});

test("items that are cut off, of a wrong length, or there twice are none", () => {
  const boundaries = new Set([0, 7, 11, 16, 21, 40, 51, 58, 65, 72, 83, 88]);
  for (let length = 0; length < ALL_OCTETS.length; length++) {
    const decoded = decodeTicketItems(ALL_OCTETS.subarray(0, length));
    assert.equal(decoded !== undefined, boundaries.has(length), `${length} octets`);
  }
  const wrong = [
    [1, 0, 3, 0, 0, 0],
    [1, 0, 5, 0, 0, 0, 0, 0],
    [2, 0, 0],
    [2, 0, 2, 1, 1],
    [3, 0, 0],
    [4, 0, 15, ...new Uint8Array(15)],
    [4, 0, 17, ...new Uint8Array(17)],
    [5, 0, 7, ...new Uint8Array(7)],
    [5, 0, 9, ...new Uint8Array(9)],
    [0x84, 0, 0],
    [0x85, 0, 5, 0, 0, 0, 0, 0],
    [0x86, 0, 0],
    [0x88, 0, 0],
    [2, 0, 1, 6, 2, 0, 1, 6],
    [0x86, 0, 4, 1, 2, 3, 4, 0x86, 0, 4, 1, 2, 3, 4],
  ];
  for (const sample of wrong) assert.equal(decodeTicketItems(Uint8Array.from(sample)), undefined, `${sample}`);
});

test("an item that no length field can hold, or that says nothing, is not written", () => {
  assert.throws(
    () => encodeTicketItems({ certificates: [new Uint8Array(65_536)] }),
    /ticket item 3: 65536 octets, expected 1 to 65535/,
  );
  assert.throws(() => encodeTicketItems({ certificates: [new Uint8Array(0)] }), RangeError);
});

test("random octets decode to items or to none, and never throw", () => {
  fc.assert(
    fc.property(octets(0, 100), (random) => {
      const decoded = decodeTicketItems(random);
      if (decoded) assert.deepEqual(decodeTicketItems(encodeTicketItems(decoded)), decoded);
    }),
    { numRuns: 2_000 },
  );
});
