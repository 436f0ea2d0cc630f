import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { decodeGatewayList, encodeGatewayList, MOST_GATEWAYS } from "../../../src/ike/profiles/gateway_list.ts";

const LIST = [parseIdentity("192.0.2.7"), parseIdentity("2001:db8::7"), parseIdentity("gw.example")];
const OCTETS = Uint8Array.of(
  ...[1, 0, 0, 4, 192, 0, 2, 7],
  ...[5, 0, 0, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
  ...[2, 0, 0, 10, ...new TextEncoder().encode("gw.example")],
);

test("[B-4.5-1] a list is ID type, a reserved octet, a length of 16 bits and the identification, for each gateway", () => {
  assert.deepEqual(encodeGatewayList(LIST), OCTETS);
  assert.deepEqual(decodeGatewayList(OCTETS), LIST);
});

test("[B-4.5-2] the reserved octet is 0 and not looked at; other types are not sent, and passed over; lengths are those of the type", () => {
  const reserved = OCTETS.slice();
  reserved[1] = 0xff;
  assert.deepEqual(decodeGatewayList(reserved), LIST);
  assert.deepEqual(decodeGatewayList(Uint8Array.of(11, 0, 0, 2, 1, 2, ...OCTETS, 200, 0, 0, 0)), LIST);
  assert.throws(
    () => encodeGatewayList([parseIdentity("a@b.example")]),
    /ID type 3 of 11 octets, expected an IPv4 or IPv6 address/,
  );
  assert.throws(() => encodeGatewayList([{ idType: 1, identification: new Uint8Array(16) }]), RangeError);
  assert.throws(() => encodeGatewayList([]), /0 gateways, expected 1 to 32/);
  for (
    const wrong of [
      [1, 0, 0, 5, 1, 2, 3, 4, 5],
      [1, 0, 0, 0],
      [5, 0, 0, 4, 1, 2, 3, 4],
      [2, 0, 0, 0],
      [2, 0, 0, 3, 0x61, 0, 0x62],
      [2, 0, 0, 2, 0x61, 0x0a],
      [2, 0, 1, 0, ...new Uint8Array(256).fill(0x61)],
    ]
  ) assert.equal(decodeGatewayList(Uint8Array.of(...OCTETS, ...wrong)), undefined, String(wrong));
});

test("[B-4.5-1] a list that is cut off anywhere but between two gateways is not believed at all", () => {
  const whole = new Set([0, 8, 28, OCTETS.length]);
  for (let length = 0; length <= OCTETS.length; length++) {
    assert.equal(decodeGatewayList(OCTETS.subarray(0, length)) !== undefined, whole.has(length), `${length} octets`);
  }
});

test("a list that goes round in circles has each gateway once, and a long one no more than a client would try", () => {
  assert.deepEqual(decodeGatewayList(Uint8Array.of(...OCTETS, ...OCTETS, ...OCTETS)), LIST);
  const many = Array.from({ length: 2_000 }, (_, index) => [1, 0, 0, 4, 10, 0, index >> 8, index & 0xff]).flat();
  assert.equal(decodeGatewayList(Uint8Array.from(many))?.length, MOST_GATEWAYS);
});

test("random octets are a list or none, and never throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
    const list = decodeGatewayList(octets);
    if (list?.length) assert.deepEqual(decodeGatewayList(encodeGatewayList(list)), list);
  }));
});
