import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayload,
  encodePayloads,
  encodeProtectedPrefix,
} from "../../src/wire/message.ts";
import { HEADER_LENGTH, peekHeader } from "../../src/wire/header.ts";
import { PayloadNumber } from "../../src/wire/constants.ts";
import { encodeIdentificationBody } from "../../src/wire/payloads/identification.ts";
import { encrypted, encryptedFragment, header, payloadArbitraries, payloads } from "./arbitraries.ts";
import { decoded } from "./decoded.ts";

for (const [type, payload] of Object.entries(payloadArbitraries)) {
  test(`${type} encodes and decodes to what it was, and encodes again to the same octets`, () => {
    fc.assert(fc.property(payload, (payload) => {
      const { firstPayload, octets } = encodePayloads([payload]);
      const [back] = decoded(decodePayloads(firstPayload, octets));
      assert.deepEqual(back, payload);
      assert.deepEqual(encodePayload(back, 0), octets);
    }));
  });
}

test("A message of any payloads encodes and decodes to what it was, and encodes again to the same octets", () => {
  fc.assert(fc.property(header, payloads, (header, payloads) => {
    const octets = encodeMessage(header, payloads);
    const message = decoded(decodeMessage(octets));
    assert.deepEqual(message, { header, payloads, octets });
    assert.deepEqual(encodeMessage(message.header, message.payloads), octets);
  }));
});

test("A message that ends in SK or SKF decodes to it, with the offset where its protected octets begin", () => {
  fc.assert(fc.property(header, payloads, fc.oneof(encrypted, encryptedFragment), (header, payloads, last) => {
    const octets = encodeMessage(header, [...payloads, last]);
    const offset = octets.length - last.protectedOctets.length;
    const message = decoded(decodeMessage(octets));
    assert.deepEqual(message.payloads, [...payloads, { ...last, offset }]);
    assert.deepEqual(encodeMessage(message.header, message.payloads), octets);
  }));
});

test("The prefix of a protected message is what the whole message begins with", () => {
  fc.assert(fc.property(header, encrypted, (header, payload) => {
    const { firstPayload, protectedOctets } = payload;
    const prefix = encodeProtectedPrefix(header, firstPayload, protectedOctets.length);
    assert.equal(prefix.length, 32);
    assert.deepEqual(new Uint8Array([...prefix, ...protectedOctets]), encodeMessage(header, [payload]));
  }));
});

test("[C-7.10] Octets decode the same wherever they begin in memory, and are never copied", () => {
  fc.assert(fc.property(header, payloads, encrypted, fc.nat(9), (header, payloads, last, shift) => {
    const octets = encodeMessage(header, [...payloads, last]);
    const memory = new Uint8Array(shift + octets.length + 9).fill(0xff);
    memory.set(octets, shift);
    const moved = decoded(decodeMessage(memory.subarray(shift, shift + octets.length)));
    assert.deepEqual(moved, decoded(decodeMessage(octets)));
    const view = moved.payloads.at(-1);
    assert.ok(view?.type === "SK" && view.protectedOctets.buffer === memory.buffer);
    assert.equal(view.protectedOctets.byteOffset, shift + view.offset);
  }));
});

test("Payloads of a Node Buffer are plain views of it, not Buffers", () => {
  const octets = encodeMessage(anyHeader(), [{ type: "V", vendorId: Uint8Array.of(1, 2, 3) }]);
  const [payload] = decoded(decodeMessage(Buffer.from(octets))).payloads;
  assert.ok(payload.type === "V" && Object.getPrototypeOf(payload.vendorId) === Uint8Array.prototype);
});

test("A peeked header is the decoded one, and is there only if 28 octets are", () => {
  fc.assert(fc.property(header, payloads, (header, payloads) => {
    const octets = encodeMessage(header, payloads);
    assert.deepEqual(peekHeader(octets), header);
    assert.equal(peekHeader(octets.subarray(0, HEADER_LENGTH - 1)), undefined);
  }));
});

