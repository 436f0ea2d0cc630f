import assert from "node:assert/strict";
import { test } from "node:test";
import { IdentityNumbers, NOBODY } from "../../../src/ike/child_sa/identity_numbers.ts";
import { IdentityIndex } from "../../../src/ike/states/identity_index.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";

const random = repeatableRandom(runSeed);
const numbers = new IdentityNumbers((length) => random.octets(length));

/** The same by a set for each identity. */
class PlainIndex {
  readonly #byKey = new Map<string, Set<bigint>>();

  of(key: string): Set<bigint> {
    let known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, known = new Set());
    return known;
  }
}

/** Identities, from one that has few IKE SAs to a crowd: so many SPIs are drawn for each. */
const CROWDS = { alone: 1, twice: 2, few: 9, many: 40 };

test("IKE SAs of an identity are found in the order in which they came, be they one, a few or a crowd, and none twice", () => {
  const index = new IdentityIndex(numbers);
  const plain = new PlainIndex();
  let seed = 1;
  const draw = (below: number) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % below;
  };
  const most: Record<string, number> = {};
  for (let round = 0; round < 20_000; round++) {
    // Crowds that grow, and crowds that go.
    const isGrowing = round % 2_000 < 1_000;
    for (const [key, spis] of Object.entries(CROWDS)) {
      const spi = BigInt(draw(spis) + 1);
      if (draw(4) < (isGrowing ? 3 : 1)) {
        index.add(key, spi);
        plain.of(key).add(spi);
      } else {
        index.delete(numbers.find(key), spi);
        plain.of(key).delete(spi);
      }
      assert.deepEqual([...index.of(key)], [...plain.of(key)]);
      assert.equal(index.count(key), plain.of(key).size);
      most[key] = Math.max(most[key] ?? 0, index.count(key));
    }
  }
  assert.deepEqual({ ...most, many: most.many > 20 }, { alone: 1, twice: 2, few: 9, many: true });
  for (const [key, spis] of Object.entries(CROWDS)) {
    for (let spi = 1n; spi <= spis; spi++) index.delete(numbers.find(key), spi);
    assert.deepEqual([index.count(key), [...index.of(key)], numbers.find(key)], [0, [], NOBODY]);
  }
  assert.equal(numbers.size, 0);
});

test("whoever goes through the IKE SAs of an identity may end each of them", () => {
  const index = new IdentityIndex(numbers);
  for (let count = 1; count <= 20; count++) {
    for (let spi = 1n; spi <= BigInt(count); spi++) index.add("crowd", spi);
    for (const spi of [...index.of("crowd")]) index.delete(numbers.find("crowd"), spi);
    assert.equal(index.count("crowd"), 0);
  }
});

test("an IKE SA that takes the place of another is the newest of its identity, be they one, a few or a crowd", () => {
  const index = new IdentityIndex(numbers);
  for (const count of [1, 2, 9, 30]) {
    const spis = Array.from({ length: count }, (_, at) => BigInt(at + 1));
    const [number] = spis.map((spi) => index.add("crowd", spi));
    index.replace(number, 1n, 99n);
    assert.deepEqual([...index.of("crowd")], [...spis.slice(1), 99n]);
    assert.deepEqual([index.is(number, "crowd"), index.is(number, "crow")], [true, false]);
    for (const spi of [...index.of("crowd")]) index.delete(number, spi);
  }
});
