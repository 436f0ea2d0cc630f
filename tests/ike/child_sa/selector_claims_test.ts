import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import fc from "fast-check";
import { IdentityNumbers } from "../../../src/ike/child_sa/identity_numbers.ts";
import {
  MOST_OWN_ADDRESSES_IN_RANGE,
  MOST_RANGES_OF_ONE_IDENTITY,
  SelectorClaims,
} from "../../../src/ike/child_sa/selector_claims.ts";
import { addressRangeSelector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import type { TrafficSelector } from "../../../src/wire/payload.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";

const random = repeatableRandom(runSeed);
const octets = (length: number) => random.octets(length);
const newClaims = (numbers = new IdentityNumbers(octets)) => new SelectorClaims(numbers, octets);

const range = (index: number) => parseSelectors(`10.${index}.0.0/24`);
const [FREE] = parseSelectors("172.16.0.0/24");
const [EVERYTHING] = parseSelectors("0.0.0.0/0");
const [ADDRESS] = parseSelectors("172.16.0.1");

test("[C-4.13-1] an identity holds so many ranges and no more, however many IKE SAs it has; single addresses and others' ranges are not touched", () => {
  const claims = newClaims();
  for (let index = 0; index < MOST_RANGES_OF_ONE_IDENTITY; index++) {
    assert.equal(claims.isFree(range(index)[0], "alice"), true, `${index}`);
    claims.hold(BigInt(index + 1), "alice", range(index));
  }
  assert.deepEqual([claims.isFree(FREE, "alice"), claims.isFree(ADDRESS, "alice"), claims.isFree(FREE, "bob")], [
    false,
    true,
    true,
  ]);
});

test("[C-4.13-1] what an identity holds is counted back when an IKE SA ends, holds something else, or is rekeyed", () => {
  const claims = newClaims();
  for (let index = 0; index < MOST_RANGES_OF_ONE_IDENTITY; index++) claims.hold(BigInt(index + 1), "alice", range(index));
  claims.transfer(1n, 1000n);
  claims.release(1n);
  assert.equal(claims.isFree(FREE, "alice"), false, "the rekeyed one has it");
  claims.release(1000n);
  assert.equal(claims.isFree(FREE, "alice"), true);
  claims.hold(1000n, "alice", [FREE]);
  assert.equal(claims.isFree(range(200)[0], "alice"), false);
  claims.hold(1000n, "alice", [ADDRESS]);
  assert.equal(claims.isFree(range(200)[0], "alice"), true);
});

test("[C-4.13-1] ranges meet addresses of their own family alone, on both sides of where a number of 32 bits changes its sign", () => {
  const selector = (text: string) => parseSelectors(text)[0];
  const within: [string, string, string][] = [
    ["127.255.255.0-128.0.0.255", "128.0.0.1", "128.0.1.0"],
    ["0.0.0.0-127.255.255.255", "127.255.255.255", "128.0.0.0"],
    ["255.255.255.0/24", "255.255.255.255", "254.255.255.255"],
    ["2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"],
    ["::/1", "7fff::", "8000::"],
    ["::/0", "ffff::", "255.255.255.255"],
    ["0.0.0.0/0", "0.0.0.1", "::1"],
  ];
  for (const [range, inside, outside] of within) {
    const claims = newClaims();
    claims.hold(1n, "alice", [selector(range)]);
    assert.deepEqual([inside, outside].map((text) => claims.isFree(selector(text), "bob")), [false, true], range);
    claims.release(1n);
    for (const text of [inside, outside]) claims.hold(2n, "alice", [selector(text)]);
    assert.equal(claims.isFree(selector(range), "bob"), true, `${range}, beside ${outside}`);
    claims.hold(2n, "alice", [selector(inside)]);
    assert.equal(claims.isFree(selector(range), "bob"), false, `${range}, around ${inside}`);
  }
});

test("[C-4.13-1] an address that several identities hold is free once all others have let go of it", () => {
  const claims = newClaims();
  for (const [index, identity] of ["alice", "alice", "bob", "carol"].entries()) claims.hold(BigInt(index), identity, [ADDRESS]);
  assert.equal(claims.isFree(ADDRESS, "alice"), false);
  claims.release(2n);
  assert.equal(claims.isFree(ADDRESS, "alice"), false);
  claims.release(3n);
  assert.equal(claims.isFree(ADDRESS, "alice"), true);
  claims.release(0n);
  assert.equal(claims.isFree(ADDRESS, "bob"), false, "alice has another IKE SA");
  claims.release(1n);
  assert.equal(claims.isFree(ADDRESS, "bob"), true);
});

/** What claims are, said in the plainest way: all that is held is looked at. */
class LinearClaims {
  readonly #held = new Map<bigint, { readonly identity: string; readonly selectors: readonly TrafficSelector[] }>();

  isFree(wanted: TrafficSelector, identity: string): boolean {
    for (const held of this.#held.values()) {
      if (held.identity === identity) continue;
      if (held.selectors.some((selector) => overlap(selector, wanted))) return false;
    }
    return true;
  }

  hold(owner: bigint, identity: string, selectors: readonly TrafficSelector[]): void {
    this.#held.set(owner, { identity, selectors });
  }

  release(owner: bigint): void {
    this.#held.delete(owner);
  }
}

function overlap(one: TrafficSelector, other: TrafficSelector): boolean {
  const isUpTo = (a: Uint8Array, b: Uint8Array) => a.length === b.length && Buffer.compare(a, b) <= 0;
  return isUpTo(one.startAddress, other.endAddress) && isUpTo(other.startAddress, one.endAddress);
}

/** Addresses beside each other, on both sides of the middle, so that ranges meet. */
const address = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((value) =>
    Uint8Array.of(...[24, 16, 8, 0].map((shift) => (2 ** 31 + value) >>> shift & 255))
  ),
  fc.integer({ min: 0, max: 40 }).map((value) =>
    Uint8Array.from({ length: 16 }, (_, at) => at === 0 ? 127 + value % 3 : at === 15 ? value : 0)
  ),
);
const selector = fc.oneof(
  address.map((one) => addressRangeSelector(one, one)),
  fc.tuple(address, address).filter(([one, other]) => one.length === other.length).map(([one, other]) =>
    Buffer.compare(one, other) <= 0 ? addressRangeSelector(one, other) : addressRangeSelector(other, one)
  ),
);

