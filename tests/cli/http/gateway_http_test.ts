import assert from "node:assert/strict";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import process from "node:process";
import { after, test } from "node:test";
import { HttpService } from "../../../src/cli/http/http_service.ts";
import { COUNTER_HELP, FURTHER_HELP } from "../../../src/cli/http/metric_help.ts";
import { metricsText, type Observed } from "../../../src/cli/http/metrics.ts";
import { Refusals, sumOfRefusals } from "../../../src/cli/http/refusal_counts.ts";
import { zeroCounters } from "../../../src/gateway/counters.ts";
import { MeasuredDurations } from "../../../src/gateway/gateway_histograms.ts";
import { RFC_5723 } from "../../../src/ike/profiles/rfc5723.ts";
import { gatewayProcess } from "../gateway_process.ts";

const faults: unknown[] = [];
const service = await HttpService.listen({
  at: { address: "127.0.0.1", port: 0 },
  hosts: ["gateway.example"],
  answers: {
    "/healthz": () => Promise.resolve({ status: 200, type: "text/plain", text: "ok\n" }),
    "/broken": () => Promise.reject(new Error("a secret reason")),
  },
  onFault: (fault) => faults.push(fault),
});
after(() => service.close());

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

function ask(
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: service.local.port, path, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => text += part).on(
        "end",
        () => resolve({ status: response.statusCode, text }),
      );
    });
    asked.once("error", reject).end();
  });
}

test("what is asked for by an address, by localhost, or by a name that was allowed is answered, by any other name it is not", async () => {
  for (const host of ["127.0.0.1:80", "localhost", "LOCALHOST:9500", "[::1]:9500", "gateway.example"]) {
    assert.deepEqual(await ask("/healthz", { headers: { host } }), { status: 200, text: "ok\n" }, host);
  }
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"]) {
    assert.equal((await ask("/healthz", { headers: { host } })).status, 421, host);
  }
});

test("another path, another method and a fault each have their answer, and a fault's reason goes to its owner alone", async () => {
  assert.equal((await ask("/nothing")).status, 404);
  assert.equal((await ask("/__proto__")).status, 404);
  assert.equal((await ask("/healthz", { method: "POST" })).status, 405);
  assert.deepEqual(await ask("/healthz", { method: "HEAD" }), { status: 200, text: "" });
  assert.deepEqual(await ask("/broken"), { status: 500, text: "it could not be told\n" });
  assert.match(String(faults.pop()), /a secret reason/);
});

test("an answer that cannot be given ends its connection, and nothing else", async () => {
  const said: unknown[] = [];
  const broken = await HttpService.listen({
    at: { address: "127.0.0.1", port: 0 },
    answers: { "/healthz": () => Promise.resolve({ status: 200, type: "text/plain", text: "ok\n" }) },
    handler: {
      take(path, _request, response) {
        if (path === "/healthz") return false;
        // No text: it is refused as it is written.
        response.end(5 as unknown as string);
        return true;
      },
      close() {},
    },
    onFault: (fault) => said.push(fault),
  });
  const { port } = broken.local;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
  assert.equal(said.length, 1);
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  await broken.close();
});

test("headers beyond 8 KiB are refused, and a connection that says nothing is closed", async () => {
  assert.equal((await ask("/healthz", { headers: { "x-long": "a".repeat(9_000) } })).status, 431);
  const silent = connectTcp(service.local.port, "127.0.0.1");
  silent.on("error", () => {});
  silent.write("GET /healthz HTTP/1.1\r\nhost: local");
  const closed = new Promise<void>((resolve) => silent.once("close", () => resolve()));
  silent.resume();
  await closed;
});

const observed: Observed = {
  counters: () => Promise.resolve({ ...zeroCounters(), ike_sas_up_total: 7, ike_sas_established: 5, worker_restarts_total: 1 }),
  refusals: () => Promise.resolve(countsOf("expired", "expired", 'by "name"\n')),
  histograms: () => Promise.resolve(measured()),
  isStoreUp: () => false,
  ticketKeys: () => ({ staged: 1, current: 1, previous: 2, currentAgeSeconds: 60 }),
};

function countsOf(...reasons: string[]) {
  const refusals = new Refusals();
  for (const reason of reasons) refusals.take({ type: "ticket-refused", reason, profile: "rfc5723" });
  return refusals.counts;
}

function measured() {
  let monotonicMs = 0;
  const durations = new MeasuredDurations([RFC_5723], () => ({ monotonicMs, epochSeconds: 0 }));
  const up = (profile: "rfc5723" | undefined, tookMs: number) => {
    durations.cameUp(profile, monotonicMs);
    monotonicMs += tookMs;
    durations.waveOver(performance.now());
  };
  for (const tookMs of [2, 2.5, 300]) up("rfc5723", tookMs);
  for (const tookMs of [40, 60_000]) up(undefined, tookMs);
  durations.storeCalled(7);
  return durations.histograms;
}

