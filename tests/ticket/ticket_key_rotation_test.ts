import assert from "node:assert/strict";
import { test } from "node:test";
import { responderConfiguration } from "../../src/ike/responder.ts";
import { concealedTicketKey, makeTicketKey, type TicketKey } from "../../src/ticket/ticket_key.ts";
import { KEY_LIFETIME_FACTOR, SEAL_LIMIT_CEILING } from "../../src/ticket/ticket_key_policy.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { CLOCK_SKEW_SECONDS } from "../../src/ticket/ticket_key_schedule.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { fqdn } from "../simulation/simulation.ts";

const { octets: random } = new SeededRandom(31);
const DAY = 86_400;
const LIFETIME = 3_600;

test("[R-6.1-3] a staged key opens at once, and seals from its moment on, in one gateway as in any other", () => {
  const [now, next] = [keyFrom(100), keyFrom(500)];
  for (const keys of [[now, next], [next, now]]) {
    const ring = new TicketKeyRing(keys, random);
    ring.advance(200);
    assert.equal(ring.find(next.keyId), next);
    assert.deepEqual(ring.staged, [next]);
    assert.equal(ring.keyForSealing(), now);
    ring.advance(499.9);
    assert.equal(ring.keyForSealing(), now);
    ring.advance(500);
    assert.equal(ring.keyForSealing(), next);
    assert.deepEqual(ring.staged, []);
    assert.equal(ring.find(now.keyId), now);
  }
});

test("[R-6.1-3] a staged key without a moment waits for a command, and one that only opens never seals", () => {
  const [now, staged, opening] = [keyFrom(100), keyFrom(undefined), keyFrom(Infinity)];
  const ring = new TicketKeyRing([now, staged, opening], random);
  for (const moment of [100, 10 * DAY, 10_000 * DAY]) {
    ring.advance(moment);
    assert.equal(ring.keyForSealing(), now);
  }
  assert.deepEqual(ring.staged, [staged]);
  assert.equal(ring.find(opening.keyId), opening);
  ring.replace([now, { ...staged, activeFromEpochSeconds: 10_000 * DAY }, opening], 10_000 * DAY);
  assert.deepEqual(ring.keyForSealing()?.keyId, staged.keyId);
});

test("[R-6.1-3] before any key's moment the first to come seals; a ring of keys that only open is refused", () => {
  const ring = new TicketKeyRing([keyFrom(900), keyFrom(500)], random);
  ring.advance(100);
  assert.equal(ring.current.activeFromEpochSeconds, 500);
  assert.throws(() => new TicketKeyRing([keyFrom(Infinity)], random), /all keys only open/);
});

test("[R-9.5-1] a ring that makes keys makes one when the current one is as old as it may be, and tells so", () => {
  const ring = TicketKeyRing.generate(random, 1_000, { rotationSeconds: DAY, ticketLifetimeSeconds: LIFETIME });
  const first = ring.current;
  let told = 0;
  ring.onKeyMade = () => told++;
  ring.advance(1_000 + DAY - 1);
  assert.equal(ring.keyForSealing(), first);
  ring.advance(1_000 + DAY);
  const second = ring.keyForSealing();
  assert.notEqual(second, first);
  assert.equal(told, 1);
  ring.advance(1_000 + DAY + 1);
  assert.equal(ring.keyForSealing(), second);
  assert.equal(ring.find(first.keyId), first);
});

test("[R-6.1-3] a replaced key goes, and is wiped, when all tickets under it have expired, and not a second before", () => {
  const ring = TicketKeyRing.generate(random, 0, { rotationSeconds: DAY, ticketLifetimeSeconds: LIFETIME });
  const first = ring.current;
  ring.advance(DAY);
  ring.advance(DAY + LIFETIME + CLOCK_SKEW_SECONDS);
  assert.equal(ring.find(first.keyId), first);
  ring.advance(DAY + LIFETIME + CLOCK_SKEW_SECONDS + 1);
  assert.equal(ring.find(first.keyId), undefined);
  assert.equal(first.key.every((octet) => octet === 0), true);
  assert.equal(ring.keys.length, 1);
});

test("[R-9.5-1] after as many tickets as one key may seal, a ring that makes keys makes one", () => {
  const ring = TicketKeyRing.generate(random, 50, { sealLimit: 3 });
  ring.advance(60);
  const used = Array.from({ length: 10 }, () => ring.keyForSealing());
  const names = used.map((key) => String(key?.keyId));
  assert.equal(new Set(names).size, 4);
  for (const name of new Set(names)) assert.ok(names.filter((other) => other === name).length <= 3);
  for (const key of used) assert.equal(ring.find(key!.keyId), key);
});

test("[R-9.5-1] where keys are shared, the staged key takes its turn early, and then no ticket is issued any more", () => {
  const [earlier, now, later, untimed] = [keyFrom(10), keyFrom(100), keyFrom(500), keyFrom(undefined)];
  const ring = new TicketKeyRing([now, later, untimed, earlier], random, { sealLimit: 2 });
  ring.advance(200);
  const order = Array.from({ length: 8 }, () => ring.keyForSealing());
  assert.deepEqual(order, [now, now, later, later, untimed, untimed, undefined, undefined]);
  // The same keys from the file again are the same keys: what they sealed counts on.
  ring.replace([now, later, untimed, earlier].map(copyOf), 201);
  assert.equal(ring.keyForSealing(), undefined);
  const fresh = keyFrom(202);
  ring.replace([fresh, now, later].map(copyOf), 202);
  assert.deepEqual(ring.keyForSealing()?.keyId, fresh.keyId);
});

