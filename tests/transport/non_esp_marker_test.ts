import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyEncapsulated, withNonEspMarker, withoutNonEspMarker } from "../../src/transport/non_esp_marker.ts";

test("[C-7.5] an IKE message on the NAT port stands behind four zero octets", () => {
  const message = Uint8Array.of(1, 2, 3);
  const marked = withNonEspMarker(message);
  assert.deepEqual(marked, Uint8Array.of(0, 0, 0, 0, 1, 2, 3));
  assert.equal(classifyEncapsulated(marked), "ike");
  assert.deepEqual(withoutNonEspMarker(marked), message);
});

test("[C-7.5] a datagram of the NAT port with anything but zero in its first four octets is ESP", () => {
  for (let octet = 0; octet < 4; octet++) {
    const packet = new Uint8Array(40);
    packet[octet] = 1;
    assert.equal(classifyEncapsulated(packet), "esp", `octet ${octet}`);
  }
});

test("one octet 0xff is a NAT keepalive, any other single octet is not", () => {
  assert.equal(classifyEncapsulated(Uint8Array.of(0xff)), "keepalive");
  assert.equal(classifyEncapsulated(Uint8Array.of(0)), "malformed");
});

test("what is too short for a marker and an octet behind it is malformed", () => {
  assert.equal(classifyEncapsulated(new Uint8Array(0)), "malformed");
  assert.equal(classifyEncapsulated(new Uint8Array(4)), "malformed");
});
