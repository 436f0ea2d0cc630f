import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { SharedTicketKeyRing, TicketKeyRingCopy } from "../../../src/gateway/workers/ticket_key_copies.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";

const NOW = 1_000_000;
const WORKERS = 2;

/** A ring whose keys seal ten tickets each, and a copy of it at each of two workers. */
function scene() {
  const ring = TicketKeyRing.generate(systemRandom, NOW, { sealLimit: 10 });
  const shared: SharedTicketKeyRing = new SharedTicketKeyRing(ring, systemRandom, () => NOW, () => {
    for (const copy of copies) copy.replace(shared.copies(WORKERS).keys, NOW);
  });
  const exhausted: Uint8Array[] = [];
  const copies = Array.from(
    { length: WORKERS },
    () => new TicketKeyRingCopy(shared.copies(WORKERS), systemRandom, (keyId) => exhausted.push(keyId)),
  );
  return { ring, shared, copies, exhausted };
}

test("workers share what one key may seal, and each says once that there is none left", () => {
  const { ring, shared, copies: [copy], exhausted } = scene();
  for (let ticket = 0; ticket < 5; ticket++) assert.deepEqual(copy.keyForSealing()?.keyId, ring.current.keyId);
  assert.deepEqual([copy.keyForSealing(), copy.keyForSealing()], [undefined, undefined]);
  assert.deepEqual(exhausted, [ring.current.keyId]);
  shared.close();
});

test("workers that have used up one key get one other, the same, however many say so", () => {
  const { ring, shared, copies, exhausted } = scene();
  const first = ring.current.keyId;
  for (const copy of copies) for (let ticket = 0; ticket < 6; ticket++) copy.keyForSealing();
  assert.deepEqual(exhausted, [first, first]);
  for (const keyId of exhausted) shared.exhausted(keyId);
  assert.equal(ring.keys.length, 2);
  for (const copy of copies) {
    assert.deepEqual(copy.keyForSealing()?.keyId, ring.current.keyId);
    assert.ok(copy.find(first));
  }
  shared.close();
});

test("a ring whose keys come from elsewhere makes none for its workers", () => {
  const { current } = TicketKeyRing.generate(systemRandom, NOW);
  const ring = new TicketKeyRing([current], systemRandom);
  const shared = new SharedTicketKeyRing(ring, systemRandom, () => NOW, () => assert.fail());
  shared.exhausted(current.keyId);
  assert.deepEqual(ring.keys, [current]);
  shared.close();
});

test("copies have octets of their own: a worker that wipes its keys leaves the main thread's", () => {
  const { ring, shared } = scene();
  const [copy] = shared.copies(WORKERS).keys;
  assert.deepEqual(copy.key, ring.current.key);
  copy.key.fill(0);
  assert.notDeepEqual(copy.key, ring.current.key);
  shared.close();
});
