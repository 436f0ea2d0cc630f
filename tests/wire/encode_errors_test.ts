import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage, encodePayload, encodeProtectedPrefix } from "../../src/wire/message.ts";
import type { Header } from "../../src/wire/header.ts";
import type { Payload, Proposal, Transform } from "../../src/wire/payload.ts";

const NO_OCTETS = new Uint8Array(0);
const header: Header = {
  initiatorSpi: 1n,
  responderSpi: 0n,
  exchangeType: 34,
  fromInitiator: true,
  isResponse: false,
  messageId: 0,
};
const proposal: Proposal = { number: 1, protocolId: 1, spi: NO_OCTETS, transforms: [] };
const transform: Transform = { transformType: 1, transformId: 20, attributes: [] };
const selector = { selectorType: 7, ipProtocol: 0, startPort: 0, endPort: 0, startAddress: zeros(4), endAddress: zeros(4) };

const badPayloads: readonly (readonly [title: string, payload: Payload, says: RegExp])[] = [
  ["a body of 65,532 octets", { type: "V", vendorId: zeros(65532) }, /V: length: expected at most 65535, got 65536/],
  [
    "a group above 65,535",
    { type: "KE", group: 65536, keyExchangeData: NO_OCTETS },
    /KE: group: expected 0 to 65535, got 65536/,
  ],
  ["a negative ID type", { type: "IDi", idType: -1, identification: NO_OCTETS }, /ID: type: expected 0 to 255, got -1/],
  ["a fraction", { type: "AUTH", method: 1.5, data: NO_OCTETS }, /AUTH: method: expected 0 to 255, got 1.5/],
  ["a nonce of 15 octets", { type: "Nonce", nonce: zeros(15) }, /Nonce: length: expected 16 to 256 octets, got 15/],
  ["a nonce of 257 octets", { type: "Nonce", nonce: zeros(257) }, /Nonce: length/],
  [
    "a notify's SPI of 256 octets",
    { type: "N", protocolId: 3, spi: zeros(256), notifyType: 1, data: NO_OCTETS },
    /N: SPI size: expected 0 to 255, got 256/,
  ],
  [
    "a deleted SPI of another size",
    { type: "D", protocolId: 3, spiSize: 4, spis: [zeros(8)] },
    /D: SPI: expected 4 octets, got 8/,
  ],
  ["a deleted SPI without octets", { type: "D", protocolId: 1, spiSize: 0, spis: [NO_OCTETS] }, /D: SPI/],
  ["more deleted SPIs than allowed", { type: "D", protocolId: 3, spiSize: 4, spis: Array(1025).fill(zeros(4)) }, /D: SPIs/],
  ["an SA without proposals", { type: "SA", proposals: [] }, /SA: proposals: expected 1 to 64, got 0/],
  ["an ESP proposal without SPI", sa({ ...proposal, protocolId: 3 }), /proposal: SPI size: expected 4, got 0/],
  ["an IKE proposal with an SPI of 4 octets", sa({ ...proposal, spi: zeros(4) }), /proposal: SPI size: expected 0 or 8, got 4/],
  ["256 transforms", sa({ ...proposal, transforms: Array(256).fill(transform) }), /proposal: transforms/],
  [
    "1,275 transforms in all",
    sa(...Array(5).fill({ ...proposal, transforms: Array(255).fill(transform) })),
    /SA: transforms: expected at most 1024, got 1275/,
  ],
  [
    "9 attributes",
    sa({ ...proposal, transforms: [{ ...transform, attributes: Array(9).fill({ attributeType: 14, value: 128 }) }] }),
    /transform: attributes/,
  ],
  [
    "an attribute type of 16 bits",
    sa({ ...proposal, transforms: [{ ...transform, attributes: [{ attributeType: 32768, value: 1 }] }] }),
    /attribute: type: expected 0 to 32767, got 32768/,
  ],
  [
    "an attribute value of 17 bits",
    sa({ ...proposal, transforms: [{ ...transform, attributes: [{ attributeType: 14, value: 65536 }] }] }),
    /attribute: value/,
  ],
  [
    "a selector of unknown type",
    { type: "TSi", selectors: [{ ...selector, selectorType: 9 }] },
    /TS: selector type: expected 7/,
  ],
  ["a selector with short addresses", { type: "TSr", selectors: [{ ...selector, endAddress: zeros(3) }] }, /TS: addresses/],
  ["256 selectors", { type: "TSi", selectors: Array(256).fill(selector) }, /TSi: selectors: expected at most 255, got 256/],
  [
    "a configuration attribute type of 16 bits",
    { type: "CP", configurationType: 1, attributes: [{ attributeType: 32768, value: NO_OCTETS }] },
    /CP: attribute type/,
  ],
  [
    "257 configuration attributes",
    { type: "CP", configurationType: 1, attributes: Array(257).fill({ attributeType: 1, value: NO_OCTETS }) },
    /CP: attributes/,
  ],
  ["an EAP message with another length", { type: "EAP", message: Uint8Array.of(1, 1, 0, 5) }, /EAP: message/],
  ["an EAP message without octets", { type: "EAP", message: NO_OCTETS }, /EAP: message/],
  [
    "a fragment above the total",
    { type: "SKF", firstPayload: 0, fragmentNumber: 3, totalFragments: 2, protectedOctets: NO_OCTETS, offset: 0 },
    /SKF: fragment number: expected 1 to the total of fragments, got 3 of 2/,
  ],
  [
    "an unknown payload with a known number",
    { type: "unknown", payloadType: 33, critical: false, body: NO_OCTETS },
    /unknown: payload type/,
  ],
];

