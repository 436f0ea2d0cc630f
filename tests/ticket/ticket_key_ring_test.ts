import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { makeTicketKey, type TicketKey, TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";

const { octets: random } = new SeededRandom(11);

test("[R-9.5-1] a ticket key is 256 bits of the random source, with a random identity of 8 octets", () => {
  const asked: number[] = [];
  const key = makeTicketKey((length) => {
    asked.push(length);
    return random(length);
  }, 5);
  assert.deepEqual(asked, [8, 32]);
  assert.equal(key.keyId.length, 8);
  assert.equal(key.key.length, 32);
  assert.equal(key.madeAtEpochSeconds, 5);
});

test("an all-zero key identity is never made, and never taken: an empty slot must not match what an attacker can write", () => {
  let draws = 0;
  const { keyId } = makeTicketKey((length) => draws++ < 3 ? new Uint8Array(length) : random(length), 0);
  assert.equal(keyId.some((octet) => octet !== 0), true);
  const zero = { ...makeTicketKey(random, 0), keyId: new Uint8Array(8) };
  assert.throws(() => new TicketKeyRing([zero], random), { name: "RangeError", message: /identity is all zero/ });
  const ring = TicketKeyRing.generate(random, 0);
  assert.equal(ring.find(new Uint8Array(8)), undefined);
});

test("a ring refuses no keys, keys and identities of a wrong length, and one identity twice, and names no key", () => {
  const key = makeTicketKey(random, 0);
  const wrong: readonly (readonly [readonly TicketKey[], RegExp])[] = [
    [[], /no key/],
    [[{ ...key, key: new Uint8Array(31) }], /31 octets, expected 32/],
    [[{ ...key, key: new Uint8Array(33) }], /33 octets, expected 32/],
    [[{ ...key, keyId: new Uint8Array(7).fill(1) }], /identity of 7 octets, expected 8/],
    [[{ ...key, keyId: new Uint8Array(0) }], /identity of 0 octets/],
    [[key, { ...makeTicketKey(random, 0), keyId: key.keyId }], /stands there twice/],
  ];
  for (const [keys, message] of wrong) {
    assert.throws(() => new TicketKeyRing(keys, random), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      assert.equal(error.message.includes(toHex(key.key).slice(0, 8)), false);
      return true;
    });
  }
});

test("[R-6.1-3] a rotated ring issues under the new key, and finds the earlier ones", () => {
  const ring = TicketKeyRing.generate(random, 100);
  const first = ring.current;
  const second = ring.rotate(random, 200);
  const third = ring.rotate(random, 300);
  assert.equal(ring.current, third);
  assert.deepEqual(ring.keys, [third, second, first]);
  for (const key of [first, second, third]) assert.equal(ring.find(key.keyId.slice()), key);
  assert.equal(ring.find(random(8)), undefined);
  assert.equal(ring.find(new Uint8Array(0)), undefined);
});

test("[R-6.1-3] a key is forgotten once all tickets under it have expired, and wiped; the current one never is", () => {
  const ring = TicketKeyRing.generate(random, 100);
  const first = ring.current;
  const second = ring.rotate(random, 200);
  const third = ring.rotate(random, 300);
  // The first was replaced at 200, the second at 300: tickets were issued under them up to then.
  assert.equal(ring.forgetReplacedBefore(200), 0);
  assert.equal(ring.forgetReplacedBefore(201), 1);
  assert.equal(ring.find(first.keyId), undefined);
  assert.equal(first.key.every((octet) => octet === 0), true);
  assert.equal(second.key.every((octet) => octet === 0), false);
  assert.equal(ring.forgetReplacedBefore(300), 0);
  assert.equal(ring.forgetReplacedBefore(1_000_000), 1);
  assert.deepEqual(ring.keys, [third]);
  assert.equal(ring.forgetReplacedBefore(Infinity), 0);
  assert.equal(third.key.every((octet) => octet === 0), false);
});

test("[R-6.1-3] a key that was replaced within the second it was made is forgotten too", () => {
  const ring = TicketKeyRing.generate(random, 100);
  const first = ring.current;
  ring.rotate(random, 100);
  assert.equal(ring.forgetReplacedBefore(100), 0);
  assert.equal(ring.forgetReplacedBefore(101), 1);
  assert.equal(ring.find(first.keyId), undefined);
});

test("[R-6.1-3] of two keys made in one second neither is forgotten before a later one replaced them", () => {
  const [one, other] = [makeTicketKey(random, 100), makeTicketKey(random, 100)];
  const ring = new TicketKeyRing([makeTicketKey(random, 200), one, other], random);
  assert.equal(ring.forgetReplacedBefore(200), 0);
  assert.equal(ring.forgetReplacedBefore(201), 2);
});

test("[R-9.2-1] the decoy is a key of its own, that no identity finds and no list shows", () => {
  const ring = TicketKeyRing.generate(random, 0);
  const { decoy } = ring;
  assert.equal(decoy.key.length, 32);
  assert.notDeepEqual(decoy.key, ring.current.key);
  assert.equal(ring.find(decoy.keyId), undefined);
  assert.equal(ring.keys.includes(decoy), false);
  assert.notDeepEqual(decoy.key, TicketKeyRing.generate(random, 0).decoy.key);
});

test("a ring shows which keys it has, never what they are: JSON, inspection, enumeration, string", () => {
  const ring = TicketKeyRing.generate(random, 0);
  ring.rotate(random, 1);
  assert.deepEqual(JSON.parse(JSON.stringify(ring)), { keyIds: ring.keys.map(({ keyId }) => toHex(keyId)) });
  assert.match(inspect(ring, { showHidden: true, getters: true }), new RegExp(toHex(ring.current.keyId)));
  const shown = [
    JSON.stringify(ring),
    JSON.stringify({ within: [ring] }),
    inspect(ring, { depth: 10, showHidden: true }),
    inspect({ within: [ring] }, { depth: 10, showHidden: true, getters: true }),
    String(ring),
    Object.keys(ring).join(),
    Object.getOwnPropertyNames(ring).join(),
    JSON.stringify(structuredCloneOrNothing(ring)),
  ];
  for (const text of shown) {
    for (const { key } of [...ring.keys, ring.decoy]) {
      assert.equal(text.includes(toHex(key).slice(0, 12)), false);
      assert.equal(text.includes([...key.subarray(0, 4)].join(", ")), false);
      assert.equal(text.includes([...key.subarray(0, 4)].join(",")), false);
    }
  }
});

function structuredCloneOrNothing(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return undefined;
  }
}

function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
