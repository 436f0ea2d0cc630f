/**
 * Lists of used and of revoked tickets that have no room left: they refuse more than they were told, and never less.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sharedConnections } from "./every_store.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import { GuardedStore } from "../../src/store/guarded_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { openSqliteStore } from "../../src/store/sqlite_store.ts";
import type { TicketName } from "../../src/ticket/ticket_name.ts";

const ROOM = 8_000;
/** More than any store takes between two looks at how many it has. */
const MANY = ROOM + 5_000;
const START = 1_700_000_000;
const GREEDY = 7;
const INNOCENT = 2 ** 53 - 1;

const ticket = (owner: number, number: number, issuedAtEpochSeconds = START + number): TicketName => ({
  ticketId: `${owner}-${number}`,
  expiresAtEpochSeconds: issuedAtEpochSeconds + 100_000,
  owner,
  issuedAtEpochSeconds,
  series: `${(owner % 0xffff).toString(16).padStart(4, "0")}${number.toString(16).padStart(12, "0")}`,
  serial: 0,
});

function testFullStore(title: string, body: (store: GatewayStore, again: () => Promise<GatewayStore>) => Promise<void>): void {
  test(`${title} (memory)`, async () => {
    const store = memoryStore(() => START, ROOM);
    await body(store, () => Promise.resolve(store));
  });
  test(`${title} (shared memory)`, async () => {
    const connect = sharedConnections(() => START, ROOM);
    await body(connect(), () => Promise.resolve(connect()));
  });
  test(`${title} (sqlite)`, async () => {
    const folder = new TemporaryFolder("ike-resume-full-");
    const opened: GatewayStore[] = [];
    const open = async () => {
      const store = await openSqliteStore({ path: join(folder.path, "store.db"), now: () => START, mostTickets: ROOM });
      opened.push(store);
      return store;
    };
    await body(await open(), open);
    for (const store of opened) await store.close();
    folder.remove();
  });
}

