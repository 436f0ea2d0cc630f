import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type OpenedState, openedState } from "../../src/ticket/opened_state.ts";
import { encodeTicketItems, type TicketItems } from "../../src/ticket/ticket_items.ts";
import { decodeTicketState, encodeTicketState, type TicketState } from "../../src/ticket/ticket_state.ts";
import { OctetChunks } from "../../src/wire/octet_chunks.ts";
import { EXAMPLE_STATE, EXAMPLE_STATE_OCTETS } from "./example_state.ts";

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const address = fc.oneof(octets(4, 4), octets(16, 16));
const identity = fc.record({ idType: fc.nat(255), identification: octets(0, 40) }, { noNullPrototype: true });
const spi = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const issue = fc.record({
  series: spi.map((number) => number.toString(16).padStart(16, "0")),
  serial: fc.nat(0xffff_ffff),
  issuedAtEpochSeconds: fc.nat(0xffff_ffff),
}, { noNullPrototype: true });
const items: fc.Arbitrary<TicketItems> = fc.record({
  authenticatedAtEpochSeconds: fc.nat(0xffff_ffff),
  eapType: fc.integer({ min: 1, max: 255 }),
  certificates: fc.array(octets(1, 60), { minLength: 1, maxLength: 3 }),
  issue,
  credential: octets(8, 8),
  eapIdentity: identity,
  permittedAddresses: fc.array(address, { minLength: 1, maxLength: 3 }),
  issuedToAddress: address,
  certificatesEndAtEpochSeconds: fc.nat(Number.MAX_SAFE_INTEGER),
  certificateNames: fc.array(octets(1, 40), { minLength: 1, maxLength: 3 }),
}, { requiredKeys: [], noNullPrototype: true });
const states: fc.Arbitrary<TicketState> = fc.record({
  initiatorId: identity,
  responderId: identity,
  initiatorSpi: spi,
  responderSpi: spi,
  proposal: fc.constant(EXAMPLE_STATE.proposal),
  skD: octets(1, 64),
  authenticationMethod: fc.nat(255),
  expiresAtEpochSeconds: fc.nat(0xffff_ffff),
}, { noNullPrototype: true });

/** All that a state says, as an object without behaviour. */
function read(state: TicketState | undefined): TicketState | undefined {
  if (state === undefined) return undefined;
  const { initiatorId, responderId, initiatorSpi, responderSpi, proposal, skD, authenticationMethod } = state;
  const { expiresAtEpochSeconds, authenticatedAtEpochSeconds, eapType, certificates, issue, credential } = state;
  const { eapIdentity, permittedAddresses, issuedToAddress, certificatesEndAtEpochSeconds, certificateNames } = state;
  return {
    ...{ initiatorId, responderId, initiatorSpi, responderSpi, proposal, skD, authenticationMethod, expiresAtEpochSeconds },
    ...{ authenticatedAtEpochSeconds, eapType, certificates, issue, credential, eapIdentity, permittedAddresses },
    issuedToAddress,
    certificatesEndAtEpochSeconds,
    certificateNames,
  };
}

function opened(octets: Uint8Array): OpenedState {
  const state = openedState(octets);
  assert.ok(state);
  return state;
}

test("[R-A.1-1] an opened state says what decoding it does, whichever items it has", () => {
  fc.assert(fc.property(states, items, (state, items) => {
    const encoded = encodeTicketState({ ...state, ...items });
    assert.deepEqual(read(opened(encoded)), read(decodeTicketState(encoded)));
  }));
});

test("octets that are cut off, added, or altered anywhere are a state to both readings, or to neither", () => {
  const encoded = fc.tuple(states, items).map(([state, items]) => encodeTicketState({ ...state, ...items }));
  fc.assert(
    fc.property(encoded, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(), octets(0, 12), (...given) => {
      const [whole, changes, cut, more] = given;
      const altered = Uint8Array.of(
        ...cut % 3 === 0 ? whole.subarray(0, cut % (whole.length + 1)) : whole,
        ...cut % 2 ? more : [],
      );
      for (const [at, octet] of changes) if (altered.length > 0) altered[at % altered.length] = octet;
      assert.deepEqual(read(openedState(altered)), read(decodeTicketState(altered)));
    }),
    { numRuns: 3_000 },
  );
});

