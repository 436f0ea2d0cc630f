import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PayloadNumber } from "../../src/wire/constants.ts";
import { peekHeader } from "../../src/wire/header.ts";
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads } from "../../src/wire/message.ts";
import { checkRules } from "../../src/wire/rules.ts";
import { recordedResumption } from "../vectors/recorded_resumption.ts";
import { fromHex, testWithVectors } from "../vectors/vectors.ts";
import { header, payloads } from "./arbitraries.ts";
import { readIkeDatagrams } from "./capture.ts";

const RUNS = { numRuns: 1000 };
const recordedMessages = recordedResumption().sas.flatMap(({ messages }) => messages);
const messages = recordedMessages.map(({ raw }) => fromHex(raw));
const insides = recordedMessages.flatMap(({ inner_np, inner_plain }) =>
  inner_np === undefined ? [] : [{ firstPayload: inner_np, octets: fromHex(inner_plain ?? "") }]
);

/** What may have happened to octets on their way: some changed, and the end cut off or grown. */
const damage = fc.record({
  changes: fc.array(fc.record({ at: fc.nat(), octet: fc.nat(0xff) }), { maxLength: 6 }),
  keep: fc.nat(),
  cut: fc.boolean(),
  growth: fc.uint8Array({ maxLength: 40 }),
});

test("Random octets decode or are refused with a typed error, and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(0xff), (octets, firstPayload) => {
      tryMessage(octets);
      tryMessage(withTrueHeader(octets));
      tryPayloads(firstPayload, octets);
    }),
    RUNS,
  );
});

for (const [name, number] of Object.entries(PayloadNumber)) {
  test(`Random octets as the body of ${name} decode or are refused with a typed error`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(0xff), (body, next) => {
        tryPayloads(number, Uint8Array.of(next, 0, 0, 4 + body.length, ...body));
      }),
      RUNS,
    );
  });
}

test("Recorded messages, damaged, decode or are refused with a typed error", () => {
  fc.assert(
    fc.property(fc.constantFrom(...messages), damage, (octets, damage) => {
      const damaged = damagedBy(damage, octets);
      tryMessage(damaged);
      tryMessage(withTrueHeader(damaged));
    }),
    RUNS,
  );
});

test("Recorded payloads from inside SK, damaged, decode or are refused with a typed error", () => {
  fc.assert(
    fc.property(fc.constantFrom(...insides), damage, ({ firstPayload, octets }, damage) => {
      tryPayloads(firstPayload, damagedBy(damage, octets));
    }),
    RUNS,
  );
});

test("Any messages, damaged, decode or are refused with a typed error", () => {
  fc.assert(
    fc.property(header, payloads, damage, (header, payloads, damage) => {
      tryMessage(withTrueHeader(damagedBy(damage, encodeMessage(header, payloads))));
    }),
    RUNS,
  );
});

test("A message cut short anywhere is refused", () => {
  for (const octets of messages) {
    for (let length = 0; length < octets.length; length++) {
      assert.equal(decodeMessage(octets.subarray(0, length)).ok, false);
    }
  }
});

for (
  const name of ["isakmp-various-oobr.pcap", "isakmp-no-none-np.pcapng", "isakmpv1-attr-oobr.pcap", "isakmp-pointer-loop.pcap"]
) {
  testWithVectors(
    `The packets of ${name} are refused for their version, and made IKEv2, with a typed error`,
    `malformed/${name}`,
    (path) => {
      const datagrams = readIkeDatagrams(path);
      assert.ok(datagrams.length > 0);
      for (const octets of datagrams) {
        const refused = decodeMessage(octets);
        assert.ok(!refused.ok && refused.error.kind === "unsupported-version");
        assert.equal(tryMessage(withTrueHeader(octets)), false);
      }
    },
  );
}

testWithVectors(
  "The packets of ikev2pI2.pcap, whose known payloads are critical, decode",
  "malformed/ikev2pI2.pcap",
  (path) => {
    const datagrams = readIkeDatagrams(path);
    assert.deepEqual(datagrams.map(tryMessage), [true, true]);
    for (const octets of datagrams) {
      for (let at = 0; at < octets.length; at++) {
        for (const octet of [0, 1, 0x7f, 0x80, 0xff]) {
          const damaged = octets.slice();
          damaged[at] = octet;
          tryMessage(damaged);
        }
      }
    }
  },
);

/** Decodes and checks what must hold of every outcome; true if it decoded. */
function tryMessage(octets: Uint8Array): boolean {
  peekHeader(octets);
  const result = decodeMessage(octets);
  if (!result.ok) {
    assert.ok(result.error.offset >= 0 && result.error.offset <= octets.length, "the offset lies within");
    assert.ok(result.error.expected.length > 0);
    return false;
  }
  const { header, payloads } = result.value;
  checkRules(header.exchangeType, header.isResponse, false, payloads);
  const canonical = decodeMessage(encodeMessage(header, payloads));
  assert.ok(canonical.ok, "what decodes can be encoded and decoded");
  assert.deepEqual(canonical.value.header, header);
  return true;
}

function tryPayloads(firstPayload: number, octets: Uint8Array): void {
  const result = decodePayloads(firstPayload, octets);
  if (!result.ok) {
    assert.ok(result.error.offset >= 0 && result.error.offset <= octets.length, "the offset lies within");
    return;
  }
  const encoded = encodePayloads(result.value);
  const canonical = decodePayloads(encoded.firstPayload, encoded.octets);
  assert.ok(canonical.ok);
  assert.deepEqual(canonical.value, result.value);
}

/** The octets with the version and the length field that let decoding go on to the payloads. */
function withTrueHeader(octets: Uint8Array): Uint8Array {
  if (octets.length < 28) return octets;
  const corrected = octets.slice();
  corrected[17] = 0x20;
  new DataView(corrected.buffer).setUint32(24, corrected.length);
  return corrected;
}

interface Damage {
  readonly changes: readonly { readonly at: number; readonly octet: number }[];
  readonly keep: number;
  readonly cut: boolean;
  readonly growth: Uint8Array;
}

function damagedBy({ changes, keep, cut, growth }: Damage, octets: Uint8Array): Uint8Array {
  const damaged = new Uint8Array([...octets.subarray(0, cut ? keep % (octets.length + 1) : octets.length), ...growth]);
  for (const { at, octet } of changes) {
    if (damaged.length > 0) damaged[at % damaged.length] = octet;
  }
  return damaged;
}
