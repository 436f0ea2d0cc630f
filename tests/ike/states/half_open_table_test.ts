import assert from "node:assert/strict";
import { test } from "node:test";
import { type HalfOpenKind, HalfOpenTable } from "../../../src/ike/states/half_open_table.ts";

/** A table, and the SPIs of those who had to go for each newcomer. */
class Scene {
  readonly table: HalfOpenTable;
  #spi = 0n;

  constructor(limit: number) {
    this.table = new HalfOpenTable(limit);
  }

  /** So many come in, each a millisecond after the one before; what they are called. */
  come(count: number, prefix: string, kind: HalfOpenKind = "full exchange", octets = 500): bigint[] {
    return Array.from({ length: count }, () => {
      this.lastGone = this.table.makeRoom(octets, kind).gone;
      this.gone.push(...this.lastGone);
      const responderSpi = ++this.#spi;
      this.table.add({ responderSpi, prefix, octets, cost: 1 }, kind, Number(this.#spi));
      return responderSpi;
    });
  }

  readonly gone: bigint[] = [];
  lastGone: readonly bigint[] = [];
}

test("[R-9.3-1] when the table is full the oldest of the prefix that holds most goes, and not the newcomer", () => {
  const scene = new Scene(10);
  const honest = scene.come(2, "honest");
  const greedy = scene.come(8, "greedy");
  assert.deepEqual(scene.gone, []);
  scene.come(3, "honest");
  assert.deepEqual(scene.gone, greedy.slice(0, 3));
  assert.equal(scene.table.count, 10);
  // Now both hold five: the oldest of all goes.
  scene.come(1, "another");
  assert.deepEqual(scene.lastGone, honest.slice(0, 1));
});

test("[R-9.3-1] of many prefixes that hold one each, the oldest goes", () => {
  const scene = new Scene(100);
  const first = scene.come(1, "first");
  for (let count = 0; count < 99; count++) scene.come(1, `other ${count}`);
  scene.come(1, "newcomer");
  assert.deepEqual(scene.gone, first);
});

test("[R-9.3-1] a crowd behind one NAT gets in beside an address that has filled the table", () => {
  const scene = new Scene(32_768);
  scene.come(40_000, "attacker");
  const crowd = new Set(scene.come(2_000, "NAT"));
  scene.come(40_000, "attacker");
  assert.equal(scene.gone.filter((spi) => crowd.has(spi)).length, 0);
  assert.equal(scene.table.count, 32_768);
});

test("[R-9.3-2] resumptions count in the same bound, and drive out full exchanges but for a quarter", () => {
  const scene = new Scene(100);
  const inits = scene.come(100, "attacker");
  const tickets = scene.come(75, "NAT", "resumption");
  assert.deepEqual(scene.gone, inits.slice(0, 75));
  assert.deepEqual([scene.table.count, scene.table.resumptionCount], [100, 75]);
  scene.come(5, "NAT", "resumption");
  assert.deepEqual(scene.gone.slice(75), tickets.slice(0, 5));
  // Nor do full exchanges drive out resumptions while they hold no less than their quarter.
  scene.come(1_000, "attacker");
  assert.equal(scene.table.resumptionCount, 75);
});

test("[R-9.3-2] either kind may fill the table while the other needs no room, and full exchanges get their quarter back", () => {
  const scene = new Scene(100);
  const tickets = scene.come(100, "NAT", "resumption");
  assert.deepEqual(scene.gone, []);
  scene.come(30, "client");
  assert.deepEqual(scene.gone.slice(0, 25), tickets.slice(0, 25));
  assert.equal(scene.table.resumptionCount, 75);
});

test("[R-9.3-1] what is long takes several places, and what grows makes others go", () => {
  const scene = new Scene(10);
  const [fat] = scene.come(1, "fat", "full exchange", 4_097);
  scene.come(7, "thin");
  assert.deepEqual([scene.table.octets, scene.gone], [4_097 + 7 * 500, []]);
  scene.table.hold(fat);
  const gone = scene.table.keep(fat, 4_096);
  assert.equal(scene.table.octets, 4_097 + 4_096 + 5 * 500);
  assert.equal(gone.length, 2);
  // It goes itself when it is what is most.
  scene.table.hold(fat);
  assert.deepEqual(scene.table.keep(fat, 20_000), [fat]);
});

test("[R-9.3-1] what is in use does not go: who comes then is refused when nobody else can", () => {
  const scene = new Scene(3);
  const [first, second, third] = scene.come(3, "one");
  scene.table.hold(first);
  scene.come(1, "one");
  assert.deepEqual(scene.gone, [second]);
  scene.table.hold(third);
  scene.table.hold(4n);
  assert.deepEqual(scene.table.makeRoom(100, "resumption"), { gone: [], isRoom: false });
  scene.table.keep(third, 0);
  assert.deepEqual(scene.table.makeRoom(100, "resumption"), { gone: [third], isRoom: true });
  assert.deepEqual(scene.table.makeRoom(100_000, "resumption"), { gone: [], isRoom: false });
});

test("[R-9.3-1] room is counted back to nothing", () => {
  const scene = new Scene(1_000);
  const spis = [...scene.come(50, "a"), ...scene.come(50, "b", "resumption", 3_000)];
  for (const spi of spis) {
    scene.table.hold(spi);
    scene.table.keep(spi, 5_000);
  }
  for (const spi of [...spis, ...spis]) scene.table.remove(spi);
  const { count, octets, resumptionCount, costToCome } = scene.table;
  assert.deepEqual({ count, octets, resumptionCount, costToCome }, { count: 0, octets: 0, resumptionCount: 0, costToCome: 0 });
  scene.come(1_000, "c");
  assert.deepEqual(scene.gone, []);
});
