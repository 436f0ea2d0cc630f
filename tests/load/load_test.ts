import assert from "node:assert/strict";
import { test } from "node:test";
import { AES_GCM_16 } from "../../src/crypto/registry.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import { RememberedChildSas } from "../../src/cli/gateway_control.ts";
import { childSaFingerprint, ikeSaName } from "../../src/load/child_sa_fingerprint.ts";
import { commandOf } from "../../src/load/control_protocol.ts";
import { summarizeLatency } from "../../src/load/latency.ts";
import { SeededLoss } from "../../src/load/seeded_loss.ts";
import { seededRandom } from "../../src/load/seeded_random.ts";
import { allResumed, ratiosOf, type StormRun } from "../../src/load/storm_report.ts";

test("a seed and a label repeat their octets, however they are drawn", () => {
  const once = seededRandom(7, "client 1")(700);
  const drawn = seededRandom(7, "client 1");
  const pieces = [1, 255, 256, 3, 185].flatMap((length) => [...drawn(length)]);
  assert.deepEqual(pieces, [...once]);
  assert.notDeepEqual(seededRandom(7, "client 2")(32), once.slice(0, 32));
  assert.notDeepEqual(seededRandom(8, "client 1")(32), once.slice(0, 32));
});

test("losses repeat by seed, and are about the share that was asked for", () => {
  const lost = (seed: number) => {
    const loss = new SeededLoss(0.2, seed);
    return Array.from({ length: 10_000 }, () => loss.copies("outbound") === 0);
  };
  assert.deepEqual(lost(1), lost(1));
  assert.notDeepEqual(lost(1), lost(2));
  const share = lost(1).filter((isLost) => isLost).length / 10_000;
  assert.ok(share > 0.18 && share < 0.22, `${share}`);
});

test("the two directions lose independently of each other", () => {
  const alone = new SeededLoss(0.5, 3);
  const mixed = new SeededLoss(0.5, 3);
  const outbound = Array.from({ length: 100 }, () => alone.copies("outbound"));
  const interleaved = Array.from({ length: 100 }, () => {
    mixed.copies("inbound");
    return mixed.copies("outbound");
  });
  assert.deepEqual(interleaved, outbound);
});

test("a share of the datagrams comes twice, besides those that are lost", () => {
  const network = new SeededLoss(0.2, 1, 0.1);
  const copies = Array.from({ length: 10_000 }, () => network.copies("inbound"));
  const share = (count: number) => copies.filter((copy) => copy === count).length / copies.length;
  assert.ok(share(0) > 0.18 && share(0) < 0.22, `${share(0)}`);
  assert.ok(share(2) > 0.08 && share(2) < 0.12, `${share(2)}`);
});

test("percentiles are taken by the nearest rank", () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(summarizeLatency(samples), { p50: 50, p95: 95, p99: 99 });
  assert.deepEqual(summarizeLatency([5]), { p50: 5, p95: 5, p99: 5 });
  assert.equal(summarizeLatency([]), null);
});

function childSa(changes: Partial<ChildSa> = {}): ChildSa {
  return {
    inboundSpi: 1,
    outboundSpi: 2,
    protection: { encryption: AES_GCM_16, keyLength: 32 },
    extendedSequenceNumbers: false,
    inbound: { encryptionKey: new Uint8Array(36).fill(1), integrityKey: new Uint8Array(0) },
    outbound: { encryptionKey: new Uint8Array(36).fill(2), integrityKey: new Uint8Array(0) },
    localSelectors: [],
    remoteSelectors: [],
    udpEncapsulation: false,
    ...changes,
  };
}

