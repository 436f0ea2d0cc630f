/**
 * Durations by buckets, as Prometheus counts them: how many were so long, and how long all were together.
 *
 * @module
 */

/** Counts of a histogram, to be read, cloned and added up. */
export interface HistogramCounts {
  /** The upper bounds of the buckets in seconds, ascending; the bound itself is within its bucket. */
  readonly bounds: readonly number[];
  /** How many durations fell into each bucket, and last how many were beyond all of them: one more than there are bounds. */
  readonly counts: readonly number[];
  /** All durations together, in seconds. */
  readonly sum: number;
}

const MILLISECONDS_PER_SECOND = 1_000;

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #boundsMs: Float64Array;
  readonly #counts: Float64Array;
  #sumMs = 0;

  /** `bounds`: in seconds, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#boundsMs = Float64Array.from(bounds, (bound) => MILLISECONDS_PER_SECOND * bound);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a duration, in milliseconds. One below 0, as of a clock that stepped back, counts as 0. */
  observe(durationMs: number): void {
    const bounds = this.#boundsMs;
    let bucket = 0;
    while (bucket < bounds.length && durationMs > bounds[bucket]) bucket++;
    this.#counts[bucket]++;
    if (durationMs > 0) this.#sumMs += durationMs;
  }

  /** A copy of the counts as they stand. */
  get counts(): HistogramCounts {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sumMs / MILLISECONDS_PER_SECOND };
  }
}

/** The sum of histograms with the same bounds; `undefined` of none. */
export function sumOfHistograms(each: readonly HistogramCounts[]): HistogramCounts | undefined {
  if (each.length === 0) return undefined;
  const [{ bounds }] = each;
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const one of each) one.counts.forEach((count, bucket) => counts[bucket] += count);
  return { bounds, counts, sum: each.reduce((sum, one) => sum + one.sum, 0) };
}