test("The body of an identification is its payload without the generic header", () => {
  fc.assert(fc.property(payloadArbitraries.IDi, (payload) => {
    assert.ok(payload.type === "IDi");
    assert.deepEqual(encodeIdentificationBody(payload), encodePayload(payload, 0).subarray(4));
  }));
});

test("Payloads that are none encode to nothing, and nothing decodes to none", () => {
  assert.deepEqual(encodePayloads([]), { firstPayload: 0, octets: new Uint8Array(0) });
  assert.deepEqual(decoded(decodePayloads(0, new Uint8Array(0))), []);
});

test("Reserved octets and the critical bit of known payloads are ignored on receipt and sent as 0", () => {
  fc.assert(fc.property(payloads, fc.nat(0x7f), (payloads, reserved) => {
    const { firstPayload, octets } = encodePayloads([...payloads, { type: "AUTH", method: 2, data: new Uint8Array(32) }]);
    const dirty = octets.slice();
    const auth = dirty.length - 40;
    dirty[auth + 1] = 0x80 | reserved;
    dirty.fill(reserved, auth + 5, auth + 8);
    const back = decoded(decodePayloads(firstPayload, dirty));
    assert.deepEqual(encodePayloads(back).octets, octets);
  }));
});

test("The reserved bit of a configuration attribute is ignored on receipt", () => {
  const octets = Uint8Array.of(0, 0, 0, 12, 1, 0, 0, 0, 0x80, 1, 0, 0);
  const attributes = [{ attributeType: 1, value: new Uint8Array(0) }];
  assert.deepEqual(decoded(decodePayloads(PayloadNumber.CP, octets)), [{ type: "CP", configurationType: 1, attributes }]);
});

test("An unknown payload that is not critical stands between known ones as it came", () => {
  const unknown = { type: "unknown", payloadType: 200, critical: false, body: Uint8Array.of(1, 2, 3) } as const;
  const nonce = { type: "Nonce", nonce: new Uint8Array(16) } as const;
  const { firstPayload, octets } = encodePayloads([unknown, nonce]);
  assert.deepEqual(decoded(decodePayloads(firstPayload, octets)), [unknown, nonce]);
});

test("A traffic selector of unknown type is left out, the ones beside it stay", () => {
  const selector = {
    selectorType: 7,
    ipProtocol: 0,
    startPort: 0,
    endPort: 65535,
    startAddress: Uint8Array.of(10, 0, 0, 1),
    endAddress: Uint8Array.of(10, 0, 0, 9),
  };
  const known = encodePayload({ type: "TSi", selectors: [selector] }, 0).subarray(8);
  const octets = new Uint8Array([0, 0, 0, 30, 2, 0, 0, 0, 10, 0, 0, 6, 0xaa, 0xbb, ...known]);
  assert.deepEqual(decoded(decodePayloads(PayloadNumber.TSi, octets)), [{ type: "TSi", selectors: [selector] }]);
});

test("[C-7.8] A notify decodes with whatever protocol ID and SPI its sender wrote", () => {
  for (const [protocolId, spi] of [[0, []], [1, []], [1, [1, 2, 3, 4, 5, 6, 7, 8]], [3, [1, 2, 3, 4]], [77, [9]]] as const) {
    const payload = { type: "N", protocolId, spi: Uint8Array.from(spi), notifyType: 16393, data: new Uint8Array(0) } as const;
    const { firstPayload, octets } = encodePayloads([payload]);
    assert.deepEqual(decoded(decodePayloads(firstPayload, octets)), [payload]);
  }
});

test("The delete of an IKE SA is taken whatever its number of SPIs says, because they have no octets", () => {
  const octets = Uint8Array.of(0, 0, 0, 8, 1, 0, 0, 1);
  assert.deepEqual(decoded(decodePayloads(PayloadNumber.D, octets)), [{ type: "D", protocolId: 1, spiSize: 0, spis: [] }]);
});

function anyHeader() {
  return {
    initiatorSpi: 1n,
    responderSpi: 2n,
    exchangeType: 37,
    fromInitiator: true,
    isResponse: false,
    messageId: 0,
  };
}
