/**
 * Times in a histogram of three digits (HDR), which can be told to another process and added up there without loss.
 *
 * @module
 */
import * as int32Histogram from "hdr-histogram-js/dist/Int32Histogram.js";
import type { LatencyReport } from "./load_report.ts";

const US_PER_MS = 1_000;
/** An hour. */
const LONGEST_US = 3_600_000_000;
const DIGITS = 3;
/** So many buckets for each power of ten: the next bound is 12 % higher. */
const BUCKETS_A_DECADE = 20;

/** Microseconds, and how often they were measured. */
export type LatencyCounts = readonly (readonly [number, number])[];

/** What of the package's histograms is used. */
interface Hdr {
  readonly countsArrayLength: number;
  readonly totalCount: number;
  readonly minNonZeroValue: number;
  readonly mean: number;
  getCountAtIndex(index: number): number;
  valueFromIndex(index: number): number;
  getValueAtPercentile(percentile: number): number;
  recordValueWithCount(value: number, count: number): void;
  reset(): void;
}

type HdrConstructor = new (lowest: number, highest: number, digits: number) => Hdr;

/** Its file alone: the package as a whole brings another implementation and a compression library with it. Loaders differ in how they show CommonJS. */
const HdrHistogram = constructorIn(int32Histogram);

function constructorIn(module: object): HdrConstructor {
  let found: unknown = module;
  while (typeof found === "object" && found !== null && "default" in found) found = found.default;
  return found as HdrConstructor;
}

export class LatencyHistogram {
  readonly #hdr = new HdrHistogram(1, LONGEST_US, DIGITS);

  get count(): number {
    return this.#hdr.totalCount;
  }

  record(milliseconds: number): void {
    this.#hdr.recordValueWithCount(within(milliseconds * US_PER_MS), 1);
  }

  /** Takes over what another one counted. */
  add(counts: LatencyCounts): void {
    for (const [microseconds, count] of counts) this.#hdr.recordValueWithCount(within(microseconds), count);
  }

  /** All that it holds, for {@link add}. */
  get counts(): LatencyCounts {
    const counts: [number, number][] = [];
    let left = this.#hdr.totalCount;
    for (let index = 0; left > 0 && index < this.#hdr.countsArrayLength; index++) {
      const count = this.#hdr.getCountAtIndex(index);
      if (count > 0) counts.push([this.#hdr.valueFromIndex(index), count]);
      left -= count;
    }
    return counts;
  }

  reset(): void {
    this.#hdr.reset();
  }

  /** `null`: nothing was measured. */
  percentileMs(percentile: number): number | null {
    return this.count === 0 ? null : inMs(this.#hdr.getValueAtPercentile(percentile));
  }

  /** `null`: nothing was measured. */
  report(): LatencyReport | null {
    if (this.count === 0) return null;
    return {
      min: inMs(this.#hdr.minNonZeroValue),
      mean: inMs(this.#hdr.mean),
      p50: this.percentileMs(50)!,
      p90: this.percentileMs(90)!,
      p95: this.percentileMs(95)!,
      p99: this.percentileMs(99)!,
      p999: this.percentileMs(99.9)!,
      max: this.percentileMs(100)!,
    };
  }

  /** Buckets whose bounds are the same whatever was measured, so that those of several runs can be laid over each other. */
  get buckets(): readonly (readonly [number, number])[] {
    const buckets = new Map<number, number>();
    for (const [microseconds, count] of this.counts) {
      const index = Math.ceil(BUCKETS_A_DECADE * Math.log10(microseconds / US_PER_MS));
      buckets.set(index, (buckets.get(index) ?? 0) + count);
    }
    return [...buckets].map(([index, count]) => [Number((10 ** (index / BUCKETS_A_DECADE)).toPrecision(4)), count]);
  }
}

function within(microseconds: number): number {
  return Math.min(LONGEST_US, Math.max(1, Math.round(microseconds)));
}

function inMs(microseconds: number): number {
  return Math.round(microseconds / 10) / 100;
}
