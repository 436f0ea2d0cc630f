import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import { MOST_RANGES_OF_ONE_IDENTITY, SelectorClaims } from "../../../src/ike/child_sa/selector_claims.ts";

const range = (index: number) => parseSelectors(`10.${index}.0.0/24`);
const [FREE] = parseSelectors("172.16.0.0/24");
const [ADDRESS] = parseSelectors("172.16.0.1");

test("[C-4.13-1] an identity holds so many ranges and no more, however many IKE SAs it has; single addresses and others' ranges are not touched", () => {
  const claims = new SelectorClaims();
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
  const claims = new SelectorClaims();
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
    const claims = new SelectorClaims();
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
  const claims = new SelectorClaims();
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
