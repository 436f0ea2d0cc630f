import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetChunks } from "../../src/wire/octet_chunks.ts";
import { repeatableRandom, runSeed } from "../crypto/random.ts";

test("pieces are zeros of the length that was asked for, and none is part of another", () => {
  const random = repeatableRandom(runSeed);
  const chunks = new OctetChunks(256);
  const pieces = Array.from({ length: 500 }, (_, index) => {
    const piece = chunks.take(random.integer(0, 100));
    assert.deepEqual(piece, new Uint8Array(piece.length), `piece ${index}, seed ${runSeed}`);
    return piece.fill(index % 255 + 1);
  });
  for (const [index, piece] of pieces.entries()) {
    assert.ok(piece.every((octet) => octet === index % 255 + 1), `piece ${index}, seed ${runSeed}`);
  }
});

test("what would take a large part of a chunk has a buffer of its own", () => {
  const chunks = new OctetChunks(256);
  assert.deepEqual([chunks.take(32).buffer.byteLength, chunks.take(33).buffer.byteLength], [256, 33]);
});
