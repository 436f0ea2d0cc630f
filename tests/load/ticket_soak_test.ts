import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ticketSoak } from "../../src/load/ticket_soak.ts";

const ENTRY = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

test("over a network that loses and doubles datagrams, and under a kill, no ticket is lost and none is taken twice", async () => {
  const notes: string[] = [];
  const report = await ticketSoak({
    resumptions: 300,
    clients: 100,
    loss: 0.05,
    duplication: 0.02,
    kills: 1,
    replayEvery: 1,
    tickets: "value",
    seed: 1,
    program: { command: process.execPath, arguments: ["run", "--allow-all", "--quiet", ENTRY] },
    note: (line) => notes.push(line),
  });
  assert.ok(report.resumptions >= 300);
  assert.ok(report.replays >= report.resumptions);
  assert.ok(report.under_way_at_kill > 0, "the gateway is killed in the middle of a round");
  assert.deepEqual([report.doubly_accepted, report.lost], [0, 0], notes.join("\n"));
});
