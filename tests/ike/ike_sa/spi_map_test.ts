import assert from "node:assert/strict";
import { test } from "node:test";
import { SpiMap } from "../../../src/ike/ike_sa/spi_map.ts";
import { type RepeatableRandom, repeatableRandom, runSeed } from "../../crypto/random.ts";

/** How the SPIs of a run look: all of 64 bits, few that all share their places, and such as differ in one word alone. */
const KINDS: Record<string, (random: RepeatableRandom) => bigint> = {
  "at random": (random) => 1n + BigInt(random.integer(0, 0xffff_fffe)) << 32n | BigInt(random.integer(0, 0xffff_ffff)),
  "small numbers": (random) => BigInt(random.integer(1, 60)),
  "of one last word": (random) => BigInt(random.integer(1, 300)) << 32n | 7n,
  "of one first word": (random) => 0xffff_ffffn << 32n | BigInt(random.integer(0xffff_ff00, 0xffff_ffff)),
};

for (const [kind, spiOf] of Object.entries(KINDS)) {
  test(`a map by SPIs holds what a Map would, through any order of changes: SPIs ${kind}`, () => {
    const random = repeatableRandom(runSeed);
    const [map, expected] = [new SpiMap<number>(), new Map<bigint, number>()];
    for (let step = 0; step < 30_000; step++) {
      // Grows at first, and shrinks to nothing in the end.
      const isGrowing = random.integer(0, 30_000) > step;
      const spi = random.integer(0, 2) > 0 ? spiOf(random) : anyOf(expected, random) ?? spiOf(random);
      const what = `step ${step}, seed ${runSeed}`;
      assert.equal(map.get(spi), expected.get(spi), what);
      if (isGrowing) {
        map.set(spi, step);
        expected.set(spi, step);
      } else {
        const gone = anyOf(expected, random) ?? spi;
        const there = expected.get(gone);
        if (step % 2 === 0) assert.equal(map.take(gone), there, what);
        else assert.equal(map.delete(gone), there !== undefined, what);
        expected.delete(gone);
      }
      assert.equal(map.size, expected.size, what);
      if (step % 1_000 === 0) assert.deepEqual(new Map(map.entries()), expected, what);
    }
    assert.deepEqual(new Map(map.entries()), expected);
    map.clear();
    assert.deepEqual([map.size, map.entries()], [0, []]);
  });
}

test("entries are those of the moment: what is deleted or added meanwhile leaves none out", () => {
  const map = new SpiMap<string>();
  for (let spi = 1n; spi <= 100n; spi++) map.set(spi, `${spi}`);
  const seen: bigint[] = [];
  for (const [spi] of map.entries()) {
    seen.push(spi);
    map.delete(spi);
    map.set(spi + 1_000n, "new");
  }
  assert.deepEqual(seen.sort((a, b) => Number(a - b)), Array.from({ length: 100 }, (_, index) => BigInt(index + 1)));
  assert.equal(map.size, 100);
});

function anyOf(map: ReadonlyMap<bigint, number>, random: RepeatableRandom): bigint | undefined {
  const index = random.integer(0, Math.min(map.size, 50));
  let at = 0;
  for (const spi of map.keys()) {
    if (at++ === index) return spi;
  }
  return undefined;
}
