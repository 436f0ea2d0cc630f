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
