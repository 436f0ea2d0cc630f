import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { newAddressLeases, SharedAddressLeases } from "../../src/ike/policy/address_leases.ts";
import { AddressPool, poolSize } from "../../src/ike/policy/address_pool.ts";

const RANGES = [...parseSelectors("10.0.0.1-10.0.0.5"), ...parseSelectors("10.0.1.0/29")];

function pools(count: number) {
  const memory = newAddressLeases(poolSize(RANGES));
  const leases = Array.from({ length: count }, (_, worker) => new SharedAddressLeases(memory, worker));
  return { leases, pools: leases.map((each) => new AddressPool(RANGES, undefined, each)) };
}

test("pools of several workers give each address once, all of them, and none that is a network's own or its broadcast address", () => {
  const { pools: [one, other, third] } = pools(3);
  const given: string[] = [];
  for (let owner = 1n;; owner += 3n) {
    const round = [one.assign(owner), other.assign(owner + 1n), third.assign(owner + 2n)];
    given.push(...round.flatMap((address) => address ? [address.join(".")] : []));
    if (round.every((address) => address === undefined)) break;
  }
  assert.equal(new Set(given).size, given.length);
  assert.equal(given.length, 5 + 6);
  assert.equal(given.includes("10.0.1.0") || given.includes("10.0.1.7"), false);
});

test("an address that one worker gives back another can give, to whom wishes for it and to anybody", () => {
  const { pools: [one, other] } = pools(2);
  const wish = Uint8Array.of(10, 0, 0, 3);
  assert.deepEqual(one.assign(1n, [wish]), wish);
  assert.notDeepEqual(other.assign(2n, [wish]), wish);
  one.release(1n);
  assert.deepEqual(other.assign(4n, [wish]), wish);
  // All others are taken at the first: only what the second gives back is left.
  let owner = 10n;
  while (one.assign(owner)) owner++;
  other.release(4n);
  assert.deepEqual(one.assign(owner), wish);
  assert.equal(other.assign(5n), undefined);
});

test("the addresses of a worker that died are free, and it takes none along that others have", () => {
  const { leases, pools: [one, other] } = pools(2);
  const lost = one.assign(1n)!;
  const kept = other.assign(2n)!;
  leases[0].giveBackAll();
  assert.deepEqual(other.assign(3n, [lost]), lost);
  const again = new AddressPool(RANGES, undefined, leases[0]);
  assert.notDeepEqual(again.assign(4n, [kept]), kept);
});
