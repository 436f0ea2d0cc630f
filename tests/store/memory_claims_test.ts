import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClaimRequest } from "../../src/ike/steps/step.ts";
import { MemoryTicketClaims } from "../../src/store/memory_claims.ts";

const request = (ticketId: string, expiresAtEpochSeconds = 1_000): ClaimRequest => ({ ticketId, expiresAtEpochSeconds });

test("[R-4.3.1-2] a ticket is claimed once: of two in one batch the first wins, and none later", () => {
  const claims = new MemoryTicketClaims(() => 0);
  assert.deepEqual(claims.claim([request("a"), request("b"), request("a")]), [true, true, false]);
  assert.deepEqual(claims.claim([request("b"), request("c")]), [false, true]);
  assert.equal(claims.size, 3);
});

test("[R-4.3.1-2] asking whether a ticket has been claimed claims nothing", () => {
  const claims = new MemoryTicketClaims(() => 0);
  assert.deepEqual(claims.isClaimed([request("a"), request("a")]), [false, false]);
  assert.equal(claims.size, 0);
  assert.deepEqual(claims.claim([request("a")]), [true]);
  assert.deepEqual(claims.isClaimed([request("a"), request("b")]), [true, false]);
});

test("empty batches have empty answers", () => {
  const claims = new MemoryTicketClaims(() => 0);
  assert.deepEqual(claims.claim([]), []);
  assert.deepEqual(claims.isClaimed([]), []);
});

test("a name like a property of objects is a name like any other", () => {
  const claims = new MemoryTicketClaims(() => 0);
  const names = ["__proto__", "constructor", "", "toString"].map((name) => request(name));
  assert.deepEqual(claims.isClaimed(names), [false, false, false, false]);
  assert.deepEqual(claims.claim(names), [true, true, true, true]);
});

test("claims are forgotten once their tickets have expired, so that what is remembered is bounded by what is alive", () => {
  let now = 0;
  const claims = new MemoryTicketClaims(() => now);
  let largest = 0;
  for (let second = 0; second < 200; second++) {
    now = second;
    const batch = Array.from({ length: 500 }, (_, index) => request(`${second}-${index}`, second + 10));
    assert.equal(claims.claim(batch).every((claimed) => claimed), true);
    largest = Math.max(largest, claims.size);
  }
  // 11 seconds' worth are alive, and a sweep comes after 4,096 claims at the latest.
  assert.ok(largest <= 11 * 500 + 4_096 + 500, `${largest} claims were remembered`);
});

test("[R-4.3.1-2] a claim is never forgotten before its ticket has expired", () => {
  let now = 0;
  const claims = new MemoryTicketClaims(() => now);
  claims.claim([request("long", 1_000)]);
  for (now = 0; now <= 1_000; now += 10) {
    claims.claim(Array.from({ length: 5_000 }, (_, index) => request(`${now}-${index}`, now)));
    assert.deepEqual(claims.isClaimed([request("long")]), [true]);
  }
  now = 1_001;
  claims.claim(Array.from({ length: 5_000 }, (_, index) => request(`last-${index}`, now)));
  assert.deepEqual(claims.isClaimed([request("long", 2_000)]), [false], "its claim is gone, as another expiry shows");
  assert.deepEqual(
    claims.isClaimed([request("long", 1_000)]),
    [true],
    "and it is refused for its age, whatever the clock shows later",
  );
});

test("a memory that is full of what has not expired lets nobody claim more, and forgets nothing", () => {
  let now = 0;
  const claims = new MemoryTicketClaims(() => now, 3);
  assert.deepEqual(claims.claim(["a", "b", "c", "d"].map((name) => request(name))), [true, true, true, false]);
  assert.deepEqual(claims.isClaimed(["a", "c", "d"].map((name) => request(name))), [true, true, false]);
  now = 2_000;
  const later = Array.from({ length: 5_000 }, (_, index) => request(`later-${index}`, 3_000));
  assert.equal(claims.claim(later).filter((claimed) => claimed).length, 3);
});
