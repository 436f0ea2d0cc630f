import assert from "node:assert/strict";
import { test } from "node:test";
import { PayloadNumber } from "../../src/wire/constants.ts";
import {
  MAXIMUM_CONFIGURATION_ATTRIBUTES,
  MAXIMUM_DELETED_SPIS,
  MAXIMUM_PAYLOADS,
  MAXIMUM_PROPOSALS,
  MAXIMUM_TRANSFORM_ATTRIBUTES,
} from "../../src/wire/limits.ts";
import { decodeMessage, decodePayloads, encodeMessage } from "../../src/wire/message.ts";
import { describeWireError, type WireError } from "../../src/wire/wire_error.ts";
import { fromHex } from "../vectors/vectors.ts";
import { refusal } from "./decoded.ts";

type Place = Pick<WireError, "kind" | "payload" | "offset">;

interface Case {
  readonly title: string;
  readonly first: number;
  /** Hexadecimal, from the first generic payload header. */
  readonly octets: string;
  readonly error: Place;
}

const { SA, KE, Nonce, N, D, TSi, SK, SKF, CP, EAP, AUTH, IDi, CERT, V } = PayloadNumber;
const NONCE = "28000014" + "00".repeat(16);
const LAST_NONCE = "00000014" + "00".repeat(16);

