import assert from "node:assert/strict";
import { test } from "node:test";
import { zeroCounters } from "../../src/gateway/counters.ts";
import { type GatewayHistograms, MeasuredDurations } from "../../src/gateway/gateway_histograms.ts";
import { Histogram, sumOfHistograms } from "../../src/gateway/histogram.ts";
import { CountedOverLives, sumOfCounted } from "../../src/gateway/workers/counted.ts";
import { RFC_5723 } from "../../src/ike/profiles/rfc5723.ts";
import { Urgency } from "../../src/ike/responder/urgency.ts";
import { PROFILES, profileScene, returns } from "../simulation/profiles_scene.ts";

test("a duration falls into the first bucket whose bound it does not exceed, and one that is longer than all bounds into the last", () => {
  const histogram = new Histogram([0.001, 0.01, 1]);
  for (const durationMs of [0, 1, 1.001, 10, 999, 1_000, 1_001, 60_000, -5]) histogram.observe(durationMs);
  const { bounds, counts, sum } = histogram.counts;
  assert.deepEqual({ bounds, counts }, { bounds: [0.001, 0.01, 1], counts: [3, 2, 2, 2] });
  // The clock that stepped back by 5 ms counts, and takes nothing away.
  assert.equal(sum.toFixed(6), "63.012001");
});

test("the sum of histograms has the counts and the time of each, and there is none of no histogram", () => {
  const [one, other] = [new Histogram([1]), new Histogram([1])];
  one.observe(500);
  other.observe(250);
  other.observe(2_000);
  assert.deepEqual(sumOfHistograms([one.counts, other.counts]), { bounds: [1], counts: [2, 1], sum: 2.75 });
  assert.equal(sumOfHistograms([]), undefined);
});

for (const profile of PROFILES) {
  test(`a handshake is told once its client is up, with when it began, by what it came with: full, and ${profile.name}`, async () => {
    const told: { readonly by: string | undefined; readonly sinceMs: number }[] = [];
    const delayMs = 40;
    const scene = await profileScene(profile, {
      conditions: { loss: 0, duplication: 0, minimumDelayMs: delayMs, maximumDelayMs: delayMs },
      listeners: { cameUp: (by, sinceMs) => told.push({ by, sinceMs }) },
    });
    assert.deepEqual(told, [{ by: undefined, sinceMs: delayMs }]);
    const begunMs = scene.simulation.network.nowMs;
    // A client of the draft that resumes in one exchange counts once it is heard on its new IKE SA, which it sees to.
    await returns(scene, scene.ticket, profile);
    assert.deepEqual(told.slice(1), [{ by: profile.name, sinceMs: begunMs + delayMs }]);
  });
}

function measured(tookMs: number, profile?: "rfc5723"): GatewayHistograms {
  let monotonicMs = 0;
  const durations = new MeasuredDurations([RFC_5723], () => ({ monotonicMs, epochSeconds: 0 }));
  durations.cameUp(profile, 0);
  monotonicMs = tookMs;
  const datagram = { octets: new Uint8Array(28), local: NOWHERE, remote: NOWHERE, encapsulated: false };
  durations.waveOver(durations.waveBegins([{ datagram, urgency: Urgency.RESUMPTION, arrivedAtMs: performance.now() }]));
  return durations.histograms;
}

const NOWHERE = { address: "192.0.2.1", port: 500 };

const numberOf = ({ counts }: { readonly counts: readonly number[] }) => counts.reduce((sum, count) => sum + count, 0);

test("one that came up counts in the wave in which it did, and in no other", () => {
  let monotonicMs = 0;
  const durations = new MeasuredDurations([RFC_5723], () => ({ monotonicMs, epochSeconds: 0 }));
  durations.cameUp("rfc5723", 0);
  monotonicMs = 30;
  durations.waveOver(durations.waveBegins([]));
  monotonicMs = 60_000;
  durations.waveOver(durations.waveBegins([]));
  const { handshake_duration_seconds: { full, rfc5723 }, wave_duration_seconds } = durations.histograms;
  assert.deepEqual([numberOf(full), numberOf(rfc5723), rfc5723.sum, numberOf(wave_duration_seconds)], [0, 1, 0.03, 2]);
});

test("what a worker has measured outlives its thread, and is added to what the others have", () => {
  const worker = new CountedOverLives();
  const take = (histograms: GatewayHistograms, ike_sas_up_total: number, ike_sas_established: number) =>
    worker.take({ counters: { ...zeroCounters(), ike_sas_up_total, ike_sas_established }, histograms });
  take(measured(1_000), 1, 1);
  worker.died();
  take(measured(2_000, "rfc5723"), 2, 2);
  take(measured(3_000, "rfc5723"), 3, 3);
  const { counters, histograms } = sumOfCounted([worker.sum, { counters: zeroCounters(), histograms: measured(500) }]);
  // What the one that lives said before is in what it said last.
  assert.deepEqual([counters.ike_sas_up_total, counters.ike_sas_established], [4, 3]);
  const { full, rfc5723 } = histograms.handshake_duration_seconds;
  assert.deepEqual([numberOf(full), full.sum, numberOf(rfc5723), rfc5723.sum], [2, 1.5, 1, 3]);
  assert.equal(numberOf(histograms.queue_wait_seconds.resumption), 3);
  assert.equal(numberOf(histograms.queue_wait_seconds.stray), 0);
});
