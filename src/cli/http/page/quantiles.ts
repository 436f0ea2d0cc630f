/**
 * Quantiles of durations that were counted by buckets.
 *
 * @module
 */
import type { HistogramCounts } from "../../../gateway/histogram.ts";

/** How many durations fell into each bucket. */
export type Durations = Pick<HistogramCounts, "bounds" | "counts">;

/** Those of `later` that were not there yet. */
export function durationsBetween(earlier: Durations | undefined, later: Durations): Durations {
  return { bounds: later.bounds, counts: later.counts.map((count, bucket) => count - (earlier?.counts[bucket] ?? 0)) };
}

/** All together; they have the same bounds. `undefined`: of none. */
export function allDurations(each: readonly Durations[]): Durations | undefined {
  if (each.length === 0) return undefined;
  const [{ bounds }] = each;
  return {
    bounds,
    counts: [...bounds, Infinity].map((_, bucket) => each.reduce((sum, { counts }) => sum + counts[bucket], 0)),
  };
}

/**
 * The duration that a share of all do not exceed, in seconds, as if those of a bucket lay evenly in it: what lies beyond all bounds counts as the
 * last bound.
 *
 * @param share from 0 to 1
 * @returns `undefined`: there is none.
 */
export function quantileOf({ bounds, counts }: Durations, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let rank = share * total;
  for (const [bucket, bound] of bounds.entries()) {
    const count = counts[bucket];
    if (count > 0 && rank <= count) {
      const below = bucket === 0 ? 0 : bounds[bucket - 1];
      return below + (bound - below) * rank / count;
    }
    rank -= count;
  }
  return bounds.at(-1);
}