const cases: readonly Case[] = [
  { title: "a payload whose generic header is cut short", first: KE, octets: "0000", error: truncated("KE", 2) },
  { title: "a payload that is announced and missing", first: Nonce, octets: NONCE, error: truncated("Nonce", 20) },
  { title: "a payload longer than what is there", first: V, octets: "00000009aabbccdd", error: truncated("V", 4) },
  { title: "a payload shorter than its generic header", first: V, octets: "00000003", error: badLength("V", 2) },
  { title: "octets behind the last payload", first: Nonce, octets: LAST_NONCE + "00", error: badLength("Nonce", 20) },
  { title: "octets where no payload is announced", first: 0, octets: "00000004", error: badLength("SK", 0) },
  { title: "a KE without its group", first: KE, octets: "0000000600", error: truncated("KE", 4) },
  { title: "a KE cut in its head", first: KE, octets: "00000006001f", error: truncated("KE", 6) },
  { title: "an identification without its head", first: IDi, octets: "0000000502", error: truncated("IDi", 5) },
  { title: "a certificate without its encoding", first: CERT, octets: "00000004", error: truncated("CERT", 4) },
  { title: "an AUTH cut in its head", first: AUTH, octets: "000000060200", error: truncated("AUTH", 5) },
  { title: "a nonce of 15 octets", first: Nonce, octets: "00000013" + "00".repeat(15), error: badLength("Nonce", 4) },
  { title: "a nonce of 257 octets", first: Nonce, octets: "00000105" + "00".repeat(257), error: badLength("Nonce", 4) },
  { title: "a notify whose SPI reaches beyond it", first: N, octets: "0000000a01084000aabb", error: truncated("N", 8) },
  { title: "a delete whose SPIs do not fill it", first: D, octets: "0000000c03040002aabbccdd", error: badLength("D", 8) },
  {
    title: "a delete of more SPIs than allowed",
    first: D,
    octets: last("0301" + hex16(MAXIMUM_DELETED_SPIS + 1) + "00".repeat(MAXIMUM_DELETED_SPIS + 1)),
    error: { kind: "too-many", payload: "D", offset: 6 },
  },
  { title: "an SA without proposals", first: SA, octets: "00000004", error: truncated("proposal", 4) },
  {
    title: "a proposal with a wrong Last Substruc",
    first: SA,
    octets: last("0100000801010000"),
    error: { kind: "bad-value", payload: "proposal", offset: 4 },
  },
  { title: "a proposal shorter than its head", first: SA, octets: last("0000000701010000"), error: badLength("proposal", 6) },
  { title: "a proposal longer than the SA", first: SA, octets: last("0000000901010000"), error: truncated("proposal", 8) },
  {
    title: "a proposal that announces another and is the last",
    first: SA,
    octets: last("0200000801010000"),
    error: truncated("proposal", 12),
  },
  { title: "octets behind the last proposal", first: SA, octets: last("000000080101000000"), error: badLength("SA", 12) },
  {
    title: "an ESP proposal with an SPI of 8 octets",
    first: SA,
    octets: last("00000010010308000000000000000000"),
    error: { kind: "bad-value", payload: "proposal", offset: 10 },
  },
  {
    title: "an IKE proposal with an SPI of 4 octets",
    first: SA,
    octets: last("0000000c0101040000000000"),
    error: { kind: "bad-value", payload: "proposal", offset: 10 },
  },
  {
    title: "more proposals than allowed",
    first: SA,
    octets: last("0200000801010000".repeat(MAXIMUM_PROPOSALS) + "0000000801010000"),
    error: { kind: "too-many", payload: "proposal", offset: 4 + 8 * MAXIMUM_PROPOSALS },
  },
  {
    title: "more transforms in all than allowed",
    first: SA,
    octets: last(proposalOf(255, true).repeat(4) + proposalOf(255, false)),
    error: { kind: "too-many", payload: "proposal", offset: 4 + 5 * (8 + 255 * 8) },
  },
  {
    title: "fewer transforms than counted",
    first: SA,
    octets: last("0000001001010002" + "0000000801000014"),
    error: { kind: "bad-value", payload: "transform", offset: 12 },
  },
  {
    title: "more transforms than counted",
    first: SA,
    octets: last("0000001801010001" + "0300000801000014" + "0000000802000005"),
    error: { kind: "bad-value", payload: "transform", offset: 12 },
  },
  {
    title: "a transform shorter than its head",
    first: SA,
    octets: last("0000001001010001" + "0000000701000014"),
    error: badLength("transform", 14),
  },
  {
    title: "a transform attribute longer than its transform",
    first: SA,
    octets: last("0000001401010001" + "0000000c01000014" + "000e0002"),
    error: truncated("transform", 24),
  },
  {
    title: "more transform attributes than allowed",
    first: SA,
    octets: last("0000003401010001" + "0000002c01000014" + "800e0100".repeat(MAXIMUM_TRANSFORM_ATTRIBUTES + 1)),
    error: { kind: "too-many", payload: "transform", offset: 20 + 4 * MAXIMUM_TRANSFORM_ATTRIBUTES },
  },
  {
    title: "an IPv4 selector with the length of an IPv6 one",
    first: TSi,
    octets: last("01000000" + "07000028" + "00".repeat(36)),
    error: badLength("selector", 10),
  },
  {
    title: "a selector of unknown type shorter than its head",
    first: TSi,
    octets: last("01000000" + "63000003"),
    error: badLength("selector", 10),
  },
  {
    title: "fewer selectors than counted",
    first: TSi,
    octets: last("02000000" + "070000100000ffff0a0000010a0000ff"),
    error: truncated("selector", 24),
  },
  {
    title: "more selectors than counted",
    first: TSi,
    octets: last("00000000" + "070000100000ffff0a0000010a0000ff"),
    error: badLength("TSi", 8),
  },
  {
    title: "a configuration attribute longer than its payload",
    first: CP,
    octets: last("01000000" + "00010005aabbccdd"),
    error: truncated("CP", 12),
  },
  {
    title: "more configuration attributes than allowed",
    first: CP,
    octets: last("01000000" + "00010000".repeat(MAXIMUM_CONFIGURATION_ATTRIBUTES + 1)),
    error: { kind: "too-many", payload: "CP", offset: 8 + 4 * MAXIMUM_CONFIGURATION_ATTRIBUTES },
  },
  { title: "an EAP message without its head", first: EAP, octets: last("0300"), error: truncated("EAP", 4) },
  { title: "an EAP message with another length", first: EAP, octets: last("03000005"), error: badLength("EAP", 6) },
  {
    title: "SK inside SK",
    first: SK,
    octets: "00000008aabbccdd",
    error: { kind: "bad-value", payload: "SK", offset: 0 },
  },
  {
    title: "more payloads than allowed",
    first: V,
    octets: "2b000004".repeat(MAXIMUM_PAYLOADS) + "00000004",
    error: { kind: "too-many", payload: "V", offset: 4 * MAXIMUM_PAYLOADS },
  },
  {
    title: "a critical payload of unknown type behind others",
    first: Nonce,
    octets: "c8000014" + "00".repeat(16) + "00800006aabb",
    error: { kind: "critical-payload", payload: "unknown", offset: 20 },
  },
];

