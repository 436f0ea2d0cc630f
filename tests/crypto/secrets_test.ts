/** Comparing, wiping and drawing secrets. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { equalInConstantTime } from "../../src/crypto/constant_time.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { wipe } from "../../src/crypto/wipe.ts";
import { toHex } from "../vectors/vectors.ts";

test("two arrays are equal when their lengths and all their octets are", () => {
  const octets = Uint8Array.from({ length: 40 }, (_, i) => 7 * i);
  assert.ok(equalInConstantTime(octets, octets.slice()));
  assert.ok(equalInConstantTime(new Uint8Array(0), new Uint8Array(0)));
  assert.ok(!equalInConstantTime(octets, octets.subarray(1)));
  assert.ok(!equalInConstantTime(octets.subarray(0, 39), octets));
  for (let bit = 0; bit < 8 * octets.length; bit++) {
    const other = octets.slice();
    other[bit >> 3] ^= 1 << (bit & 7);
    assert.ok(!equalInConstantTime(octets, other));
  }
});

test("wiping leaves zeros in the array and nothing else", () => {
  const buffer = new Uint8Array(12).fill(1);
  wipe(buffer.subarray(2, 5), buffer.subarray(8, 9));
  assert.deepEqual([...buffer], [1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1]);
});

test("the system's random source gives as many octets as asked for, each time others, in arrays of their own", () => {
  for (const length of [0, 1, 8, 255, 256, 257, 4096, 65536, 65537, 200000]) assert.equal(systemRandom(length).length, length);
  const draws = Array.from({ length: 2000 }, () => systemRandom(16));
  assert.equal(new Set(draws.map(toHex)).size, draws.length);
  for (const octets of draws) assert.equal(octets.buffer.byteLength, octets.length);
});

test("the system's random source leaves no stretch of zeros where its pool ends", () => {
  for (let length = 1; length <= 256; length += 17) {
    for (let drawn = 0; drawn < 10000; drawn += length) {
      const octets = systemRandom(length);
      if (length >= 16) assert.ok(octets.subarray(-8).some((octet) => octet !== 0));
    }
  }
});
