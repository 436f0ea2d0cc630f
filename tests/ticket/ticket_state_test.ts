import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeTicketState, encodeTicketState, type TicketState } from "../../src/ticket/ticket_state.ts";
import type { Proposal } from "../../src/wire/payload.ts";
import { payloadArbitraries } from "../wire/arbitraries.ts";
import { EXAMPLE_STATE, EXAMPLE_STATE_OCTETS } from "./example_state.ts";

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const identity = fc.record({ idType: fc.nat(255), identification: octets(0, 300) }, { noNullPrototype: true });
const spi = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const proposal: fc.Arbitrary<Proposal> = payloadArbitraries.SA.map((payload) => {
  assert.ok(payload.type === "SA");
  return payload.proposals[0];
});
const state: fc.Arbitrary<TicketState> = fc.record({
  initiatorId: identity,
  responderId: identity,
  initiatorSpi: spi,
  responderSpi: spi,
  proposal,
  skD: octets(1, 255),
  authenticationMethod: fc.nat(255),
  expiresAtEpochSeconds: fc.nat(0xffff_ffff),
}, { noNullPrototype: true });

test("[R-A.1-1] a ticket's state is IDi, IDr, SPIi, SPIr, SA, SK_d, authentication method and expiration, octet by octet", () => {
  assert.deepEqual(encodeTicketState(EXAMPLE_STATE), EXAMPLE_STATE_OCTETS);
  assert.deepEqual(decodeTicketState(EXAMPLE_STATE_OCTETS), EXAMPLE_STATE);
});

test("every state comes back as it was", () => {
  fc.assert(fc.property(state, (original) => {
    assert.deepEqual(decodeTicketState(encodeTicketState(original)), original);
  }));
});

test("a state at the limits of its numbers comes back as it was", () => {
  const limits = { ...EXAMPLE_STATE, expiresAtEpochSeconds: 0xffff_ffff, authenticationMethod: 255, skD: new Uint8Array(255) };
  assert.deepEqual(decodeTicketState(encodeTicketState(limits)), limits);
});

test("every truncation and extension of a state is none", () => {
  for (let length = 0; length < EXAMPLE_STATE_OCTETS.length; length++) {
    assert.equal(decodeTicketState(EXAMPLE_STATE_OCTETS.subarray(0, length)), undefined);
  }
  assert.equal(decodeTicketState(Uint8Array.of(...EXAMPLE_STATE_OCTETS, 0)), undefined);
});

test("a state without SK_d, or with no proposal or two, is none", () => {
  const withoutSkD = Uint8Array.of(...EXAMPLE_STATE_OCTETS.subarray(0, 95), 0, ...EXAMPLE_STATE_OCTETS.subarray(128));
  assert.equal(withoutSkD.length, EXAMPLE_STATE_OCTETS.length - 32);
  assert.equal(decodeTicketState(withoutSkD), undefined);
});

test("random octets, and a state with any octets changed, decode to a state or to none, and never throw", () => {
  fc.assert(fc.property(octets(0, 400), (random) => {
    decodeTicketState(random);
  }));
  const change = fc.tuple(fc.nat(EXAMPLE_STATE_OCTETS.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const altered = EXAMPLE_STATE_OCTETS.slice();
      for (const [at, octet] of changes) altered[at] = octet;
      const decoded = decodeTicketState(altered);
      // Reserved octets are not kept: all else that decodes is what it encodes to.
      if (decoded) assert.deepEqual(decodeTicketState(encodeTicketState(decoded)), decoded);
    }),
    { numRuns: 2_000 },
  );
});