for (const { title, first, octets, error } of cases) {
  test(`Refused, with its place: ${title}`, () => {
    const found = refusal(decodePayloads(first, fromHex(octets)));
    assert.deepEqual({ kind: found.kind, payload: found.payload, offset: found.offset }, error, describeWireError(found));
  });
}

const header = { initiatorSpi: 1n, responderSpi: 2n, exchangeType: 35, fromInitiator: true, isResponse: false, messageId: 1 };
const sound = encodeMessage(header, [{ type: "Nonce", nonce: new Uint8Array(16) }]);

test("Refused, with its place: a message shorter than a header", () => {
  assert.deepEqual(placeOf(sound.subarray(0, 27)), { kind: "truncated", payload: "header", offset: 27 });
  assert.deepEqual(placeOf(new Uint8Array(0)), { kind: "truncated", payload: "header", offset: 0 });
});

test("Refused, with its place: a message of major version 1 or 3", () => {
  for (const version of [0x10, 0x30]) {
    assert.deepEqual(placeOf(changed(17, version)), { kind: "unsupported-version", payload: "header", offset: 17 });
  }
});

test("Refused, with its place: a length field that is not the length of the datagram", () => {
  const error = { kind: "bad-length", payload: "header", offset: 24 } as const;
  assert.deepEqual(placeOf(sound.subarray(0, sound.length - 1)), error);
  assert.deepEqual(placeOf(new Uint8Array([...sound, 0])), error);
  assert.deepEqual(placeOf(changed(24, 0xff)), error);
});

test("Refused, with its place: a payload behind SK, and behind SKF", () => {
  for (const [first, body] of [[SK, "aabbccdd"], [SKF, "00010002aabbccdd"]] as const) {
    const payloads = fromHex(hex8(Nonce) + "0000" + hex8(4 + body.length / 2) + body + LAST_NONCE);
    const payload = first === SK ? "SK" : "SKF";
    assert.deepEqual(placeOf(messageOf(first, payloads)), { kind: "bad-length", payload, offset: 32 + body.length / 2 });
  }
});

test("Refused, with its place: a fragment whose number is 0, or above the total", () => {
  for (const numbers of ["00000001", "00020001", "00010000"]) {
    const payloads = fromHex("00000008" + numbers);
    assert.deepEqual(placeOf(messageOf(SKF, payloads)), { kind: "bad-value", payload: "SKF", offset: 32 });
  }
});

test("A critical payload of unknown type is reported with its type number", () => {
  const error = refusal(decodePayloads(200, fromHex("00800004")));
  assert.equal(error.kind, "critical-payload");
  assert.equal(error.payloadType, 200);
});

test("An error reads as one line", () => {
  const error = refusal(decodePayloads(Nonce, fromHex("00000005aa")));
  assert.equal(describeWireError(error), "Nonce at octet 4: bad-length, expected 16 to 256 octets");
});

function placeOf(octets: Uint8Array): Place {
  const { kind, payload, offset } = refusal(decodeMessage(octets));
  return { kind, payload, offset };
}

function changed(at: number, octet: number): Uint8Array {
  const octets = sound.slice();
  octets[at] = octet;
  return octets;
}

function messageOf(firstPayload: number, payloads: Uint8Array): Uint8Array {
  const octets = new Uint8Array([...encodeMessage(header, []), ...payloads]);
  octets[16] = firstPayload;
  new DataView(octets.buffer).setUint32(24, octets.length);
  return octets;
}

/** One payload, last of its chain, with this body. */
function last(body: string): string {
  return "0000" + hex16(4 + body.length / 2) + body;
}

function proposalOf(transforms: number, more: boolean): string {
  return (more ? "0200" : "0000") + hex16(8 + 8 * transforms) + "010100" + hex8(transforms) +
    "0300000801000014".repeat(transforms - 1) + "0000000801000014";
}

function truncated(payload: string, offset: number): Place {
  return { kind: "truncated", payload, offset };
}

function badLength(payload: string, offset: number): Place {
  return { kind: "bad-length", payload, offset };
}

function hex8(value: number): string {
  return value.toString(16).padStart(2, "0");
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
