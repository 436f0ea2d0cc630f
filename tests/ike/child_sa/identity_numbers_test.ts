import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IdentityNumbers, NOBODY } from "../../../src/ike/child_sa/identity_numbers.ts";
import { identityKey } from "../../../src/ticket/identity.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";

const random = repeatableRandom(runSeed);

/** Keys as they are, and what looks like one. */
const key = fc.oneof(
  fc.record({ idType: fc.nat(255), identification: fc.uint8Array({ maxLength: 3 }) }).map(identityKey),
  fc.string({ maxLength: 4, unit: "binary" }),
  fc.stringMatching(/^[0-9]{0,2}:?[0-9a-fA-F]{0,4}$/),
);

test("an identity has a number of its own from when it is first held until the last has let go of it", () => {
  const step = fc.record({ key, holds: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
    const numbers = new IdentityNumbers((length) => random.octets(length));
    const held = new Map<string, { readonly number: number; count: number }>();
    for (const { key, holds } of steps) {
      const known = held.get(key);
      assert.equal(numbers.find(key), known?.number ?? NOBODY);
      if (holds) {
        const number = numbers.hold(key);
        if (known) assert.equal(number, known.number);
        else {
          assert.ok([...held.values()].every((other) => other.number !== number));
          held.set(key, { number, count: 0 });
        }
        held.get(key)!.count++;
      } else if (known) {
        numbers.release(known.number);
        if (--known.count === 0) held.delete(key);
      }
    }
    assert.equal(numbers.size, held.size);
    for (const [one, { number }] of held) {
      for (const other of held.keys()) assert.equal(numbers.is(number, other), one === other);
    }
  }));
});
