import assert from "node:assert/strict";
import { test } from "node:test";
import { rateFor } from "../../bench/flood/calibration.ts";
import { ATTACK_KINDS } from "../../bench/flood/kinds.ts";
import {
  cookieIn,
  initMessage,
  responderSpiIn,
  resumeMessage,
  varied,
  withCookie,
} from "../../src/load/hostile/first_messages.ts";
import { RecentMessages } from "../../src/load/hostile/recent_messages.ts";
import type { Outcome } from "../../bench/flood/legitimate_clients.ts";
import { loadOfOthers } from "../../bench/flood/machine_load.ts";
import { parseOptions } from "../../bench/flood/options.ts";
import { dueAfter, dueAtMs, pace } from "../../src/load/hostile/pace.ts";
import type { Observation } from "../../bench/flood/point.ts";
import {
  costPerDatagram,
  type FloodReport,
  keptBySecond,
  keptShare,
  pointOf,
  type Service,
  statusOf,
} from "../../bench/flood/report.ts";
import { ECP_384 } from "../../src/crypto/registry.ts";
import { findNotify, notify } from "../../src/ike/message/notify.ts";
import { loadKeyExchange } from "../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import { encodeMessage } from "../../src/wire/message.ts";
import { decoded } from "../simulation/messages.ts";

const SERVICE: Service = {
  offered: 4,
  resumed: 4,
  full: 0,
  failed: {},
  latency_ms: null,
  gateway_cpu_us: 1_000,
  rss_growth_bytes: 0,
  clients_lag_ms: 0,
  other_load: 0,
  gateway_waited: 0,
};
const RESUMED: Outcome = {
  ok: true,
  resumed: true,
  latencyMs: 2,
  ticket: {} as Extract<Outcome, { ok: true }>["ticket"],
};
const FULL: Outcome = { ...RESUMED, resumed: false };
const FAILED: Outcome = { ok: false, reason: "out of patience" };

function observation(changes: Partial<Observation> = {}): Observation {
  return {
    served: { outcomes: [RESUMED, FULL, FAILED, RESUMED], lags: [0, 0, 0, 1] },
    rssBeforeBytes: 100,
    before: { cpuUs: 5_000, rssBytes: 200, counters: { a: 1, b: 2 }, droppedByKernel: 3, waitedMs: 50 },
    after: { cpuUs: 9_000, rssBytes: 400, counters: { a: 1, b: 5 }, droppedByKernel: 3, waitedMs: 60 },
    attack: { begun: 40, sent: 50, answers: 0, lag_ms_p95: 1, cpu_us: 10 },
    loadOfOthers: 0.1,
    wallMs: 2_000,
    provider: "wasm",
    ...changes,
  };
}

test("what is due follows the clock alone: the first at once, the others at their rate, and never more than there are", () => {
  assert.equal(dueAfter(-1, 100, 10), 0);
  assert.equal(dueAfter(0, 100, 10), 1);
  assert.equal(dueAfter(9.9, 100, 10), 1);
  assert.equal(dueAfter(10, 100, 10), 2);
  assert.equal(dueAfter(1_000_000, 100, 10), 10);
  assert.equal(dueAtMs(3, 100), 30);
});

test("who is late catches up, in order, and is told apart from what was never begun", async () => {
  const begun: number[] = [];
  const { lags } = await pace(1_000, 200, (index) => {
    begun.push(index);
    // Longer than ten of them have.
    if (index === 50) { for (const end = performance.now() + 30; performance.now() < end;); }
  }, 60_000);
  assert.deepEqual(begun, Array.from({ length: 200 }, (_, index) => index));
  assert.equal(lags.length, 200);
  assert.ok(lags[51] >= 28, "it was due 1 ms after the one before it, which took 30");
  const cut = await pace(1_000, 10, () => {
    for (const end = performance.now() + 8; performance.now() < end;);
  }, -10);
  assert.equal(cut.begun, cut.lags.length);
});

