import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { test } from "node:test";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import { derivedTicketKeyRing, derivedTicketKeys, type MasterSecret } from "../../src/ticket/derived_ticket_keys.ts";
import { CLOCK_SKEW_SECONDS } from "../../src/ticket/ticket_key_schedule.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";

const { octets: random } = new SeededRandom(37);
const MASTER: MasterSecret = { secret: random(32), algorithm: "aes256gcm16" };
const DAY = 86_400;
const NOON = 20_000 * DAY + DAY / 2;
const OPTIONS = { masters: [MASTER], epochSeconds: DAY, ticketLifetimeSeconds: 3_600 };

for (const name of PROVIDER_NAMES) {
  test(`[R-9.5-1] keys of an epoch are HKDF of the master secret, as another implementation of RFC 5869 has it (${name})`, async () => {
    const provider = await loadProvider(name);
    for (const [algorithm, length] of [["aes256gcm16", 32], ["chacha20poly1305", 32], ["aes256-sha256", 64]] as const) {
      const masters = [{ ...MASTER, algorithm }];
      const [next, current] = derivedTicketKeys(provider, { ...OPTIONS, masters })(NOON);
      for (const [key, epoch] of [[current, 20_000], [next, 20_001]] as const) {
        const expected = (what: string, octets: number) =>
          new Uint8Array(
            hkdfSync("sha256", MASTER.secret, "ike-resume ticket keys", `${what}, ${algorithm}, 86400 s, ${epoch}`, octets),
          );
        assert.deepEqual(key.key, expected("key", length));
        assert.deepEqual(key.keyId, expected("identity 0", 8));
        assert.equal(key.activeFromEpochSeconds, epoch * DAY);
      }
    }
  });

  test(`[R-6.1-3] gateways that share a master secret have the same keys, epoch for epoch (${name})`, async () => {
    const ours = ringAt(NOON, await loadProvider(name));
    const theirs = ringAt(NOON - 3 * DAY, await loadProvider("ts"));
    for (const day of [0, 1, 2, 30]) {
      for (const ring of [ours, theirs]) ring.advance(NOON + day * DAY);
      assert.deepEqual(ours.keyForSealing(), theirs.keyForSealing());
      assert.deepEqual(ours.keys, theirs.keys);
      assert.equal(ours.keys.length, 2);
    }
  });
}

test("[R-6.1-3] a gateway whose clock is behind opens what one seals whose clock is ahead, and the other way round", async () => {
  const provider = await loadProvider("ts");
  const midnight = 20_000 * DAY;
  const [ahead, behind] = [
    ringAt(midnight + CLOCK_SKEW_SECONDS / 2, provider),
    ringAt(midnight - CLOCK_SKEW_SECONDS / 2, provider),
  ];
  assert.notDeepEqual(ahead.current.keyId, behind.current.keyId);
  assert.deepEqual(behind.find(ahead.current.keyId)?.key, ahead.current.key);
  assert.deepEqual(ahead.find(behind.current.keyId)?.key, behind.current.key);
});

test("[R-6.1-3] a key of an earlier epoch opens as long as a ticket under it may live, and goes then", async () => {
  const ring = ringAt(NOON, await loadProvider("ts"));
  const { keyId } = ring.current;
  const midnight = 20_001 * DAY;
  for (
    const [moment, there] of [[0, true], [3_600 + CLOCK_SKEW_SECONDS, true], [3_600 + CLOCK_SKEW_SECONDS + 1, false]] as const
  ) {
    ring.advance(midnight + moment);
    assert.equal(ring.find(keyId) !== undefined, there, `${moment} s after midnight`);
  }
});

test("a gateway that slept through several epochs, or whose clock steps back, has the keys of the moment", async () => {
  const provider = await loadProvider("ts");
  const ring = ringAt(NOON, provider);
  for (const moment of [NOON + 90 * DAY, NOON - 2 * DAY, NOON + DAY, NOON + DAY - 3_600, NOON - 3_600]) {
    ring.advance(moment);
    assert.deepEqual(ring.current, ringAt(moment, provider).current);
  }
});

test("[R-9.5-1] another secret, algorithm or length of epochs gives other keys with other identities, never one all zero", async () => {
  const provider = await loadProvider("ts");
  const rings = [
    derivedTicketKeyRing(provider, OPTIONS, random, NOON),
    derivedTicketKeyRing(provider, { ...OPTIONS, masters: [{ ...MASTER, secret: random(32) }] }, random, NOON),
    derivedTicketKeyRing(provider, { ...OPTIONS, masters: [{ ...MASTER, algorithm: "chacha20poly1305" }] }, random, NOON),
    derivedTicketKeyRing(provider, { ...OPTIONS, epochSeconds: DAY / 2 }, random, NOON),
  ];
  const keys = rings.flatMap((ring) => ring.keys);
  assert.equal(new Set(keys.map(({ keyId }) => String(keyId))).size, keys.length);
  assert.equal(new Set(keys.map(({ key }) => String(key))).size, keys.length);
  for (const ring of rings) assert.equal(ring.find(new Uint8Array(8)), undefined);
});