test("both ends of one Child SA have one fingerprint, and any difference in keys, SPIs or algorithms gives another", () => {
  const ours = childSa();
  const theirs = childSa({
    inboundSpi: ours.outboundSpi,
    outboundSpi: ours.inboundSpi,
    inbound: ours.outbound,
    outbound: ours.inbound,
  });
  const fingerprint = childSaFingerprint(ours, "initiator");
  assert.equal(childSaFingerprint(theirs, "responder"), fingerprint);
  const altered = { encryptionKey: new Uint8Array(36).fill(1).fill(0, 35), integrityKey: new Uint8Array(0) };
  const others = [
    childSa({ inbound: altered }),
    childSa({ outbound: altered }),
    childSa({ inboundSpi: 3 }),
    childSa({ extendedSequenceNumbers: true }),
    childSa({ protection: { encryption: AES_GCM_16, keyLength: 16 } }),
    childSa({ inbound: ours.outbound, outbound: ours.inbound }),
  ];
  for (const other of others) assert.notEqual(childSaFingerprint(other, "initiator"), fingerprint);
  const { encryptionKey, integrityKey } = ours.inbound;
  const shifted = childSa({
    inbound: { encryptionKey: encryptionKey.subarray(0, 32), integrityKey: encryptionKey.subarray(32) },
  });
  assert.equal(integrityKey.length, 0);
  assert.notEqual(childSaFingerprint(shifted, "initiator"), fingerprint, "where a key ends counts");
});

test("an IKE SA is named by both SPIs, all digits written", () => {
  assert.equal(ikeSaName({ initiatorSpi: 1n, responderSpi: 0xabn }), "0000000000000001-00000000000000ab");
});

test("a gateway has fingerprints of the IKE SAs that are up, each by both SPIs and with its latest Child SA", () => {
  const remembered = new RememberedChildSas();
  const spis = (initiatorSpi: bigint, responderSpi: bigint) => ({ initiatorSpi, responderSpi });
  const latest = childSa({ inboundSpi: 7 });
  remembered.take({ type: "child-sa-up", spis: spis(1n, 2n), childSa: childSa() });
  remembered.take({ type: "child-sa-up", spis: spis(1n, 3n), childSa: childSa() });
  remembered.take({ type: "child-sa-up", spis: spis(1n, 3n), childSa: latest });
  remembered.take({ type: "ike-sa-down", spis: spis(1n, 2n), reason: "deleted-by-peer" });
  assert.deepEqual(remembered.fingerprints(), { [ikeSaName(spis(1n, 3n))]: childSaFingerprint(latest, "responder") });
});

test("only known commands are taken from the control channel", () => {
  assert.equal(commandOf({ command: "cpu" }), "cpu");
  for (const value of [{ command: "rm" }, { command: 1 }, {}, null, "cpu", []]) assert.equal(commandOf(value), undefined);
});

function run(provider: StormRun["provider"], full: number, resumption: number, resumed = 10): StormRun {
  return {
    provider,
    resumed,
    failed: 10 - resumed,
    wall_ms: 1,
    resumptions_per_s: 1,
    gateway_cpu_us_per_full: full,
    gateway_cpu_us_per_resumption: resumption,
    latency_ms: null,
  };
}

test("the ratios compare a full exchange with a resumption, and ts with wasm", () => {
  assert.deepEqual(ratiosOf([run("wasm", 300, 100), run("ts", 700, 250)]), { resumed_to_full: 3, wasm_to_ts: 2.5 });
  assert.deepEqual(ratiosOf([run("ts", 700, 250)]), { resumed_to_full: null, wasm_to_ts: null });
  assert.deepEqual(ratiosOf([run("wasm", 300, 100)]), { resumed_to_full: 3, wasm_to_ts: null });
});

test("a storm has succeeded only if every client of every run resumed", () => {
  const report = {
    runtime: "",
    cpu: "",
    clients: 10,
    seed: 1,
    store: "memory" as const,
    auth: "psk" as const,
    tickets: "value" as const,
    profile: "rfc5723" as const,
    ratio: { resumed_to_full: null, wasm_to_ts: null },
  };
  assert.equal(allResumed({ ...report, runs: [run("wasm", 1, 1), run("ts", 1, 1)] }), true);
  assert.equal(allResumed({ ...report, runs: [run("wasm", 1, 1), run("ts", 1, 1, 9)] }), false);
  assert.equal(allResumed({ ...report, runs: [] }), false);
});