test("items in any order, doubled, unknown, or of a wrong length are read as decoding reads them, and never taken over out of order", () => {
  const item = fc.record({ type: fc.constantFrom(1, 2, 3, 4, 5, 6, 0x84, 0x85, 0x86, 0x87), content: octets(0, 20) });
  const rightLengths: Readonly<Record<number, number>> = { 1: 4, 2: 1, 4: 16, 5: 8, 0x85: 4, 0x86: 16 };
  fc.assert(
    fc.property(fc.array(fc.tuple(item, fc.boolean()), { maxLength: 5 }), (given) => {
      const written = given.flatMap(([{ type, content }, isRight]) => {
        const right = isRight
          ? Uint8Array.from({ length: rightLengths[type] ?? content.length }, (_, at) => content[at] ?? 7)
          : content;
        return [type, 0, right.length, ...right];
      });
      const altered = Uint8Array.of(...EXAMPLE_STATE_OCTETS, ...written);
      const decoded = decodeTicketState(altered);
      const state = openedState(altered);
      assert.deepEqual(read(state), read(decoded));
      if (state === undefined || decoded?.issue === undefined) return;
      // Beyond that no number is exact, and none is ever written.
      if (!Number.isSafeInteger(decoded.certificatesEndAtEpochSeconds ?? 0)) return;
      const next = state.octetsOfNext(state, new OctetChunks());
      if (next) assert.deepEqual(next, encodeTicketState(decoded));
    }),
    { numRuns: 3_000 },
  );
});

test("[R-A.1-1] the octets of the next state are those of encoding it, whichever items it has", () => {
  const changes = fc.record({ initiatorSpi: spi, responderSpi: spi, expiresAtEpochSeconds: fc.nat(0xffff_ffff), issue });
  fc.assert(
    fc.property(
      states,
      items,
      issue,
      changes,
      octets(64, 64),
      octets(8, 8),
      (state, items, issue, changes, keys, credential) => {
        const before = { ...state, ...items, issue };
        const encoded = encodeTicketState(before);
        const presented = opened(encoded.slice());
        const next: TicketState = {
          ...read(presented)!,
          ...changes,
          skD: keys.subarray(0, state.skD.length),
          credential: items.credential && credential,
        };
        assert.deepEqual(presented.octetsOfNext(next, new OctetChunks()), encodeTicketState(next));
        // What was presented stays as it was: it may be looked at again.
        assert.deepEqual(read(presented), read(decodeTicketState(encoded)));
      },
    ),
    { numRuns: 1_000 },
  );
});

test("where the next state differs in more than a ticket always does, its octets are not those of the one before", () => {
  const issue = { series: "a1a2a3a4a5a6a7a8", serial: 4, issuedAtEpochSeconds: 5 };
  const all: TicketState = { ...EXAMPLE_STATE, ...{ issue, credential: new Uint8Array(8), eapType: 4 } };
  const presented = opened(encodeTicketState(all));
  const same = { ...read(presented)! };
  assert.ok(presented.octetsOfNext(same, new OctetChunks()));
  const different: readonly Partial<TicketState>[] = [
    { initiatorId: { idType: 2, identification: new TextEncoder().encode("Alice.example") } },
    { initiatorId: { ...all.initiatorId, idType: 3 } },
    { responderId: { idType: 2, identification: new TextEncoder().encode("gw.example.") } },
    { proposal: { ...all.proposal, number: 2 } },
    { skD: new Uint8Array(31) },
    { authenticationMethod: 3 },
    { credential: undefined },
    { eapType: undefined },
    { issue: undefined },
    { authenticatedAtEpochSeconds: 1 },
    { certificates: [Uint8Array.of(1)] },
    { eapIdentity: all.initiatorId },
    { permittedAddresses: [new Uint8Array(4)] },
    { issuedToAddress: new Uint8Array(4) },
    { certificatesEndAtEpochSeconds: 1 },
    { certificateNames: [Uint8Array.of(1)] },
  ];
  for (const one of different) assert.equal(presented.octetsOfNext({ ...same, ...one }, new OctetChunks()), undefined);
});

test("a state that says something in reserved octets, or twice, or that nobody knows, is not taken over", () => {
  const issue = { series: "a1a2a3a4a5a6a7a8", serial: 4, issuedAtEpochSeconds: 5 };
  const encoded = encodeTicketState({ ...EXAMPLE_STATE, issue });
  const idR = 4 + 4 + EXAMPLE_STATE.initiatorId.identification.length;
  for (const at of [1, 5, 6, 7, idR + 1, idR + 5, idR + 6, idR + 7]) {
    const altered = encoded.slice();
    altered[at] = 1;
    const presented = opened(altered);
    assert.equal(presented.octetsOfNext(presented, new OctetChunks()), undefined, `octet ${at}`);
  }
  const unknown = opened(Uint8Array.of(...encoded, 0x7f, 0, 1, 9));
  assert.equal(unknown.octetsOfNext(unknown, new OctetChunks()), undefined);
  const disordered = opened(Uint8Array.of(...encoded, ...encodeTicketItems({ authenticatedAtEpochSeconds: 9 })));
  assert.equal(disordered.octetsOfNext(disordered, new OctetChunks()), undefined);
});