test("metrics have what Prometheus asks of them: a help and a type for each, counters that end in _total, no label by client", async () => {
  const { type, text } = await metricsText(observed, { version: "1.2.3", provider: "wasm" });
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const sample of samples) {
    const [, name] = /^([a-z_]+)(\{.*\})? \S+$/.exec(sample) ?? assert.fail(sample);
    const base = name.replace(/_seconds_(bucket|sum|count)$/, "_seconds");
    const kind = new RegExp(`^# TYPE ${base} (counter|gauge|histogram)$`, "m").exec(text)?.[1];
    assert.equal(kind, base !== name ? "histogram" : name.endsWith("_total") ? "counter" : "gauge", name);
    assert.match(text, new RegExp(`^# HELP ${base} \\S+`, "m"));
  }
  assert.match(text, /^ike_resume_ike_sas_up_total 7$/m);
  assert.match(text, /^ike_resume_ike_sas_established 5$/m);
  assert.match(text, /^ike_resume_worker_restarts_total 1$/m);
  assert.match(text, /^ike_resume_store_up 0$/m);
  assert.match(text, /^ike_resume_tickets_refused_by_reason_total\{reason="expired"\} 2$/m);
  assert.match(text, /^ike_resume_tickets_refused_by_reason_total\{reason="by \\"name\\"\\n"\} 1$/m);
  assert.match(text, /^ike_resume_tickets_refused_by_profile_total\{profile="rfc5723"\} 3$/m);
  assert.match(text, /^ike_resume_ticket_keys\{phase="previous"\} 2$/m);
  assert.match(text, /^ike_resume_info\{version="1\.2\.3",provider="wasm"\} 1$/m);
});

test("durations are told in cumulative buckets, by what the client came with, with their sum and their number", async () => {
  const { text } = await metricsText(observed, { version: "1.2.3", provider: "wasm" });
  const samples = (name: string) =>
    text.split("\n").filter((line) => line.startsWith(`ike_resume_${name}`)).map((line) => line.slice("ike_resume_".length));
  const resumed = 'kind="resumed",profile="rfc5723"';
  assert.deepEqual(samples("handshake_duration_seconds_bucket{" + resumed).map((line) => line.split(" ")[1]), [
    ...["0", "2", "2", "2", "2", "2", "2", "2", "3", "3", "3", "3", "3", "3"],
    "3",
  ]);
  const full = samples('handshake_duration_seconds_bucket{kind="full",profile=""');
  assert.deepEqual(full.slice(-2), [
    'handshake_duration_seconds_bucket{kind="full",profile="",le="30"} 1',
    'handshake_duration_seconds_bucket{kind="full",profile="",le="+Inf"} 2',
  ]);
  assert.deepEqual(samples(`handshake_duration_seconds_sum{${resumed}`), [`handshake_duration_seconds_sum{${resumed}} 0.3045`]);
  assert.deepEqual(samples(`handshake_duration_seconds_count{${resumed}`), [`handshake_duration_seconds_count{${resumed}} 3`]);
  assert.deepEqual(samples("wave_duration_seconds_count"), ["wave_duration_seconds_count 5"]);
  assert.deepEqual(samples('store_call_duration_seconds_bucket{le="0.01"}'), [
    'store_call_duration_seconds_bucket{le="0.01"} 1',
  ]);
  assert.deepEqual(samples('store_call_duration_seconds_bucket{le="0.005"}'), [
    'store_call_duration_seconds_bucket{le="0.005"} 0',
  ]);
});

test("every counter of a gateway has its help, and no help is of a counter that is not there", () => {
  assert.deepEqual(Object.keys(COUNTER_HELP).sort(), Object.keys(zeroCounters()).sort());
  for (const name of Object.keys(FURTHER_HELP)) assert.ok(!(name in COUNTER_HELP));
});

test("refusals are counted by reason, added up over workers, and a flood of reasons stays bounded", () => {
  const sum = sumOfRefusals([countsOf("expired"), countsOf("expired", "used")]);
  assert.deepEqual(sum.tickets_refused, { expired: 2, used: 1 });
  assert.deepEqual(sum.tickets_refused_by_profile, { rfc5723: 3 });
  const flood = countsOf(...Array.from({ length: 1_000 }, (_, index) => `reason ${index}`)).tickets_refused;
  assert.equal(Object.keys(flood).length, 65);
  assert.equal(flood.other, 1_000 - 64);
});

for (const workers of [[], ["--workers", "2", "--steering", "main"]]) {
  test(`a gateway ${workers.length > 0 ? "of two workers " : ""}tells by HTTP who came up, that it lives, and that it is ready`, async () => {
    const { child, end, connect, remove, listening } = await gatewayProcess("--json", "--http", "127.0.0.1:0", ...workers);
    try {
      const { port } = listening.http as { readonly port: number };
      assert.equal((await connect()).status, 0);
      const text = async (path: string) => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      const metrics = await text("/metrics");
      assert.match(metrics, /^ike_resume_ike_sas_up_total 1$/m);
      assert.match(metrics, /^ike_resume_handshake_duration_seconds_count\{kind="full",profile=""\} 1$/m);
      assert.match(metrics, /^ike_resume_handshake_duration_seconds_count\{kind="resumed",profile="rfc5723"\} 0$/m);
      assert.match(metrics, /^ike_resume_queue_wait_seconds_count\{urgency="full_exchange"\} 1$/m);
      assert.match(metrics, /^process_resident_memory_bytes [1-9]\d+$/m);
      assert.match(metrics, /^ike_resume_ike_sas_ended_by_reason_total\{reason="deleted-by-peer"\} 1$/m);
      assert.deepEqual([await text("/healthz"), await text("/readyz")], ["ok\n", "ready\n"]);
    } finally {
      process.kill(child.pid!, "SIGTERM");
      assert.equal((await end).status, 0);
      remove();
    }
  });
}
