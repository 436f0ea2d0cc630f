/**
 * Percentiles of measured times.
 *
 * @module
 */

export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** By the nearest rank, in the unit of the samples. `null` without samples. */
export function summarizeLatency(samples: readonly number[]): LatencySummary | null {
  if (samples.length === 0) return null;
  const sorted = Float64Array.from(samples).sort();
  return { p50: percentile(sorted, 50), p95: percentile(sorted, 95), p99: percentile(sorted, 99) };
}

function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)];
}
