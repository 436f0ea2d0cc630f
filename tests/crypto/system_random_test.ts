import assert from "node:assert/strict";
import { test } from "node:test";
import { fillRandomly } from "../../src/crypto/key_exchange.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";

const LENGTHS = [0, 1, 4, 8, 12, 32, 255, 256, 257, 70_000];

test("octets that are filled and octets that are drawn have the length that was asked for, and a buffer of their own", () => {
  for (const length of LENGTHS) {
    const drawn = systemRandom(length);
    assert.equal(drawn.length, length);
    assert.equal(drawn.buffer.byteLength, length);
  }
});

test("no octets are handed out twice, by drawing or by filling, across many pools", () => {
  const seen = new Set<string>();
  for (let time = 0; time < 2_000; time++) {
    const filled = new Uint8Array(12);
    fillRandomly(filled, systemRandom);
    for (const octets of [filled, systemRandom(12)]) seen.add(octets.join());
  }
  assert.equal(seen.size, 4_000);
});

test("filling reaches every octet of a view, and none beside it", () => {
  for (const length of LENGTHS) {
    const whole = new Uint8Array(length + 16);
    const reached = new Uint8Array(length);
    for (let time = 0; time < 4; time++) {
      fillRandomly(whole.subarray(8, 8 + length), systemRandom);
      for (let at = 0; at < length; at++) reached[at] |= whole[8 + at];
    }
    assert.deepEqual(whole.subarray(0, 8), new Uint8Array(8));
    assert.deepEqual(whole.subarray(8 + length), new Uint8Array(8));
    // Four times in a row an octet is zero once in four thousand million times.
    assert.ok(!reached.includes(0));
  }
});

test("a source that only draws fills by what it draws", () => {
  const octets = new Uint8Array(5);
  fillRandomly(octets, (length) => Uint8Array.from({ length }, (_, at) => at + 1));
  assert.deepEqual(octets, Uint8Array.of(1, 2, 3, 4, 5));
});
