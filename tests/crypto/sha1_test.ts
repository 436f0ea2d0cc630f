import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LONGEST_SHA1_MESSAGE, SHA1_BLOCK_LENGTH, SHA1_LENGTH, sha1OfBlock } from "../../src/crypto/sha1.ts";
import { repeatableRandom, runSeed } from "./random.ts";

test("SHA-1 of one block is node:crypto's at every length, whatever stood in the block before", () => {
  const random = repeatableRandom(runSeed);
  const block = new Uint8Array(SHA1_BLOCK_LENGTH);
  const hash = new Uint8Array(SHA1_LENGTH);
  for (let length = 0; length <= LONGEST_SHA1_MESSAGE; length++) {
    for (let times = 0; times < 8; times++) {
      block.set(random.octets(SHA1_BLOCK_LENGTH));
      const expected = new Uint8Array(createHash("sha1").update(block.subarray(0, length)).digest());
      sha1OfBlock(new DataView(block.buffer), length, new DataView(hash.buffer));
      assert.deepEqual(hash, expected, `${length} octets, seed ${runSeed}`);
    }
  }
});