/** In waves, as a gateway asks. */
async function all<T>(
  tickets: readonly TicketName[],
  call: (wave: readonly TicketName[]) => readonly T[] | Promise<readonly T[]>,
) {
  const answers: T[] = [];
  for (let at = 0; at < tickets.length; at += 500) answers.push(...await call(tickets.slice(at, at + 500)));
  return answers;
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

testFullStore(
  "[R-4.3.1-2] a client that uses tickets over and over fills the list of used ones to its own cost alone",
  async (store, again) => {
    const used = ticket(INNOCENT, 1);
    assert.deepEqual(await store.claims.claim([used]), [true]);
    const greedy = range(MANY).map((number) => ticket(GREEDY, number));
    const claimed = await all(greedy, (wave) => store.claims.claim(wave));
    assert.ok(claimed.filter((isClaimed) => isClaimed).length >= ROOM - 1);
    for (const [turn, { claims }] of [store, await again()].entries()) {
      const innocent = [ticket(INNOCENT, 2), ticket(INNOCENT, 3, START + 10 * MANY), ticket(3, 4)];
      assert.deepEqual(await claims.isClaimed(innocent), [turn === 1, false, false], "others' unused tickets are good");
      assert.deepEqual(await claims.isClaimed([used]), [true], "and their used ones stay used");
      assert.equal((await all(greedy, (wave) => claims.claim(wave))).includes(true), false, "as do all of the greedy one's");
      assert.equal((await all(greedy, (wave) => claims.isClaimed(wave))).includes(false), false);
      // What was issued to it later is good again, once.
      const later = ticket(GREEDY, (2 + turn) * MANY);
      assert.deepEqual(await claims.claim([later, later, innocent[0]]), [true, false, turn === 0]);
    }
  },
);

testFullStore(
  "[R-9.8-1] a list of revoked tickets that is full refuses more of whoever filled it, and forgets none",
  async (store, again) => {
    const deleted = ticket(INNOCENT, 1);
    await store.revocations.add([deleted]);
    const greedy = range(MANY).map((number) => ticket(GREEDY, number));
    await all(greedy, async (wave) => {
      await store.revocations.add(wave);
      return [];
    });
    const ordered = {
      ticketId: "an administrator's order",
      expiresAtEpochSeconds: START + 100_000,
      issuedAtEpochSeconds: START,
    };
    const late = ticket(3, MANY + 1);
    await store.revocations.add([ordered, late]);
    for (const { revocations } of [store, await again()]) {
      assert.equal((await all(greedy, (wave) => revocations.has(wave))).includes(false), false);
      assert.deepEqual(await revocations.has([deleted, ordered, late]), [true, true, true]);
      assert.deepEqual(await revocations.has([ticket(INNOCENT, 2), ticket(3, 4), ticket(GREEDY, 2 * MANY)]), [
        false,
        false,
        false,
      ]);
      // Nobody knows when a ticket of an earlier version was issued: of that owner it counts as before.
      const { issuedAtEpochSeconds: _, series: __, serial: ___, ...earlier } = ticket(GREEDY, 3 * MANY);
      assert.deepEqual(await revocations.has([earlier, { ...earlier, owner: 3 }]), [true, false]);
    }
  },
);

testFullStore(
  "[R-9.8-1] a revoked ticket stays so in a full list, when a later one of its series was issued by a clock that had been set back",
  async (store, again) => {
    const first = { ...ticket(GREEDY, MANY + 1, START + 950), serial: 5 };
    await store.revocations.add([first]);
    await store.revocations.add([{ ...first, ticketId: "the later one", serial: 6, issuedAtEpochSeconds: START + 940 }]);
    const others = range(MANY).map((number) => ticket(GREEDY, number, START + 945));
    await all(others, async (wave) => {
      await store.revocations.add(wave);
      return [];
    });
    for (const { revocations } of [store, await again()]) assert.deepEqual(await revocations.has([first]), [true]);
  },
);

testFullStore("[R-9.8-1] [R-4.3.1-2] where nobody has two, what is oldest is refused, whoever has it", async (store, again) => {
  const everybodys = range(MANY).map((number) => ticket(1_000 + number, number));
  await all(everybodys, async (wave) => {
    await store.revocations.add(wave);
    return [];
  });
  await all(everybodys, (wave) => store.claims.claim(wave));
  for (const { claims, revocations } of [store, await again()]) {
    assert.equal((await all(everybodys, (wave) => revocations.has(wave))).includes(false), false);
    assert.equal((await all(everybodys, (wave) => claims.isClaimed(wave))).includes(false), false);
    const [old, young] = [ticket(5, 1), ticket(5, 2 * MANY)];
    assert.deepEqual([await revocations.has([old, young]), await claims.isClaimed([old, young])], [[true, false], [
      true,
      false,
    ]]);
  }
});

test("more owners than have a rule of their own come under one for all, and no list grows beyond its room", () => {
  const store = memoryStore(() => START, 300);
  const filled = range(20_000).map((number) => ticket(number >> 1, number));
  for (const name of filled) void store.claims.claim([name]);
  assert.equal((store.claims.isClaimed(filled) as boolean[]).includes(false), false);
  assert.deepEqual(store.claims.isClaimed([ticket(50_000, 100_000)]), [false]);
});

test("a coarser rule ends when every ticket that it stands for has expired", () => {
  let now = START;
  const store = memoryStore(() => now, 10, () => 1_000 * (now - START));
  const short = (number: number, owner = GREEDY): TicketName => ({ ...ticket(owner, number), expiresAtEpochSeconds: now + 60 });
  for (const number of range(11)) void store.claims.claim([short(number)]);
  const unused = { ...ticket(GREEDY, 5), ticketId: "unused" };
  assert.deepEqual(store.claims.isClaimed([unused]), [true]);
  now += 61;
  for (const number of range(11)) void store.claims.claim([short(1_000 + number, 8)]);
  assert.deepEqual(store.claims.isClaimed([unused]), [false]);
});

testFullStore(
  "a guarded store counts the names that gave way to a coarser rule, and none as long as there is room",
  async (store) => {
    const guarded = new GuardedStore(store);
    const kept = range(ROOM).map((number) => ticket(GREEDY, number));
    await all(kept, (wave) => guarded.claims.claim(wave));
    assert.equal(guarded.counters.store_names_given_up_total, 0);
    await all(range(MANY).map((number) => ticket(GREEDY, ROOM + number)), (wave) => guarded.claims.claim(wave));
    const given = guarded.counters.store_names_given_up_total;
    assert.ok(given >= MANY && given <= ROOM + MANY, `${given} names`);
  },
);
