import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import { type AddressLeases, newAddressLeases, SharedAddressLeases } from "../../../src/ike/policy/address_leases.ts";
import { AddressPool } from "../../../src/ike/policy/address_pool.ts";
import { AddressRanges } from "../../../src/ike/policy/address_ranges.ts";

const RANGES = [...parseSelectors("10.0.0.1-10.0.0.5"), ...parseSelectors("10.0.1.0/29")];

const poolSize = (ranges: typeof RANGES) => new AddressRanges(ranges).size;

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

test("an address that is kept for a client goes over to where the client is now, and nothing else is taken over", () => {
  const memory = newAddressLeases(poolSize(RANGES));
  const kept = Uint8Array.of(10, 0, 0, 3);
  const isReserved = (address: Uint8Array) => address.join() === kept.join();
  const leases = [0, 1].map((worker) => new SharedAddressLeases(memory, worker));
  const [one, other] = leases.map((each) => new AddressPool(RANGES, undefined, each, { isReserved }));
  const free = leases[0].freeCount;
  assert.deepEqual(one.assign(1n, [], undefined, { fixed: kept }), kept);
  assert.equal(other.assign(2n, [], undefined, { fixed: kept }), undefined, "it may have several IKE SAs");
  assert.deepEqual(other.assign(2n, [], undefined, { fixed: kept, isAlone: true }), kept);
  assert.equal(leases[0].freeCount, free - 1);
  one.release(1n);
  assert.equal(one.assign(3n, [], undefined, { fixed: kept }), undefined, "what is given back late frees nothing");
  other.release(2n);
  assert.deepEqual([leases[0].freeCount, one.assign(3n, [], undefined, { fixed: kept })], [free, kept]);
  const anybodys = one.assign(4n)!;
  assert.equal(other.assign(5n, [], undefined, { fixed: anybodys, isAlone: true }), undefined);
});

test("a pool that is used up costs no look at its addresses, whatever of it is never given", () => {
  const ranges = parseSelectors("10.0.0.0/22");
  const leases = new SharedAddressLeases(newAddressLeases(poolSize(ranges)), 0);
  let asked = 0;
  const counted: AddressLeases = {
    get freeCount() {
      return leases.freeCount;
    },
    take: (index) => (asked++, leases.take(index)),
    takeOver: (index) => leases.takeOver(index),
    giveBack: (index) => leases.giveBack(index),
  };
  const of24 = new AddressPool(ranges, "255.255.255.0", leases);
  const given = Array.from({ length: 4 * 254 }, (_, owner) => of24.assign(BigInt(owner)));
  assert.equal(given.includes(undefined), false);
  const late = new AddressPool(ranges, "255.255.255.0", counted);
  // What no IKE SA of this pool has had is looked at once.
  assert.equal(late.assign(9_000n), undefined);
  asked = 0;
  assert.equal(late.assign(9_001n), undefined);
  assert.equal(asked, 0);
});

test("what others have given back is found in a large pool, by several clients if need be", () => {
  const ranges = parseSelectors("10.0.0.0/14");
  const memory = newAddressLeases(poolSize(ranges));
  const [one, other] = [0, 1].map((worker) => new SharedAddressLeases(memory, worker));
  // The network's own address and its broadcast address are never given.
  for (let index = 1; index < poolSize(ranges) - 1; index++) one.take(index);
  const pool = new AddressPool(ranges, undefined, other);
  assert.equal(pool.assign(1n), undefined);
  one.giveBack(200_000);
  const rounds = Array.from({ length: 4 }, (_, round) => pool.assign(BigInt(2 + round)));
  assert.deepEqual(rounds.filter((address) => address), [Uint8Array.of(10, 3, 13, 64)]);
});
