import assert from "node:assert/strict";
import { test } from "node:test";
import { InFlight, newTaken, take } from "../../../src/gateway/workers/in_flight.ts";

const MOST = 8_192;

/** How many more of a kind find room. */
function room(inFlight: InFlight, octets: number, isFirst: boolean): number {
  let count = 0;
  while (count < 3 * MOST && inFlight.enter(octets, isFirst)) count++;
  return count;
}

test("a worker that takes nothing has so much waiting and no more, and first messages have half of that", () => {
  const inFlight = new InFlight(newTaken());
  assert.equal(room(inFlight, 100, true), MOST / 2);
  assert.equal(room(inFlight, 100, false), MOST / 2);
  assert.equal(inFlight.enter(0, false), false);
});

test("long datagrams are bounded by their octets", () => {
  const inFlight = new InFlight(newTaken());
  assert.equal(room(inFlight, 65_000, true), Math.floor((8 << 20) / 65_000));
  assert.equal(room(inFlight, 65_000, false), Math.floor((16 << 20) / 65_000) - Math.floor((8 << 20) / 65_000));
});

test("what a worker has taken makes room, also once the octets have run over 32 bits", () => {
  const taken = newTaken();
  const inFlight = new InFlight(taken);
  for (let octets = 0; octets < 2 ** 32; octets += 2_000 * MOST) {
    assert.equal(room(inFlight, 2_000, false), MOST);
    take(taken, MOST, 2_000 * MOST);
  }
});
