import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { choiceArguments, type GatewayProgram } from "../../bench/wire/gateway_program.ts";
import { parseOptions } from "../../bench/wire/options.ts";
import { perCpuSecond, type Seen } from "../../bench/wire/phases.ts";
import { ProcessorTime } from "../../bench/wire/processor_time.ts";
import { type Identified, isGeneratorTheBottleneck, medianRun, type Observed, runOf } from "../../bench/wire/report.ts";
import { checkedLosses, UnequalKeys } from "../../bench/wire/checked_losses.ts";
import { AES_GCM_16 } from "../../src/crypto/registry.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import { childSaFingerprint, ikeSaName } from "../../src/load/child_sa_fingerprint.ts";
import type { Outcome } from "../../src/load/client_fleet.ts";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";

const ON_LINUX = process.platform === "linux" ? {} : { skip: "processor time of other processes is read from /proc" };
const WHO: Identified = {
  runtime: "deno",
  runtime_version: "2.9.6",
  checkout: null,
  transport: "dgram",
  provider: "wasm",
  workers: 1,
};
const SEEN: Seen = {
  exchanges: 100,
  lost: 0,
  wallMs: 50,
  gatewayUs: 10_000,
  generatorUs: 49_000,
  datagramsPerWave: 32,
  latenciesMs: [],
};
const OBSERVED: Observed = {
  cold: { startMs: 200, wallMs: 700, cpuUs: 400_000 },
  burst: SEEN,
  capacity: SEEN,
  one: { seen: SEEN, latency_ms: { p50: 1.234, p95: 2, p99: 3 } },
  full: SEEN,
  lost: 0,
};
const SPIS = { initiatorSpi: 1n, responderSpi: 2n };
const CHILD_SA = {
  inboundSpi: 3,
  outboundSpi: 4,
  inbound: { encryptionKey: Uint8Array.of(1), integrityKey: new Uint8Array(0) },
  outbound: { encryptionKey: Uint8Array.of(2), integrityKey: new Uint8Array(0) },
  protection: { encryption: AES_GCM_16, keyLength: 256, integrity: undefined },
  extendedSequenceNumbers: false,
} as unknown as ChildSa;
const BACK: Outcome = { ok: true, spis: SPIS, childSa: CHILD_SA, resumed: true, latencyMs: 1 };

function gatewayThatHas(fingerprint: string): GatewayProcess {
  return { ask: () => Promise.resolve({ fingerprints: { [ikeSaName(SPIS)]: fingerprint } }) } as unknown as GatewayProcess;
}

test("a client counts only with the keys that the gateway has: with others there is no figure at all", async () => {
  const equal = gatewayThatHas(childSaFingerprint(CHILD_SA, "initiator"));
  assert.equal(await checkedLosses(equal, [BACK], "resumed"), 0);
  assert.equal(await checkedLosses(equal, [BACK, { ok: false, reason: "no answer" }], "resumed"), 1);
  assert.equal(await checkedLosses(equal, [BACK], "full"), 1, "it came back otherwise than was asked for");
  await assert.rejects(checkedLosses(gatewayThatHas("00"), [BACK], "resumed"), UnequalKeys);
});

test("a client whose IKE SA the gateway does not know has no equal keys", async () => {
  const other = { ask: () => Promise.resolve({ fingerprints: {} }) } as unknown as GatewayProcess;
  await assert.rejects(checkedLosses(other, [BACK], "resumed"), UnequalKeys);
});

test("exchanges a CPU-second are those that succeeded over the gateway's time alone", () => {
  assert.equal(perCpuSecond(SEEN), 10_000);
  assert.equal(perCpuSecond({ ...SEEN, lost: 50 }), 5_000);
  const run = runOf(WHO, OBSERVED, 0);
  assert.deepEqual([run.resumptions_per_s, run.one_at_a_time_us, run.cold_s, run.start_s], [2_000, 100, 0.7, 0.2]);
  assert.equal(run.one_at_a_time_latency_ms?.p50, 1.23);
});

test("the clients are the bottleneck where they take a core and the gateway does not", () => {
  const run = runOf(WHO, OBSERVED, 0);
  assert.deepEqual([run.generator_cpu_share, run.gateway_cpu_share], [0.98, 0.2]);
  assert.ok(isGeneratorTheBottleneck(run));
  assert.ok(!isGeneratorTheBottleneck({ ...run, gateway_cpu_share: 0.95 }));
  assert.ok(isGeneratorTheBottleneck({ ...run, gateway_cpu_share: 0.95, workers: 2 }));
  assert.ok(!isGeneratorTheBottleneck({ ...run, generator_cpu_share: 0.5 }));
});

test("repetitions give medians, and what any of them lost", () => {
  const runs = [3, 1, 2].map((times) =>
    runOf(WHO, { ...OBSERVED, burst: { ...SEEN, gatewayUs: times * 10_000 }, lost: times, full: undefined }, times)
  );
  const run = medianRun(runs);
  assert.deepEqual([run.resumptions_per_cpu_s, run.fulls_per_cpu_s, run.other_load, run.lost], [5_000, null, 2, 6]);
});

test("an option goes to a gateway that has it, and one that it needs is demanded", () => {
  const program = { help: "  --port <port>", checkout: undefined } as GatewayProgram;
  const choice = { provider: "wasm", transport: "dgram", workers: 1 };
  assert.deepEqual(choiceArguments(program, choice), []);
  assert.throws(() => choiceArguments(program, { ...choice, transport: "batched" }), /this checkout has no --transport/);
  assert.throws(() => choiceArguments(program, { ...choice, workers: 2 }), /has no --workers/);
  const able = { ...program, help: "  --transport <name>\n  --workers <number>" };
  assert.deepEqual(choiceArguments(able, { ...choice, workers: 2 }), ["--transport", "dgram", "--workers", "2"]);
});

test("bench wire refuses what it does not know or cannot count to", () => {
  assert.throws(() => parseOptions(["--runtime", "bun"]), /--runtime: bun is none of deno, node/);
  assert.throws(() => parseOptions(["--provider", "wasm,rust"]), /--provider: rust is none of/);
  assert.throws(() => parseOptions(["--transport", "pigeon"]), /--transport: pigeon is none of auto, dgram, batched/);
  assert.throws(() => parseOptions(["--workers", "0"]), /--workers is 0, expected a whole number from 1/);
  assert.throws(() => parseOptions(["--against", "/nowhere"]), /--against is \/nowhere, expected the folder of a checkout/);
  const { workers, providers, transports, quick } = parseOptions(["--workers", "1,2", "--provider", "wasm,ts", "--quick"]);
  assert.deepEqual([workers, providers, transports, quick], [[1, 2], ["wasm", "ts"], [undefined], true]);
});

test("the processor time of a process is that of its threads, and never goes back", ON_LINUX, () => {
  const time = new ProcessorTime(process.pid);
  const before = time.readUs();
  const own = process.cpuUsage();
  // By the processor's clock, not the wall's.
  while (process.cpuUsage(own).user < 60_000);
  assert.ok(time.readUs() - before >= 50_000);
});
