import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import { AddressPool } from "../../../src/ike/policy/address_pool.ts";

const pool = (ranges: string) => new AddressPool(parseSelectors(ranges));
const address = (text: string) => Uint8Array.from(text.split("."), Number);
const text = (octets: Uint8Array | undefined) => octets?.join(".");

test("each IKE SA gets an address of its own, range by range, until none is left", () => {
  const addresses = pool("10.0.0.254-10.0.1.0, 192.0.2.9");
  const given = [1n, 2n, 3n, 4n, 5n].map((owner) => text(addresses.assign(owner)));
  assert.deepEqual(given, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "192.0.2.9", undefined]);
  assert.equal(addresses.assignedCount, 4);
  assert.equal(text(addresses.find(4n)), "192.0.2.9");
  assert.equal(addresses.find(5n), undefined);
});

test("a network's own address and its broadcast address are not given, neither by turn nor by wish", () => {
  const drain = (addresses: AddressPool) => {
    const given: (string | undefined)[] = [];
    for (let owner = 1n;; owner++) {
      const one = text(addresses.assign(owner));
      if (one === undefined) return given;
      given.push(one);
    }
  };
  const masked = (ranges: string, netmask: string) => new AddressPool(parseSelectors(ranges), netmask);
  assert.deepEqual(drain(pool("10.0.0.0/30")), ["10.0.0.1", "10.0.0.2"]);
  assert.deepEqual(drain(pool("10.0.0.4-10.0.0.7")), ["10.0.0.5", "10.0.0.6"], "a network, however it is written");
  assert.deepEqual(drain(pool("10.0.0.1-10.0.0.4")), ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], "no network");
  assert.deepEqual(drain(pool("10.0.0.0/31, 10.0.0.9/32")), ["10.0.0.0", "10.0.0.1", "10.0.0.9"], "too small for either");
  assert.deepEqual(drain(masked("10.0.0.253-10.0.1.2", "255.255.255.0")), ["10.0.0.253", "10.0.0.254", "10.0.1.1", "10.0.1.2"]);
  assert.deepEqual(drain(masked("10.0.0.0/30", "255.255.255.0")), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(drain(masked("10.0.0.0/30", "255.255.255.255")).length, 4);
  assert.equal(text(pool("10.0.0.0/24").assign(1n, [address("10.0.0.255")])), "10.0.0.1");
  assert.equal(text(pool("10.0.0.0/24").assign(1n, [address("10.0.0.0"), address("10.0.0.9")])), "10.0.0.9");
  assert.throws(() => masked("10.0.0.255-10.0.1.0", "255.255.255.0"), /only addresses of networks/);
  assert.throws(() => masked("10.0.0.0/24", "255.0.255.0"), /"255.0.255.0" is not an IPv4 netmask/);
});

test("[R-5-6] an address that was given back stays free for its client as long as others are", () => {
  const addresses = pool("10.0.0.1-10.0.0.3");
  [1n, 2n].forEach((owner) => addresses.assign(owner));
  addresses.release(2n);
  addresses.release(1n);
  assert.equal(text(addresses.assign(3n)), "10.0.0.3");
  assert.equal(text(addresses.assign(4n)), "10.0.0.2");
  assert.equal(text(addresses.assign(5n, [address("10.0.0.1")])), "10.0.0.1");
  assert.equal(addresses.assign(6n), undefined);
});

test("[R-5-6] a wish is granted if the address is of the pool and free, and else another is given", () => {
  const addresses = pool("10.0.0.1-10.0.0.9");
  assert.equal(text(addresses.assign(1n, [address("10.0.0.7")])), "10.0.0.7");
  assert.equal(text(addresses.assign(2n, [address("10.0.0.7")])), "10.0.0.1");
  assert.equal(text(addresses.assign(3n, [address("192.0.2.1")])), "10.0.0.2");
  assert.equal(text(addresses.assign(4n, [new Uint8Array(3)])), "10.0.0.3");
});

test("[R-5-6] the IKE SA that another takes the place of leaves its address to it, and takes none along when it goes", () => {
  const addresses = pool("10.0.0.1-10.0.0.9");
  addresses.assign(1n);
  assert.equal(text(addresses.assign(2n, [address("10.0.0.1")], 1n)), "10.0.0.1");
  addresses.release(1n);
  assert.equal(text(addresses.find(2n)), "10.0.0.1");
  assert.equal(text(addresses.assign(3n, [address("10.0.0.1")], 1n)), "10.0.0.2");
});

test("an address goes along when its IKE SA is rekeyed", () => {
  const addresses = pool("10.0.0.1-10.0.0.9");
  addresses.assign(1n);
  addresses.transfer(1n, 2n);
  addresses.transfer(7n, 8n);
  addresses.release(1n);
  assert.equal(text(addresses.find(2n)), "10.0.0.1");
  addresses.clear();
  assert.equal(addresses.assignedCount, 0);
});

test("ranges that are none, overlap, are of both families or beyond measure are refused with the reason", () => {
  assert.throws(() => new AddressPool([]), /no range/);
  assert.throws(() => pool("10.0.0.1-10.0.0.9, 10.0.0.9"), /overlap/);
  assert.throws(() => pool("2001:db8::/120, 10.0.0.0/24"), /ranges of one family/);
  assert.throws(() => pool("2001:db8::/64, 2001:db8::5"), /overlap/);
  assert.throws(
    () => pool("fd00:0:0:1::/64, fd00:0:0:2::/64, fd00:0:0:3::/64, fd00:0:0:4::/64, fd00:0:0:5::/64"),
    /at most 16777216/,
  );
  assert.throws(() => pool("10.0.0.0/7"), /expected at most 16777216/);
});

test("however addresses come and go, no two IKE SAs have one, and none is lost", () => {
  const step = fc.record({
    owner: fc.bigInt({ min: 1n, max: 12n }),
    kind: fc.constantFrom("assign", "wish", "inherit", "release", "transfer"),
    other: fc.bigInt({ min: 1n, max: 12n }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const addresses = pool("10.0.0.1-10.0.0.4, 10.0.0.7-10.0.0.8");
    for (const { owner, kind, other } of steps) {
      const wished = address(`10.0.0.${other % 9n}`);
      if (kind === "assign") addresses.assign(owner);
      else if (kind === "wish") addresses.assign(owner, [wished]);
      else if (kind === "inherit") addresses.assign(owner, [addresses.find(other)], other);
      else if (kind === "release") addresses.release(owner);
      else if (owner !== other) addresses.transfer(owner, other);
    }
    const owners = Array.from({ length: 12 }, (_, index) => BigInt(index + 1));
    const held = owners.map((owner) => text(addresses.find(owner))).filter((one) => one !== undefined);
    assert.equal(new Set(held).size, held.length);
    assert.equal(held.length, addresses.assignedCount);
    addresses.clear();
    const all = owners.map((owner) => text(addresses.assign(owner))).filter((one) => one !== undefined);
    assert.equal(new Set(all).size, 6);
  }));
});