test("[R-9.5-1] an identity that would come out all zero is passed over for the next one", async () => {
  const provider = await loadProvider("ts");
  let calls = 0;
  const zeroFirst = {
    ...provider,
    deriveKeys: (batch: Parameters<typeof provider.deriveKeys>[0]) =>
      provider.deriveKeys(batch).map((octets) => octets.length === 8 && calls++ === 0 ? new Uint8Array(8) : octets),
  };
  const [next] = derivedTicketKeys(zeroFirst, OPTIONS)(NOON);
  const expected = hkdfSync("sha256", MASTER.secret, "ike-resume ticket keys", "identity 1, aes256gcm16, 86400 s, 20001", 8);
  assert.deepEqual(next.keyId, new Uint8Array(expected));
});

test("[R-6.1-3] a master secret is replaced without a ticket lost: the next one opens first, then seals, then the old one goes", async () => {
  const provider = await loadProvider("ts");
  const next: MasterSecret = { secret: random(48), algorithm: "chacha20poly1305" };
  const source = (...masters: MasterSecret[]) => derivedTicketKeys(provider, { ...OPTIONS, masters });
  const before = ringAt(NOON, provider);
  const prepared = TicketKeyRing.of(source(MASTER, next), random, NOON);
  const changed = TicketKeyRing.of(source(next, MASTER), random, NOON);
  assert.deepEqual(prepared.keyForSealing(), before.keyForSealing());
  assert.equal(changed.keyForSealing()?.algorithm, "chacha20poly1305");
  assert.ok(prepared.find(changed.current.keyId));
  assert.ok(changed.find(prepared.current.keyId));
  before.replaceSource(source(next), NOON + 10);
  assert.deepEqual(before.current.keyId, changed.current.keyId);
  before.advance(NOON + DAY);
  changed.advance(NOON + DAY);
  assert.deepEqual(before.current.keyId, changed.current.keyId);
});

test("[R-9.5-1] once an epoch's key has sealed all it may, the next epoch's key serves, which every gateway knows", async () => {
  const provider = await loadProvider("ts");
  const ring = derivedTicketKeyRing(provider, OPTIONS, random, NOON, { sealLimit: 2 });
  const sealed = Array.from({ length: 5 }, () => ring.keyForSealing()?.activeFromEpochSeconds);
  assert.deepEqual(sealed, [20_000 * DAY, 20_000 * DAY, 20_001 * DAY, 20_001 * DAY, undefined]);
});

test("[R-6.2-3] epochs that are not far longer than tickets live are refused with the reason", async () => {
  const provider = await loadProvider("ts");
  assert.throws(
    () => derivedTicketKeyRing(provider, { ...OPTIONS, epochSeconds: 4 * 3_600 - 1 }, random, NOON),
    /a key that seals for 14399 s is too short-lived for tickets of 3600 s: RFC 5723, section 6\.2/,
  );
});

test("[R-9.5-1] secrets that are none, too short, all zero or twice there are refused, and not shown", async () => {
  const provider = await loadProvider("ts");
  const wrong: readonly (readonly [readonly MasterSecret[], RegExp])[] = [
    [[], /none, expected at least one/],
    [[{ ...MASTER, secret: random(31) }], /secret 1: 31 octets, expected at least 32/],
    [[MASTER, { ...MASTER, secret: new Uint8Array(32) }], /secret 2: all zero/],
    [[MASTER, { ...MASTER, secret: MASTER.secret.slice() }], /secret 2: the same as 1/],
  ];
  for (const [masters, message] of wrong) {
    assert.throws(() => derivedTicketKeys(provider, { ...OPTIONS, masters }), { name: "RangeError", message });
  }
  for (const epochSeconds of [0, 0.5, -DAY, NaN, 2 ** 31 + 1]) {
    assert.throws(() => derivedTicketKeys(provider, { ...OPTIONS, epochSeconds }), /epochs of/);
  }
});

function ringAt(nowEpochSeconds: number, provider: Parameters<typeof derivedTicketKeyRing>[0]): TicketKeyRing {
  return derivedTicketKeyRing(provider, OPTIONS, random, nowEpochSeconds);
}
