import assert from "node:assert/strict";
import { test } from "node:test";
import { TicketList } from "../../src/store/ticket_list.ts";
import type { TicketRow } from "../../src/store/ticket_rows.ts";

const [ROOM, NOW, EXPIRY] = [1_000, 1_000, 5_000];
const row = (owner: number, issuedAtEpochSeconds: number): TicketRow => ({ owner, issuedAtEpochSeconds, below: undefined });

test("one client that goes on beside a crowd that fills the list has it walked through once, and gives up nobody else's names", () => {
  let looks = 0;
  const list = new TicketList(() => {
    looks++;
    return NOW;
  }, ROOM);
  for (let owner = 2; owner < ROOM; owner++) list.set(`${owner}`, row(owner, 900), EXPIRY);
  for (const name of ["first", "second"]) list.set(name, row(1, 901), EXPIRY);
  assert.equal(list.size, ROOM);
  const before = looks;
  for (let number = 0; number < 100; number++) {
    assert.equal(list.set(`more-${number}`, row(1, 910 + number), EXPIRY), true);
    const name = { ticketId: `more-${number}`, expiresAtEpochSeconds: EXPIRY, owner: 1, issuedAtEpochSeconds: 910 + number };
    assert.ok(list.get(name.ticketId) !== undefined || list.covers(name));
  }
  assert.ok(looks - before <= 4, `${looks - before} looks at the clock, one or two for each walk`);
  for (let owner = 2; owner < ROOM; owner++) assert.notEqual(list.get(`${owner}`), undefined);
});

test("a ticket that is revoked stays so by the coarser rule, when a later one of its series has an earlier time of issue", () => {
  const list = new TicketList(() => NOW, 3);
  list.set("series", { owner: 1, issuedAtEpochSeconds: 950, below: 5 }, EXPIRY);
  list.set("series", { owner: 1, issuedAtEpochSeconds: 940, below: 6 }, EXPIRY);
  for (let number = 0; number < 5; number++) list.set(`${number}`, row(1, 900 + number), EXPIRY);
  assert.equal(list.get("series"), undefined, "given up");
  assert.equal(list.covers({ ticketId: "revoked", expiresAtEpochSeconds: EXPIRY, owner: 1, issuedAtEpochSeconds: 950 }), true);
});
