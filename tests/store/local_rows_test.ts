import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LocalRows } from "../../src/store/local_rows.ts";
import type { KeptRow, TicketRow } from "../../src/store/ticket_rows.ts";

const LIMIT = 200;

function asText({ value: { owner, issuedAtEpochSeconds, below }, expiresAtEpochSeconds }: KeptRow): string {
  return `${owner} ${issuedAtEpochSeconds} ${below} ${expiresAtEpochSeconds}`;
}

const name = fc.oneof(
  fc.nat(299).map(String),
  fc.stringMatching(/^[0-9a-f]{47,49}$/),
  fc.string({ minLength: 1, maxLength: 3 }),
);
const row: fc.Arbitrary<TicketRow> = fc.record({
  owner: fc.option(fc.integer({ min: 0, max: 2 ** 53 - 1 }), { nil: undefined }),
  issuedAtEpochSeconds: fc.option(fc.nat(100), { nil: undefined }),
  below: fc.option(fc.nat(2 ** 32), { nil: undefined }),
}, { noNullPrototype: true });

test("[R-4.3.1-2] rows of used and revoked tickets are those of a map, whatever is put in, replaced, swept and taken out", () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ put: name, row, expires: fc.integer({ min: 0, max: 100 }) }) },
    { weight: 1, arbitrary: fc.record({ sweepAt: fc.nat(60) }) },
    { weight: 1, arbitrary: fc.record({ dropOdd: fc.nat(9) }) },
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
    const now = { at: 0 };
    const rows = new LocalRows(() => now.at, LIMIT);
    const model = new Map<string, KeptRow>();
    for (const one of steps) {
      if ("put" in one) {
        const isToFit = model.has(one.put) || model.size < LIMIT;
        // Nothing has expired unseen: the clock moves only for a sweep.
        assert.equal(rows.set(one.put, one.row, one.expires + now.at), isToFit);
        if (isToFit) model.set(one.put, { value: one.row, expiresAtEpochSeconds: one.expires + now.at });
      } else if ("sweepAt" in one) {
        now.at += one.sweepAt;
        rows.sweep();
        for (const [key, { expiresAtEpochSeconds }] of model) if (expiresAtEpochSeconds < now.at) model.delete(key);
      } else {
        const isGone = ({ expiresAtEpochSeconds }: KeptRow) => expiresAtEpochSeconds % 10 === one.dropOdd;
        rows.deleteWhere(isGone);
        for (const [key, kept] of model) if (isGone(kept)) model.delete(key);
      }
    }
    assert.equal(rows.size, model.size);
    for (const [key, kept] of model) assert.deepEqual(rows.get(key), kept);
    assert.deepEqual([...rows.values()].map(asText).sort(), [...model.values()].map(asText).sort());
    assert.equal(rows.get("not put in, and no digits"), undefined);
  }));
});

test("what has expired is forgotten little by little while rows come, and its room is used again", () => {
  let now = 0;
  const rows = new LocalRows(() => now, 2_000);
  for (let number = 0; number < 20_000; number++) {
    now = number;
    assert.equal(rows.set(`${number}`, { owner: 1, issuedAtEpochSeconds: number, below: undefined }, number + 500), true);
  }
  assert.ok(rows.size < 2_000, `${rows.size} rows, of which 500 have not expired`);
  assert.equal(rows.get("0"), undefined);
  assert.notEqual(rows.get("19999"), undefined);
  assert.ok(rows.sweptAtEpochSeconds > 19_000);
});