test("[C-4.13-1] what is free is what a look at all that is held says, whoever holds, gives up and hands on what", () => {
  const identity = fc.constantFrom("alice", "bob", "carol");
  const change = fc.record({
    owner: fc.bigInt({ min: 1n, max: 12n }),
    identity,
    selectors: fc.option(fc.array(selector, { maxLength: 4 }), { nil: undefined }),
    wanted: selector,
    asking: identity,
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const numbers = new IdentityNumbers(octets);
      const [claims, linear] = [newClaims(numbers), new LinearClaims()];
      for (const { owner, identity, selectors, wanted, asking } of changes) {
        if (selectors === undefined) claims.release(owner);
        else claims.hold(owner, identity, selectors);
        if (selectors === undefined) linear.release(owner);
        else linear.hold(owner, identity, selectors);
        assert.equal(claims.isFree(wanted, asking), linear.isFree(wanted, asking));
      }
      for (let owner = 1n; owner <= 12n; owner++) claims.release(owner);
      assert.equal(claims.isFree(EVERYTHING, "dave"), true);
      assert.equal(numbers.size, 0, "nobody is known who holds nothing");
    }),
    { numRuns: 500 },
  );
});

test("[C-4.13-1] an identity that holds very many addresses within a range does not get the range, and another gets what is beside it", () => {
  const claims = newClaims();
  const all = parseSelectors("10.0.0.0/16")[0];
  const one = (index: number) => parseSelectors(`10.0.${index >> 8}.${index & 255}`);
  for (let index = 0; index < MOST_OWN_ADDRESSES_IN_RANGE; index++) claims.hold(BigInt(index + 1), "alice", one(index));
  assert.equal(claims.isFree(all, "alice"), true);
  claims.hold(100_000n, "alice", one(MOST_OWN_ADDRESSES_IN_RANGE));
  assert.equal(claims.isFree(all, "alice"), false);
  assert.equal(claims.isFree(parseSelectors("10.0.128.0/17")[0], "bob"), true);
  assert.equal(claims.isFree(all, "bob"), false);
});