test("kept is the share of those that resumed by their own word: not of full exchanges, not of those that came to nothing", () => {
  const point = pointOf({ kind: "garbage", ratio: 10 }, observation(), SERVICE, 2);
  assert.equal(point.kept, 0.5);
  assert.deepEqual(point.kept_by_second, [0.5, 0.5]);
  assert.deepEqual([point.offered, point.resumed, point.full, point.failed], [4, 2, 1, { "out of patience": 1 }]);
  assert.equal(point.rss_growth_bytes, 300);
  assert.equal(point.gateway_waited, 0.005);
  assert.deepEqual(point.counters, { b: 3 });
  // 4,000 µs, of which half of 1,000 were for clients.
  assert.equal(point.us_per_datagram, 70);
  assert.equal(point.bottleneck, null);
});

test("a share never exceeds what there was, and is nothing where nothing was served", () => {
  assert.equal(keptShare(5, 4), 1);
  assert.equal(keptShare(1, 3), 0.3333);
  assert.equal(keptShare(0, 0), 0);
  assert.deepEqual(keptBySecond([RESUMED, RESUMED, FAILED, RESUMED, FULL], 2), [1, 0.5, 0]);
});

test("a datagram that the kernel dropped cost the gateway nothing", () => {
  const costs = { cpuUs: 1_100, baselineCpuUs: 100, kept: 1, others: 100 };
  assert.equal(costPerDatagram({ ...costs, sent: 100, dropped: 0 }), 10);
  assert.equal(costPerDatagram({ ...costs, sent: 100, dropped: 100 }), 20);
  assert.equal(costPerDatagram({ ...costs, sent: 0, dropped: 0 }), 0);
  assert.equal(costPerDatagram({ ...costs, cpuUs: 50, sent: 100, dropped: 0 }), 0);
});

test("a generator that was late, or a machine that was busy, keeps a point from being a verdict", () => {
  const bottleneck = (changes: Partial<Observation>) =>
    pointOf({ kind: "garbage", ratio: 10 }, observation(changes), SERVICE, 2).bottleneck;
  const attack = observation().attack!;
  assert.equal(bottleneck({ attack: { ...attack, lag_ms_p95: 101 } }), "generator");
  assert.equal(bottleneck({ attack: { ...attack, begun: 37 } }), "generator");
  assert.equal(bottleneck({ served: { outcomes: observation().served.outcomes, lags: [0, 0, 300, 300] } }), "generator");
  assert.equal(bottleneck({ loadOfOthers: 0.6 }), null, "it had a core all the same");
  const waited = { after: { ...observation().after, waitedMs: 451 } };
  assert.equal(bottleneck({ ...waited, loadOfOthers: 0.4 }), "machine");
  assert.equal(bottleneck(waited), null, "nobody else was there to wait for");
  const unknown = { before: { ...observation().before, waitedMs: undefined } };
  assert.equal(bottleneck({ ...unknown, loadOfOthers: 0.6 }), "machine");
  assert.equal(bottleneck(unknown), null);
  // 1,500 ms of processor time in 1,000 ms, of which 400 ms were the bench's.
  assert.equal(loadOfOthers({ atMs: 0, busyMs: 0 }, { atMs: 1_000, busyMs: 1_500 }, 400_000), 1.1);
  assert.equal(loadOfOthers({ atMs: 0, busyMs: 0 }, { atMs: 1_000, busyMs: 300 }, 400_000), 0);
});

test("the exit status tells too little kept in a point that counts from points that do not count", () => {
  const good = pointOf({ kind: "garbage", ratio: 10 }, observation(), { ...SERVICE, resumed: 2 }, 2);
  const report = (points: FloodReport["points"], quick = false): FloodReport => ({
    runtime: "deno 2",
    provider: "wasm",
    cpu: "one",
    quick,
    rate: 2,
    seconds: 2,
    store_delay_ms: 0,
    baseline: SERVICE,
    points,
    rss_growth_bytes: 0,
  });
  assert.equal(statusOf(report([good])), 0);
  assert.equal(statusOf(report([good, { ...good, kept: 0.89 }])), 1);
  assert.equal(statusOf(report([good, { ...good, kept: 0.89, bottleneck: "machine" }])), 3);
  assert.equal(
    statusOf(report([{ ...good, kept: 0.89, bottleneck: "machine" }, { ...good, kept: 0.1 }])),
    1,
  );
  assert.equal(statusOf(report([{ ...good, kept: 0 }], true)), 0);
});

