import assert from "node:assert/strict";
import { test } from "node:test";
import { BloomFilter, bloomParameters } from "../../src/ticket/bloom_filter.ts";
import { BloomInvalidTicketList } from "../../src/ticket/invalid_ticket_list.ts";
import type { TicketName } from "../../src/ticket/ticket_name.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";

const LIFETIME = 3_600;
const START = 1_700_000_000;

test("[R-9.8-1] with as many revocations as were expected, the false-positive rate is the one that was asked for", () => {
  for (const falsePositiveRate of [0.05, 0.01, 0.001]) {
    const { list, names } = ready({ expected: 5_000, falsePositiveRate });
    // Spread over the two filters as revocations in a running gateway are: tickets expire within one lifetime from now.
    for (let index = 0; index < 5_000; index++) {
      list.add([{ ticketId: names(), expiresAtEpochSeconds: START + index % LIFETIME }]);
    }
    const asked = Math.min(200_000, 400 / falsePositiveRate);
    let wrong = 0;
    for (let index = 0; index < asked; index++) if (list.has([named(names())])[0]) wrong++;
    const measured = wrong / asked;
    assert.equal(measured <= falsePositiveRate * 1.2, true, `${measured} for ${falsePositiveRate}`);
    assert.equal(list.falsePositiveRate <= falsePositiveRate, true);
  }
});

test("[R-9.8-1] a full filter refuses as many good tickets as its size says, and no more", () => {
  const parameters = bloomParameters(10_000, 0.01);
  const filter = new BloomFilter(parameters);
  const names = namesOf(3);
  for (let index = 0; index < 10_000; index++) filter.add(names());
  let wrong = 0;
  for (let index = 0; index < 100_000; index++) if (filter.has(names())) wrong++;
  assert.equal(wrong > 700 && wrong < 1_300, true, `${wrong} of 100,000, expected 1,000`);
  assert.equal(Math.abs(filter.falsePositiveRate - 0.01) < 0.002, true);
  filter.clear();
  assert.equal(filter.falsePositiveRate, 0);
});

test("[R-9.8-1] a revoked ticket is refused until it would expire, whenever it was revoked: there are no false negatives", () => {
  const { list, names, clock } = ready({ expected: 1_000, falsePositiveRate: 0.001 });
  const revoked: { readonly ticketId: string; readonly expiresAtEpochSeconds: number }[] = [];
  for (let at = 0; at < 5 * LIFETIME; at += 7) {
    clock.now = START + at;
    const revocation = { ticketId: names(), expiresAtEpochSeconds: clock.now + (at * 31) % (LIFETIME + 1) };
    list.add([revocation]);
    revoked.push(revocation);
    const alive = revoked.filter(({ expiresAtEpochSeconds }) => expiresAtEpochSeconds > clock.now).slice(-200);
    assert.equal(list.has(alive).includes(false), false);
  }
});

test("[R-9.8-1] what has expired is forgotten, so that the list stays as empty as it began", () => {
  const { list, names, clock } = ready({ expected: 100, falsePositiveRate: 0.01 });
  const old = names();
  list.add([{ ticketId: old, expiresAtEpochSeconds: START + LIFETIME }]);
  clock.now = START + 2 * LIFETIME + 1;
  assert.deepEqual(list.has([named(old)]), [false]);
  // A hundred lifetimes of as many revocations as were expected do not fill it.
  for (let period = 0; period < 100; period++) {
    for (let index = 0; index < 100; index++) {
      clock.now += LIFETIME / 100;
      list.add([{ ticketId: names(), expiresAtEpochSeconds: clock.now + LIFETIME / 2 }]);
    }
  }
  assert.equal(list.falsePositiveRate < 0.02, true);
});

test("[R-9.8-1] a clock that is set back forgets no revocation", () => {
  const { list, names, clock } = ready({ expected: 100, falsePositiveRate: 0.001 });
  clock.now = START + LIFETIME;
  const ticketId = names();
  list.add([{ ticketId, expiresAtEpochSeconds: clock.now + LIFETIME }]);
  clock.now -= LIFETIME;
  assert.deepEqual(list.has([named(ticketId)]), [true]);
  const later = names();
  list.add([{ ticketId: later, expiresAtEpochSeconds: clock.now + 1 }]);
  clock.now += LIFETIME;
  assert.deepEqual(list.has([named(ticketId), named(later)]), [true, true]);
});

test("[R-9.8-1] a ticket whose expiry nobody knows is remembered for a lifetime at least", () => {
  const { list, clock, names } = ready({ expected: 100, falsePositiveRate: 0.001 });
  const ticketId = names();
  list.add([{ ticketId, expiresAtEpochSeconds: clock.now + 30 * 86_400, isExpiryUnknown: true }]);
  clock.now += LIFETIME;
  assert.deepEqual(list.has([named(ticketId)]), [true]);
});

test("[R-9.8-1] the list takes no ticket that it would forget too early, and no parameter out of range", () => {
  const { list } = ready({ expected: 100, falsePositiveRate: 0.001 });
  assert.throws(() => list.add([{ ticketId: "ab", expiresAtEpochSeconds: START + 3 * LIFETIME }]), RangeError);
  for (const expected of [0, -1, 1.5, NaN, 10_000_001]) {
    assert.throws(() => ready({ expected, falsePositiveRate: 0.01 }), /expected is/);
  }
  for (const falsePositiveRate of [0, 1, NaN, 0.2]) {
    assert.throws(() => ready({ expected: 10, falsePositiveRate }), /falsePositiveRate is/);
  }
  assert.throws(
    () => new BloomInvalidTicketList({ expected: 1, falsePositiveRate: 0.1, lifetimeSeconds: 0 }, () => 0),
    /lifetime/,
  );
});

function ready(
  choice: { readonly expected: number; readonly falsePositiveRate: number },
): { list: BloomInvalidTicketList; names: () => string; clock: { now: number } } {
  const clock = { now: START };
  return {
    list: new BloomInvalidTicketList({ ...choice, lifetimeSeconds: LIFETIME }, () => clock.now),
    names: namesOf(5),
    clock,
  };
}

/** No expiry is looked at when it is asked for. */
function named(ticketId: string): TicketName {
  return { ticketId, expiresAtEpochSeconds: START };
}

/** Names as tickets have them: 20 random octets in hexadecimal. */
function namesOf(seed: number): () => string {
  const { octets } = new SeededRandom(seed);
  return () => Array.from(octets(20), (octet) => octet.toString(16).padStart(2, "0")).join("");
}
