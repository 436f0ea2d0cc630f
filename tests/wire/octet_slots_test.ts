import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetSlots, type Slab } from "../../src/wire/octet_slots.ts";
import { repeatableRandom, runSeed } from "../crypto/random.ts";

interface Taken {
  readonly slab: Slab;
  readonly start: number;
  readonly expected: Uint8Array;
}

test("slots keep what is written to them, whatever is taken and given back beside them, and are zeros when they are taken", () => {
  const random = repeatableRandom(runSeed);
  const number = (below: number) => new DataView(random.octets(4).buffer).getUint32(0) % below;
  const slots = new OctetSlots();
  const taken: Taken[] = [];
  const slabs = new Set<Slab>();
  for (let round = 0; round < 1_200; round++) {
    // Grows, then shrinks, then grows again.
    const grows = Math.floor(round / 300) % 2 === 0 ? 3 : 1;
    if (taken.length === 0 || number(4) < grows) {
      const length = 1 + number(number(32) === 0 ? 70_000 : 900);
      const slab = slots.slabFor(length);
      const start = slots.take(slab);
      slabs.add(slab);
      assert.ok(slab.slotLength >= length, `seed ${runSeed}`);
      const slot = slab.octets.subarray(start, start + slab.slotLength);
      assert.ok(slot.length === slab.slotLength && slot.every((octet) => octet === 0), `seed ${runSeed}`);
      const expected = random.octets(slab.slotLength);
      slot.set(expected);
      taken.push({ slab, start, expected });
    } else {
      const [{ slab, start, expected }] = taken.splice(number(taken.length), 1);
      assert.deepEqual(slab.octets.subarray(start, start + slab.slotLength), expected, `seed ${runSeed}`);
      slots.giveBack(slab, start);
    }
  }
  for (const { slab, start, expected } of taken) {
    assert.deepEqual(slab.octets.subarray(start, start + slab.slotLength), expected, `seed ${runSeed}`);
    slots.giveBack(slab, start);
  }
  for (const slab of slabs) {
    assert.equal(slab.used, 0);
    for (let start = 0; start < slab.octets.length; start += slab.slotLength) {
      // The first word says which slot is free next.
      assert.ok(slab.octets.subarray(start + 4, start + slab.slotLength).every((octet) => octet === 0));
    }
  }
});

// Of the last there is one in a slab.
for (const [length, count] of [[700, 1_000], [20_000, 100], [40_000, 100]]) {
  test(`slots of one length are used again, and slabs that nobody uses are let go but for one (${length} octets)`, () => {
    const slots = new OctetSlots();
    const take = () => {
      const slab = slots.slabFor(length);
      return { slab, start: slots.take(slab) };
    };
    const many = Array.from({ length: count }, take);
    const slabs = new Set(many.map(({ slab }) => slab));
    assert.ok(slabs.size > 1);
    for (const { slab, start } of many) slots.giveBack(slab, start);
    const again = Array.from({ length: many.length }, take);
    const kept = again.filter(({ slab }) => slabs.has(slab));
    assert.ok(kept.length > 0);
    assert.equal(new Set(kept.map(({ slab }) => slab)).size, 1);
  });
}
