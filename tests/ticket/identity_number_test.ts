import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldIdentity, identityNumber, sameIdentity } from "../../src/ticket/identity.ts";

const named = (idType: number, text: string) => ({ idType, identification: new TextEncoder().encode(text) });
const identities = fc.record({
  idType: fc.constantFrom(1, 2, 3, 5, 9, 11),
  identification: fc.array(fc.constantFrom(...new TextEncoder().encode("aAbBzZ@[`{.\0é")), { maxLength: 12 }).map((octets) =>
    Uint8Array.from(octets)
  ),
}, { noNullPrototype: true });

test("identities that are one have one number, in any case of what is a host name, and others have others", () => {
  const [lower, upper] = [identityNumber(named(2, "alice.example")), identityNumber(named(2, "ALICE.Example"))];
  assert.equal(upper, lower);
  assert.equal(identityNumber(named(3, "alice@Example.ORG")), identityNumber(named(3, "alice@example.org")));
  assert.notEqual(identityNumber(named(3, "Alice@example.org")), identityNumber(named(3, "alice@example.org")));
  assert.notEqual(identityNumber(named(11, "ALICE")), identityNumber(named(11, "alice")));
  assert.notEqual(identityNumber(named(11, "alice.example")), lower);
  fc.assert(
    fc.property(identities, identities, (one, other) => {
      assert.equal(identityNumber(one) === identityNumber(other), sameIdentity(one, other));
      assert.ok(Number.isSafeInteger(identityNumber(one)) && identityNumber(one) >= 0);
      assert.deepEqual(foldIdentity(foldIdentity(one)), foldIdentity(one));
    }),
    { numRuns: 2_000 },
  );
  const numbers = new Set(Array.from({ length: 100_000 }, (_, index) => identityNumber(named(2, `client${index}.example`))));
  assert.equal(numbers.size, 100_000);
});

test("the number of an identity is the same in every process and version: lists that are shared go by it", () => {
  assert.equal(identityNumber(named(2, "alice.example")), ALICE);
});

/** Computed by another program. */
const ALICE = 4_567_446_335_296_736;
