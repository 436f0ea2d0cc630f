/**
 * What reports of loads and storms are as JSON, checked: they come from files, of whichever version and whoever's hand.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { LoadReport } from "../generator/load_report.ts";
import type { StormReport } from "../storm_report.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.pipe(v.number(), v.minValue(0));
const amountOrNull = v.nullable(amount);

const latency = v.object({
  min: amount,
  mean: amount,
  p50: amount,
  p90: amount,
  p95: amount,
  p99: amount,
  p999: amount,
  max: amount,
});

const operation = v.object({
  succeeded: count,
  failed: count,
  per_s: amount,
  latency_ms: v.nullable(latency),
  histogram: v.pipe(
    v.array(v.tuple([amount, count])),
    v.description("Latencies by buckets: the upper bound of each in milliseconds, and how many are in it."),
  ),
});

const second = v.object({
  second: count,
  begun: count,
  succeeded: count,
  failed: count,
  p50_ms: amountOrNull,
  p99_ms: amountOrNull,
  up: v.pipe(count, v.description("Clients that were up when the second ended.")),
  gateway_cpu: v.optional(v.pipe(amountOrNull, v.description("Cores that the gateway's process took in that second."))),
});

const worker = v.object({
  clients: count,
  cpu_share: v.pipe(amountOrNull, v.description("null: it ended before it told.")),
  lag_p99_ms: amountOrNull,
  lost: v.optional(v.pipe(v.string(), v.description("How it ended, where that was before its time."))),
});

const outage = v.object({
  away_at_ms: v.pipe(amountOrNull, v.description("From the start until the gateway was found to be away.")),
  away_ms: v.pipe(amountOrNull, v.description("From then until the first client was back.")),
  all_back_ms: v.pipe(amountOrNull, v.description("From then until the last client was back; null: not all came back.")),
  back: count,
});

const failures = v.record(v.string(), v.object({ count, example: v.string() }));
const latencyCounts = v.pipe(
  v.array(v.tuple([amount, count])),
  v.description("Microseconds, and how often they were measured."),
);
const operationDetail = v.object({ succeeded: count, failed: count, latency_us: latencyCounts });

const part = v.pipe(
  v.object({
    machine: v.string(),
    portion: v.object({ first: count, end: count, of: count }),
    seconds: v.array(v.object({
      second: count,
      begun: count,
      left_out: count,
      up: count,
      operations: v.object(byOperation(operationDetail)),
      failures,
    })),
    results: v.array(v.object({
      seconds: amount,
      interrupted: v.boolean(),
      outage: v.optional(outage),
      own: v.object({ cpu_share: amount, lag_us: latencyCounts }),
    })),
  }),
  v.description("Of one machine of --plan: what report --merge adds up."),
);

const kept = v.object({
  share: v.pipe(amountOrNull, v.description("How many succeeded, as a share of those without hostile datagrams.")),
  p50_times: v.pipe(amountOrNull, v.description("How many times as long as without them.")),
  p99_times: amountOrNull,
});

const hostile = v.pipe(
  v.object({
    flows: v.array(v.object({
      kind: v.string(),
      rate: amount,
      per_s: amount,
      sent: count,
      answers: count,
      lag_p99_ms: amountOrNull,
    })),
    without: v.object({ operations: v.object(byOperation(operation)), failed: count }),
    kept: v.object(byOperation(kept)),
  }),
  v.description("Hostile datagrams that went beside the load, and what it kept: all else is of the load beside them."),
);

const loadReport: v.GenericSchema<unknown, LoadReport> = v.object({
  target: v.string(),
  scenario: v.string(),
  clients: count,
  seed: count,
  runtime: v.string(),
  cpu: v.string(),
  started_at: v.string(),
  seconds: amount,
  interrupted: v.boolean(),
  operations: v.object(byOperation(operation)),
  failed: count,
  failures,
  outage: v.optional(outage),
  series: v.array(second),
  gateway: v.optional(v.object({ cpu_s: amount, cpu_us_per_success: amountOrNull })),
  generator: v.object({
    cpu_share: amount,
    lag_ms: v.nullable(v.object({ p50: amount, p99: amount, max: amount })),
    turns_left_out: count,
    warnings: v.array(v.string()),
    workers: v.optional(v.array(worker)),
  }),
  thresholds: v.array(v.object({ threshold: v.string(), value: v.nullable(v.number()), held: v.boolean() })),
  part: v.optional(part),
  hostile: v.optional(hostile),
});

/** What of a storm's report is shown. */
export type ShownStorm = Pick<StormReport, "runtime" | "cpu" | "clients" | "seed" | "auth" | "store" | "tickets" | "runs">;

const stormReport: v.GenericSchema<unknown, ShownStorm> = v.object({
  runtime: v.string(),
  cpu: v.string(),
  clients: count,
  seed: count,
  auth: v.picklist(["psk", "certificate", "eap"]),
  store: v.picklist(["memory", "sqlite", "redis"]),
  tickets: v.picklist(["value", "reference"]),
  runs: v.array(v.object({
    provider: v.picklist(["wasm", "node", "ts"]),
    resumed: count,
    failed: count,
    wall_ms: amount,
    resumptions_per_s: amount,
    gateway_cpu_us_per_full: amount,
    gateway_cpu_us_per_resumption: amount,
    latency_ms: v.nullable(v.object({ p50: amount, p95: amount, p99: amount })),
  })),
});

function byOperation<Schema extends v.GenericSchema>(schema: Schema) {
  const one = v.optional(schema);
  return { full: one, resumption: one, rekey: one, move: one };
}

/** The JSON Schema of a load's report. */
export function loadReportSchema(): object {
  return { title: "ike-resume load --json", ...toJsonSchema(loadReport) };
}

export type ParsedReport =
  | { readonly kind: "load"; readonly report: LoadReport }
  | { readonly kind: "storm"; readonly report: ShownStorm };

/** @throws {RangeError} what is wrong with it, and where */
export function parseReport(text: string): ParsedReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value === "object" && value !== null && "runs" in value) {
    return { kind: "storm", report: checked(stormReport, value, "storm --json") };
  }
  return { kind: "load", report: checked(loadReport, value, "load --json") };
}

function checked<Report>(schema: v.GenericSchema<unknown, Report>, value: unknown, expected: string): Report {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? "the whole";
  throw new RangeError(`not a report of ${expected}: at ${place}: ${issue.message}`);
}
