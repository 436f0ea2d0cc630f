import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTicketKey, type TicketKey, ticketKeyName } from "../../src/ticket/ticket_key.ts";
import { activateTicketKey, removeTicketKey, rotateTicketKeys, stageTicketKey } from "../../src/ticket/ticket_key_changes.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { CLOCK_SKEW_SECONDS, currentKeyAt, phaseOf } from "../../src/ticket/ticket_key_schedule.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";

const { octets: random } = new SeededRandom(43);
const LIFETIME = 3_600;
const at = (nowEpochSeconds: number) => ({ nowEpochSeconds, ticketLifetimeSeconds: LIFETIME });

test("[R-6.1-3] each turn lets the staged key seal, stages another, and drops what no ticket can be under", () => {
  const first = makeTicketKey(random, 0);
  let keys: TicketKey[] = stageTicketKey([first], random, "aes256gcm16", undefined, at(0));
  const currents: string[] = [];
  for (let turn = 1; turn <= 5; turn++) {
    const now = turn * 86_400;
    const staged = keys.find((key) => phaseOf(key, keys, now) === "staged")!;
    keys = rotateTicketKeys(keys, random, "chacha20poly1305", at(now));
    assert.deepEqual(currentKeyAt(keys, now)?.keyId, staged.keyId);
    assert.deepEqual(keys.map((key) => phaseOf(key, keys, now)).sort(), ["current", "previous", "staged"]);
    currents.push(ticketKeyName(staged.keyId));
    void new TicketKeyRing(keys, random);
  }
  assert.equal(new Set(currents).size, 5);
});

test("[R-6.1-3] turned twice within a ticket's lifetime, both earlier keys stay", () => {
  let keys = stageTicketKey([makeTicketKey(random, 0)], random, "aes256gcm16", undefined, at(0));
  keys = rotateTicketKeys(keys, random, "aes256gcm16", at(100_000));
  keys = rotateTicketKeys(keys, random, "aes256gcm16", at(100_000 + LIFETIME + CLOCK_SKEW_SECONDS));
  assert.equal(keys.length, 4);
  keys = rotateTicketKeys(keys, random, "aes256gcm16", at(100_001 + LIFETIME + CLOCK_SKEW_SECONDS));
  assert.equal(keys.length, 4);
});

test("turned twice in one second, the later key is the current one", () => {
  const keys = rotateTicketKeys(
    rotateTicketKeys([makeTicketKey(random, 50)], random, "aes256gcm16", at(50)),
    random,
    "aes256gcm16",
    at(50),
  );
  assert.equal(phaseOf(keys[0], keys, 50), "current");
  assert.equal(keys.filter((key) => phaseOf(key, keys, 50) === "previous").length, 2);
});

test("a staged key is activated by name or by turn, at once or later; nothing else is", () => {
  const first = makeTicketKey(random, 0);
  const staged = stageTicketKey(
    stageTicketKey([first], random, "aes256gcm16", undefined, at(10)),
    random,
    "aes256-sha256",
    undefined,
    at(11),
  );
  const [, one, other] = staged;
  const byTurn = activateTicketKey(staged, undefined, 100_000, at(100_000));
  assert.deepEqual(currentKeyAt(byTurn, 100_000)?.keyId, one.keyId);
  const byName = activateTicketKey(staged, ticketKeyName(other.keyId).toUpperCase(), 100_000, at(100));
  assert.equal(currentKeyAt(byName, 99_999), first);
  assert.deepEqual(currentKeyAt(byName, 100_000)?.keyId, other.keyId);
  assert.throws(() => activateTicketKey(staged, ticketKeyName(first.keyId), 100, at(100)), /is not staged/);
  assert.throws(() => activateTicketKey(staged, "0000000000000000", 100, at(100)), /is not staged/);
  assert.throws(() => activateTicketKey([first], undefined, 100, at(100)), /no key is staged: stage one first/);
});

test("[R-6.2-3] a key that would be replaced too soon is not staged so, with the reason", () => {
  const first = makeTicketKey(random, 1_000);
  const stage = (from: number) => stageTicketKey([first], random, "aes256gcm16", from, at(2_000));
  assert.throws(() => stage(1_000 + 4 * LIFETIME - 1), { name: "TicketKeyChangeError", message: /RFC 5723, section 6\.2/ });
  const keys = stage(1_000 + 4 * LIFETIME);
  assert.throws(() => activateTicketKey(keys, undefined, 2_001, at(2_000)), /too short-lived/);
  // At once is for a key that got lost.
  assert.equal(activateTicketKey(keys, undefined, 2_000, at(2_000)).length, 2);
});

test("any key but the current one is taken away", () => {
  const first = makeTicketKey(random, 0);
  const keys = stageTicketKey([first], random, "aes256gcm16", undefined, at(0));
  assert.deepEqual(removeTicketKey(keys, ticketKeyName(keys[1].keyId), at(5)), [first]);
  assert.throws(
    () => removeTicketKey(keys, ticketKeyName(first.keyId), at(5)),
    /is the current one: rotate first, then remove it/,
  );
  assert.throws(() => removeTicketKey(keys, "1111111111111111", at(5)), /there is no key 1111111111111111/);
});
