import assert from "node:assert/strict";
import { test } from "node:test";
import { EventLimit } from "../../src/cli/event_limit.ts";
import { type EventObject, eventOf } from "../../src/cli/effect_event.ts";
import type { Effect } from "../../src/ike/states/effect.ts";

const SPIS = { initiatorSpi: 1n, responderSpi: 2n };

test("of events that anyone can cause ten are written each second, and how many were left out; others are always", () => {
  const written: string[] = [];
  let nowMs = 5_000;
  const limit = new EventLimit(({ event, count, reason }) => written.push(`${event} ${count ?? reason}`), () => nowMs);
  const take = (effect: Effect) => limit.take(effect, eventOf(effect, false) as EventObject);
  const anybodys: Effect[] = [
    { type: "dropped", reason: "no-such-sa" },
    { type: "ticket-refused", reason: "used", profile: "rfc5723" },
    { type: "half-open-ended", expired: 2, evicted: 3 },
    { type: "ike-sa-down", spis: SPIS, reason: "authentication-failed" },
  ];
  for (let count = 0; count < 25; count++) anybodys.forEach(take);
  assert.equal(written.length, 10);
  take({ type: "ike-sa-down", spis: SPIS, reason: "deleted-by-peer" });
  assert.equal(written.at(-1), "ike-sa-down deleted-by-peer");

  const login: Effect = {
    type: "authentication-failed",
    spis: SPIS,
    method: "shared-key",
    remote: { address: "192.0.2.1", port: 500 },
  };
  for (let count = 0; count < 12; count++) take(login);
  assert.equal(written.filter((line) => line.startsWith("authentication-failed")).length, 10);

  nowMs = 6_000;
  take(anybodys[0]);
  assert.deepEqual(written.slice(21), ["events-left-out 92", "dropped no-such-sa"]);
});

test("what a policy answers is held back by itself, and keeps nothing else out", () => {
  const written: string[] = [];
  let nowMs = 5_000;
  const limit = new EventLimit(({ event, count = "" }) => written.push(`${event}${count}`), () => nowMs);
  for (let count = 0; count < 30; count++) limit.takePolicy({ event: "policy-refused" });
  const dropped: Effect = { type: "dropped", reason: "no-such-sa" };
  limit.take(dropped, eventOf(dropped, false) as EventObject);
  nowMs = 6_000;
  limit.takePolicy({ event: "policy-fault" });
  const refused = Array.from({ length: 10 }, () => "policy-refused");
  assert.deepEqual(written, [...refused, "dropped", "events-left-out20", "policy-fault"]);
});
