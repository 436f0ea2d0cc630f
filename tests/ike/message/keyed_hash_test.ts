import assert from "node:assert/strict";
import { test } from "node:test";
import { halfSipHash, KeyedHash } from "../../../src/ike/message/keyed_hash.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";

/** Key 00 … 07 over 00, 01, 02 … of each length, by the reference implementation in C with one round for a word and three at the end. */
const REFERENCE = [
  [0, 0x21d0a576, 0x2af72023],
  [1, 0x8d74e887, 0x9733d36f],
  [3, 0xa339523e, 0x3e6cde6b],
  [4, 0xa0db24eb, 0x05ae8c71],
  [5, 0x4e46e783, 0xe6bdc3cb],
  [17, 0x134cec58, 0x303aacd6],
  [63, 0x20c4123c, 0xc1c51419],
] as const;

test("the keyed hash is HalfSipHash-1-3", () => {
  for (const [length, first, second] of REFERENCE) {
    const octets = Uint8Array.from({ length }, (_, index) => index);
    assert.deepEqual(halfSipHash(0x03020100, 0x07060504, octets), [first, second]);
    const hash = new KeyedHash(() => Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    assert.equal(hash.of(octets), Number((BigInt(first) << 32n | BigInt(second)) >> 11n));
  }
});

test("which messages share a bit of the hash is another matter under another key", () => {
  const messages = Array.from({ length: 64 }, (_, index) => Uint8Array.of(index, 1, 2, 3, 4));
  const bits = (seed: number) => {
    const hash = new KeyedHash(new SeededRandom(seed).octets);
    return messages.map((message) => hash.of(message) % 2).join("");
  };
  assert.notEqual(bits(1), bits(2));
  assert.equal(bits(1), bits(1));
});
