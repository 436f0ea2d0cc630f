import assert from "node:assert/strict";
import { test } from "node:test";
import { WordRows } from "../../src/wire/word_rows.ts";
import { repeatableRandom, runSeed } from "../crypto/random.ts";

const WORDS = 3;

test("a row is its taker's alone until it is given back, whatever is taken and given back beside it, and no row is used for the first time while one is free", () => {
  const random = repeatableRandom(runSeed);
  const number = (below: number) => new DataView(random.octets(4).buffer).getUint32(0) % below;
  const rows = new WordRows(WORDS);
  const taken = new Map<number, number>();
  let most = 0;
  for (let round = 0; round < 4_000; round++) {
    // Grows, then shrinks, then grows again.
    const grows = Math.floor(round / 1_000) % 2 === 0 ? 3 : 1;
    if (taken.size === 0 || number(4) < grows) {
      const row = rows.take();
      assert.ok(!taken.has(row), `seed ${runSeed}`);
      rows.words.fill(round, WORDS * row, WORDS * (row + 1));
      taken.set(row, round);
      most = Math.max(most, taken.size);
      assert.ok(row < most, `seed ${runSeed}`);
    } else {
      const [row, value] = [...taken][number(taken.size)];
      assert.deepEqual([...rows.words.subarray(WORDS * row, WORDS * (row + 1))], Array(WORDS).fill(value), `seed ${runSeed}`);
      rows.giveBack(row);
      taken.delete(row);
    }
  }
  rows.clear();
  assert.deepEqual([rows.take(), rows.take()], [0, 1]);
});
