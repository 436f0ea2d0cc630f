import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, parseThreshold } from "../../../src/load/generator/thresholds.ts";
import type { OperationReport } from "../../../src/load/generator/load_report.ts";
import { hostileReport } from "../../../src/load/hostile/hostile_report.ts";
import { isLoopback, needsTickets, parseHostileMix } from "../../../src/load/hostile/hostile_mix.ts";
import { HostileTraffic } from "../../../src/load/hostile/hostile_traffic.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";

test("loopback is 127.0.0.0/8 and ::1, however it is written, and nothing else", () => {
  for (const address of ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1"]) {
    assert.equal(isLoopback(address), true, address);
  }
  for (
    const address of [
      "128.0.0.1",
      "126.255.255.255",
      "10.0.0.1",
      "0.0.0.0",
      "::",
      "::2",
      "fe80::1",
      "2001:db8::1",
      "::ffff:192.0.2.1",
      "localhost",
      "",
    ]
  ) {
    assert.equal(isLoopback(address), false, address);
  }
});

test("traffic to any other address is refused before a socket is open", async () => {
  const gateway = { address: "192.0.2.1", port: 500 };
  const provider = await loadProvider("ts");
  const keyExchange = await loadKeyExchange();
  const options = {
    mix: { garbage: 1 },
    gateway,
    encapsulatedGateway: gateway,
    provider,
    keyExchange,
    goodTickets: [],
    usedTickets: [],
  };
  await assert.rejects(HostileTraffic.prepare(options), /hostile traffic to 192\.0\.2\.1, expected loopback alone/);
});

test("a mix is kinds with rates, each once", () => {
  assert.deepEqual(parseHostileMix("forged-tickets=100/s, half-open=5"), { "forged-tickets": 100, "half-open": 5 });
  for (const text of ["", "garbage", "garbage=0", "garbage=100001", "garbage=1/m", "garbage=1,garbage=2", "siege=1"]) {
    assert.throws(
      () => parseHostileMix(text),
      /Allowed are forged-tickets, replayed-tickets, garbage, half-open, each once/,
      text,
    );
  }
  assert.deepEqual([needsTickets({ garbage: 1, "half-open": 1 }), needsTickets({ "replayed-tickets": 1 })], [false, true]);
});

function operation(succeeded: number, p50: number, p99: number): OperationReport {
  const latency = { min: 1, mean: 1, p50, p90: 1, p95: 1, p99, p999: 1, max: 1 };
  return { succeeded, failed: 0, per_s: 1, latency_ms: succeeded === 0 ? null : latency, histogram: [] };
}

test("what was kept is what succeeded and how long it took, to the load without; its threshold is of the worst operation", () => {
  const without = {
    operations: { full: operation(40, 2, 4), resumption: operation(200, 1, 10), rekey: operation(5, 1, 1) },
    failed: 0,
  };
  const beside = { operations: { full: operation(40, 3, 4), resumption: operation(150, 1.5, 30) }, failed: 55 };
  const hostile = hostileReport([], without, beside);
  assert.deepEqual(hostile.kept, {
    full: { share: 1, p50_times: 1.5, p99_times: 1 },
    resumption: { share: 0.75, p50_times: 1.5, p99_times: 3 },
    rekey: { share: 0, p50_times: null, p99_times: null },
  });
  const report = { ...beside, hostile };
  assert.deepEqual(judge(parseThreshold("kept<0.9"), report), { threshold: "kept<0.9", value: 0, held: false });
  assert.deepEqual(judge(parseThreshold("resumption.kept<0.7"), report).held, true);
  assert.deepEqual(judge(parseThreshold("kept<0.9"), beside), { threshold: "kept<0.9", value: null, held: false });
});