test("the rate leaves half a core to the generator and a quarter to the gateway, within bounds", () => {
  assert.equal(rateFor({ clientUs: 1_000, gatewayUs: 100, datagramUs: 75 }), 120);
  assert.equal(rateFor({ clientUs: 100, gatewayUs: 2_000, datagramUs: 1 }), 120);
  assert.equal(rateFor({ clientUs: 100, gatewayUs: 100, datagramUs: 1 }), 250);
  assert.equal(rateFor({ clientUs: 1e6, gatewayUs: 1e6, datagramUs: 1e3 }), 20);
});

test("first messages decode, differ in SPI and nonce, and carry the cookie that was asked for", async () => {
  const init = initMessage(ECP_384, await loadKeyExchange());
  const [one, other] = [varied(init), varied(init)];
  const nonceOf = (octets: Uint8Array) => decoded(octets).payloads.find(({ type }) => type === "Nonce");
  assert.equal(decoded(one).header.exchangeType, ExchangeType.IKE_SA_INIT);
  assert.notEqual(decoded(one).header.initiatorSpi, decoded(other).header.initiatorSpi);
  assert.notDeepEqual(nonceOf(one), nonceOf(other));

  const cookie = Uint8Array.of(7, 8, 9);
  const { initiatorSpi } = decoded(one).header;
  const demand = encodeMessage(
    { initiatorSpi, responderSpi: 0n, exchangeType: 34, fromInitiator: false, isResponse: true, messageId: 0 },
    [notify(NotifyType.COOKIE, cookie)],
  );
  assert.deepEqual(cookieIn(demand), cookie);
  assert.equal(cookieIn(one), undefined);
  assert.deepEqual(responderSpiIn(demand), new Uint8Array(8));
  const again = decoded(withCookie(one, cookie));
  assert.deepEqual(findNotify(again.payloads, NotifyType.COOKIE)?.data, cookie);
  assert.deepEqual(again.payloads.slice(1).map(({ type }) => type), decoded(one).payloads.map(({ type }) => type));

  const spi = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5);
  const resume = decoded(varied(resumeMessage(Uint8Array.of(1, 2, 3)), spi));
  assert.equal(resume.header.initiatorSpi, 5n);
  assert.deepEqual(findNotify(resume.payloads, NotifyType.TICKET_OPAQUE)?.data, Uint8Array.of(1, 2, 3));

  const recent = new RecentMessages();
  recent.add(one);
  assert.equal(recent.take(demand), one);
  assert.equal(recent.take(demand), undefined);
});

test("options are checked, and --quick is one second, one ratio, and a rate that needs no calibration", () => {
  const full = parseOptions([]);
  assert.deepEqual([full.ratios, full.seconds, full.rate], [[1, 5, 20], 10, undefined]);
  assert.deepEqual(full.kinds, ATTACK_KINDS.map(({ name }) => name));
  const quick = parseOptions(["--quick"]);
  assert.deepEqual([quick.ratios, quick.seconds, quick.rate], [[5], 1, 20]);
  assert.deepEqual(parseOptions(["--kinds", "garbage,init-p384", "--ratios", "2,3"]).ratios, [2, 3]);
  const wrong = [["--kinds", "rain"], ["--ratios", "0"], ["--ratios", "1,x"], ["--rate", "1.5"], ["--store-delay", "101"], [
    "--runtime",
    "bun",
  ], [
    "--rate",
    "2000",
    "--seconds",
    "60",
  ]];
  for (const words of wrong) assert.throws(() => parseOptions(words), /--\w+/, words.join(" "));
});
