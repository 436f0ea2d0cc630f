import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_ROW, RowIndex } from "../../src/wire/row_index.ts";
import { repeatableRandom, runSeed } from "../crypto/random.ts";

const random = repeatableRandom(runSeed);

function word(): number {
  const octets = random.octets(4);
  return octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

/** Numbers of rows from one on, below `most`, and hashes, of so many kinds. */
const TABLES = [
  { what: "low numbers", from: 0, most: 3_000, hashes: Infinity },
  { what: "numbers far above the number of places", from: 2 ** 30 - 3_000, most: 3_000, hashes: Infinity },
  { what: "hashes that many share", from: 0, most: 300, hashes: 7 },
];

for (const { what, from, most, hashes } of TABLES) {
  test(`rows are found by their hashes while they come and go, with ${what}`, () => {
    const hashOf = new Map<number, number>();
    const index = new RowIndex((row) => hashOf.get(row)!);
    const kinds = Array.from({ length: Math.min(hashes, most) }, word);
    const draw = (below: number) => (word() >>> 0) % below;
    for (let round = 0; round < 40_000; round++) {
      // It grows, and goes again.
      const isGrowing = round % 20_000 < 10_000;
      const row = from + draw(most);
      const known = hashOf.get(row);
      if (known === undefined && draw(4) < (isGrowing ? 3 : 1)) {
        hashOf.set(row, kinds[draw(kinds.length)]);
        index.add(hashOf.get(row)!, row);
      } else if (known !== undefined && draw(4) < (isGrowing ? 1 : 3)) {
        index.delete(row);
        hashOf.delete(row);
      }
      const expected = hashOf.has(row) ? row : NO_ROW;
      assert.equal(index.find(hashOf.get(row) ?? kinds[0], (other) => other === row), expected);
      assert.equal(index.size, hashOf.size);
    }
    for (const [row, hash] of hashOf) assert.equal(index.find(hash, (other) => other === row), row);
    for (const row of [...hashOf.keys()]) {
      index.delete(row);
      hashOf.delete(row);
    }
    assert.deepEqual([index.size, index.find(kinds[0], () => true)], [0, NO_ROW]);
    index.add(kinds[0], 5);
    index.clear();
    assert.deepEqual([index.size, index.find(kinds[0], () => true)], [0, NO_ROW]);
  });
}

test("hardly a row is looked at but the one that is sought", () => {
  const hashes = Array.from({ length: 10_000 }, word);
  const index = new RowIndex((row) => hashes[row]);
  hashes.forEach((hash, row) => index.add(hash, row));
  let others = 0;
  hashes.forEach((hash, sought) => {
    index.find(hash, (row) => {
      if (row !== sought) others++;
      return row === sought;
    });
    index.find(hash ^ -0x8000_0000, () => {
      others++;
      return false;
    });
  });
  assert.ok(others < hashes.length / 100, `${others} others were looked at for ${2 * hashes.length} that were sought`);
});
