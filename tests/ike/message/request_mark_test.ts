import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestMark } from "../../../src/ike/message/repeated_request.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";

test("a request is known again by its length, its exchange and its ICV, and by nothing less", () => {
  const request = repeatableRandom(runSeed).octets(120);
  const mark = RequestMark.of(request);
  assert.equal(mark.isOf(request.slice()), true);
  for (let index = request.length - 16; index < request.length; index++) {
    for (const bit of [0x01, 0x80]) {
      assert.equal(mark.isOf(altered(request, index, bit)), false, `octet ${index}, seed ${runSeed}`);
    }
  }
  const exchangeType = 18;
  assert.equal(mark.isOf(altered(request, exchangeType, 1)), false);
  assert.equal(mark.isOf(Uint8Array.of(0, ...request)), false, "longer");
  assert.equal(mark.isOf(request.subarray(1)), false, "shorter");
});

function altered(octets: Uint8Array, index: number, bit: number): Uint8Array {
  const copy = octets.slice();
  copy[index] ^= bit;
  return copy;
}