for (const [title, payload, says] of badPayloads) {
  test(`Not encoded, with what, where and what was expected: ${title}`, () => {
    assert.throws(() => encodePayload(payload, 0), { name: "RangeError", message: says });
  });
}

const badHeaders: readonly (readonly [title: string, change: Partial<Header>, says: RegExp])[] = [
  ["an SPI of 65 bits", { initiatorSpi: 1n << 64n }, /header: initiator SPI: expected 0 to 2\^64 - 1/],
  ["a negative SPI", { responderSpi: -1n }, /header: responder SPI/],
  ["a message ID of 33 bits", { messageId: 2 ** 32 }, /header: message ID: expected 0 to 4294967295, got 4294967296/],
  ["an exchange type of 9 bits", { exchangeType: 256 }, /header: exchange type/],
  ["a minor version of 5 bits", { minorVersion: 16 }, /header: minor version/],
];

for (const [title, change, says] of badHeaders) {
  test(`Not encoded, with what, where and what was expected: ${title}`, () => {
    assert.throws(() => encodeMessage({ ...header, ...change }, []), { name: "RangeError", message: says });
  });
}

test("Not encoded, with what, where and what was expected: a payload behind SK", () => {
  const sk: Payload = { type: "SK", firstPayload: 0, protectedOctets: NO_OCTETS, offset: 0 };
  assert.throws(() => encodeMessage(header, [sk, { type: "V", vendorId: NO_OCTETS }]), {
    name: "RangeError",
    message: /payload 0: expected SK as the last payload/,
  });
});

test("Not encoded, with what, where and what was expected: 101 payloads", () => {
  const many = Array<Payload>(101).fill({ type: "V", vendorId: NO_OCTETS });
  assert.throws(() => encodeMessage(header, many), { name: "RangeError", message: /payloads: expected at most 100, got 101/ });
});

test("Not encoded, with what, where and what was expected: a prefix of more than one SK can hold", () => {
  assert.equal(encodeProtectedPrefix(header, 0, 65531).length, 32);
  assert.throws(() => encodeProtectedPrefix(header, 0, 65532), { name: "RangeError", message: /SK: length/ });
});

function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

function sa(...proposals: Proposal[]): Payload {
  return { type: "SA", proposals };
}