test("[R-9.5-1] a limit on tickets under one key above 2^32 is refused, and far less is the default", () => {
  assert.equal(SEAL_LIMIT_CEILING, 2 ** 32);
  for (const sealLimit of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
    assert.throws(
      () => TicketKeyRing.generate(random, 0, { sealLimit }),
      /sealLimit is .*, expected a whole number from 1 to 4294967296/,
    );
  }
});

test("[R-6.2-3] keys that do not live far longer than tickets are refused, with the reason and what would do", () => {
  assert.equal(KEY_LIFETIME_FACTOR, 4);
  const make = (rotationSeconds: number) =>
    TicketKeyRing.generate(random, 0, { rotationSeconds, ticketLifetimeSeconds: LIFETIME });
  assert.throws(() => make(4 * LIFETIME - 1), {
    name: "RangeError",
    message:
      "ticket keys: a key that seals for 14399 s is too short-lived for tickets of 3600 s: RFC 5723, section 6.2 asks for far more, " +
      "and here it is 4 times as long: at least 14400 s",
  });
  make(4 * LIFETIME);
});

test("[R-6.2-3] a gateway whose tickets outlive its ticket keys is refused by its configuration", () => {
  const configure = (ticketKeys: TicketKeyRing, ticketLifetimeSeconds: number) =>
    responderConfiguration({ identity: fqdn("gw"), presharedKeyOf: () => undefined, ticketKeys, ticketLifetimeSeconds });
  const daily = TicketKeyRing.generate(random, 0, { rotationSeconds: DAY });
  configure(daily, DAY / 4);
  assert.throws(() => configure(daily, DAY / 4 + 1), /a key that seals for 86400 s is too short-lived for tickets of 21601 s/);
  assert.throws(() => configure(TicketKeyRing.generate(random, 0), 30 * DAY), /too short-lived/);
  const short = TicketKeyRing.generate(random, 0, { ticketLifetimeSeconds: LIFETIME });
  assert.throws(() => configure(short, LIFETIME + 1), /kept for tickets of 3600 s at most, and tickets are to live 3601 s/);
  const staged = new TicketKeyRing([keyFrom(1_000), keyFrom(1_000 + 4 * LIFETIME - 1)], random);
  staged.advance(1_500);
  assert.throws(() => configure(staged, LIFETIME), /a key that seals for 14399 s/);
  // What lies behind is not judged: a key that got lost is replaced at once.
  staged.advance(100_000);
  configure(staged, LIFETIME);
});

test("a clock that steps back an hour makes no key current again that a command replaced, and loses none", () => {
  const ring = TicketKeyRing.generate(random, 10_000, { rotationSeconds: DAY, ticketLifetimeSeconds: LIFETIME });
  const first = ring.current;
  ring.advance(20_000);
  const second = ring.rotate(random, 20_000);
  for (const moment of [20_001, 16_400, 5_000, 16_401]) {
    ring.advance(moment);
    assert.equal(ring.keyForSealing(), second);
    assert.equal(ring.find(first.keyId), first);
  }
});

test("a clock that leaps ahead for a moment does not stop the rotation by age", () => {
  const ring = TicketKeyRing.generate(random, 0, { rotationSeconds: DAY, ticketLifetimeSeconds: LIFETIME });
  ring.advance(100);
  ring.advance(10_000 * DAY);
  ring.advance(200);
  const before = ring.current;
  ring.advance(200 + DAY);
  assert.notEqual(ring.current, before);
});

test("[R-6.1-3] replaced keys stay what they were for waves that hold them, and are wiped a minute later", () => {
  const [one, other] = [keyFrom(100), keyFrom(200)];
  const ring = new TicketKeyRing([one], random);
  ring.advance(150);
  const held = ring.keyForSealing()!;
  ring.replace([other], 200);
  assert.equal(ring.find(one.keyId), undefined);
  assert.equal(ring.keyForSealing(), other);
  ring.advance(259);
  assert.equal(held.key.some((octet) => octet !== 0), true);
  ring.advance(260);
  assert.equal(held.key.every((octet) => octet === 0), true);
});

test("[R-6.1-3] keys that do not make a ring replace nothing", () => {
  const good = keyFrom(100);
  const ring = new TicketKeyRing([good], random);
  ring.advance(150);
  const zero = { ...keyFrom(100), keyId: new Uint8Array(8) };
  for (const keys of [[], [good, zero], [good, copyOf(good)], [{ ...keyFrom(100), key: new Uint8Array(16) }]]) {
    assert.throws(() => ring.replace(keys, 160), RangeError);
    assert.equal(ring.keyForSealing(), good);
    assert.deepEqual(ring.keys, [good]);
  }
});

test("[R-9.2-1] the decoy has the algorithm of the current key, whichever that is", () => {
  const ring = new TicketKeyRing([makeTicketKey(random, 100), makeTicketKey(random, 200, "aes256-sha256")], random);
  ring.advance(150);
  assert.equal(ring.decoy.algorithm, "aes256gcm16");
  ring.advance(200);
  assert.equal(ring.decoy.algorithm, "aes256-sha256");
  assert.equal(ring.decoy.key.length, 64);
  assert.equal(ring.find(ring.decoy.keyId), undefined);
});

function keyFrom(activeFromEpochSeconds: number | undefined): TicketKey {
  return concealedTicketKey({ ...makeTicketKey(random, 0), activeFromEpochSeconds });
}

/** As a file gives it again: the same octets in other arrays. */
function copyOf(key: TicketKey): TicketKey {
  return concealedTicketKey({ ...key, keyId: key.keyId.slice(), key: key.key.slice() });
}
