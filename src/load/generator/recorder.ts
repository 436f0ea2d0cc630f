/**
 * What is counted of a load: by operation, by second, by kind of failure.
 *
 * @module
 */
import type { Histogram } from "hdr-histogram-js";
import * as int32Histogram from "hdr-histogram-js/dist/Int32Histogram.js";
import type { LoadOutcome, Operation } from "./load_outcome.ts";
import type { LatencyReport, LoadFailures, LoadSecond, OperationReport } from "./load_report.ts";

const US_PER_MS = 1_000;
/** An hour. */
const LONGEST_US = 3_600_000_000;
const MOST_KINDS = 64;

interface Counted {
  succeeded: number;
  failed: number;
  readonly latency: Histogram;
  readonly buckets: Map<number, number>;
}

/** Its file alone: the package as a whole brings another implementation and a compression library with it. Loaders differ in how they show CommonJS. */
const HdrHistogram = constructorIn(int32Histogram);

type HistogramConstructor = new (lowest: number, highest: number, digits: number) => Histogram;

function constructorIn(module: object): HistogramConstructor {
  let found: unknown = module;
  while (typeof found === "object" && found !== null && "default" in found) found = found.default;
  return found as HistogramConstructor;
}

/** A histogram of times in microseconds, three digits of each kept. */
export function newHistogram(): Histogram {
  return new HdrHistogram(1, LONGEST_US, 3);
}

export function recordMs(histogram: Histogram, milliseconds: number): void {
  histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(milliseconds * US_PER_MS))));
}

export class Recorder {
  readonly #operations = new Map<Operation, Counted>();
  readonly #failures = new Map<string, { count: number; example: string }>();
  readonly #seconds: LoadSecond[] = [];
  #second = newHistogram();
  #current = { succeeded: 0, failed: 0, begun: 0 };
  #left = 0;

  /** Somebody's turn has come. */
  begun(): void {
    this.#current.begun++;
  }

  /** Somebody's turn has come, and no client was free to take it. */
  leftOut(): void {
    this.#left++;
    this.#fail("no-client-free", "all clients were busy: more --clients, or less --rate");
  }

  get turnsLeftOut(): number {
    return this.#left;
  }

  /** @param latencyMs from when it should have begun */
  take(outcome: LoadOutcome, latencyMs: number): void {
    const counted = this.#counted(outcome.operation);
    if (outcome.ok) {
      counted.succeeded++;
      this.#current.succeeded++;
      recordMs(counted.latency, latencyMs);
      countInBuckets(counted.buckets, latencyMs);
      recordMs(this.#second, latencyMs);
      return;
    }
    counted.failed++;
    this.#fail(outcome.failure.kind, outcome.failure.detail);
  }

  /**
   * A second is over.
   *
   * @param up clients that are up
   * @param gatewayCpu cores that the gateway took; `undefined`: nobody can tell
   */
  endSecond(second: number, up: number, gatewayCpu?: number | null): LoadSecond {
    const { begun, succeeded, failed } = this.#current;
    const ended = {
      second,
      begun,
      succeeded,
      failed,
      p50_ms: percentileMs(this.#second, 50),
      p99_ms: percentileMs(this.#second, 99),
      up,
      ...(gatewayCpu !== undefined && { gateway_cpu: gatewayCpu }),
    };
    this.#seconds.push(ended);
    this.#current = { succeeded: 0, failed: 0, begun: 0 };
    this.#second.reset();
    return ended;
  }

  get seconds(): readonly LoadSecond[] {
    return this.#seconds;
  }

  get failures(): LoadFailures {
    return Object.fromEntries([...this.#failures].sort(([, one], [, other]) => other.count - one.count));
  }

  get succeeded(): number {
    return [...this.#operations.values()].reduce((sum, { succeeded }) => sum + succeeded, 0);
  }

  get failed(): number {
    return [...this.#failures.values()].reduce((sum, { count }) => sum + count, 0);
  }

  operations(seconds: number): { readonly [Name in Operation]?: OperationReport } {
    return Object.fromEntries(
      [...this.#operations].map(([operation, { succeeded, failed, latency, buckets }]) => [operation, {
        succeeded,
        failed,
        per_s: seconds > 0 ? Math.round(10 * succeeded / seconds) / 10 : 0,
        latency_ms: succeeded > 0 ? latencyOf(latency) : null,
        histogram: bucketsOf(buckets),
      }]),
    );
  }

  #counted(operation: Operation): Counted {
    let counted = this.#operations.get(operation);
    if (counted === undefined) {
      counted = { succeeded: 0, failed: 0, latency: newHistogram(), buckets: new Map() };
      this.#operations.set(operation, counted);
    }
    return counted;
  }

  #fail(kind: string, detail: string): void {
    this.#current.failed++;
    const known = this.#failures.get(kind);
    if (known) known.count++;
    else if (this.#failures.size < MOST_KINDS) this.#failures.set(kind, { count: 1, example: detail });
  }
}

export function latencyOf(histogram: Histogram): LatencyReport {
  return {
    min: inMs(histogram.minNonZeroValue),
    mean: inMs(histogram.mean),
    p50: percentileMs(histogram, 50)!,
    p90: percentileMs(histogram, 90)!,
    p95: percentileMs(histogram, 95)!,
    p99: percentileMs(histogram, 99)!,
    p999: percentileMs(histogram, 99.9)!,
    max: percentileMs(histogram, 100)!,
  };
}

/** So many buckets for each power of ten: the next bound is 12 % higher. */
const BUCKETS_A_DECADE = 20;

/** Buckets whose bounds are the same whatever was measured, so that those of several runs can be laid over each other. */
function countInBuckets(buckets: Map<number, number>, milliseconds: number): void {
  const index = Math.ceil(BUCKETS_A_DECADE * Math.log10(Math.max(1 / US_PER_MS, milliseconds)));
  buckets.set(index, (buckets.get(index) ?? 0) + 1);
}

function bucketsOf(buckets: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
  return [...buckets].sort(([one], [other]) => one - other)
    .map(([index, count]) => [Number((10 ** (index / BUCKETS_A_DECADE)).toPrecision(4)), count]);
}

function percentileMs(histogram: Histogram, percentile: number): number | null {
  return histogram.totalCount === 0 ? null : inMs(histogram.getValueAtPercentile(percentile));
}

function inMs(microseconds: number): number {
  return Math.round(microseconds / 10) / 100;
}
