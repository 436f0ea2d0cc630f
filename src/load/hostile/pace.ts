/**
 * An open model: what is due is due by the clock, whether or not what was due before it has come through.
 *
 * @module
 */

/** How often what is due is looked for: of the least that timers of both runtimes keep. */
const TICK_MS = 2;
/** What is sent in one turn of the event loop at most: what has come in is read in between. */
const MOST_AT_ONCE = 64;
/** For the last ones, which are due just before the end. */
const GRACE_MS = 100;

/** How many of `rate` a second are due, the first of them at once. */
export function dueAfter(elapsedMs: number, rate: number, count: number): number {
  if (elapsedMs < 0) return 0;
  return Math.min(count, Math.floor(elapsedMs * rate / 1000) + 1);
}

/** When the one with this number, from 0 on, is due. */
export function dueAtMs(index: number, rate: number): number {
  return index * 1000 / rate;
}

export interface Paced {
  /** How many were begun. */
  readonly begun: number;
  /** How late each of them was, in milliseconds. */
  readonly lags: readonly number[];
}

/**
 * Begins `count` things, `rate` a second, each with its number and when it was due by `performance.now()`. Who is late catches up; what is not
 * begun `graceMs` after the last was due is left.
 */
export async function pace(
  rate: number,
  count: number,
  begin: (index: number, dueMs: number) => void,
  graceMs: number = GRACE_MS,
): Promise<Paced> {
  const startMs = performance.now();
  const endMs = dueAtMs(count, rate) + graceMs;
  const lags: number[] = [];
  while (lags.length < count) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > endMs) break;
    const due = dueAfter(elapsedMs, rate, count);
    const end = Math.min(due, lags.length + MOST_AT_ONCE);
    while (lags.length < end) {
      const dueMs = dueAtMs(lags.length, rate);
      lags.push(performance.now() - startMs - dueMs);
      begin(lags.length - 1, startMs + dueMs);
    }
    // Behind: only a turn of the event loop, so that what has come in is read.
    await (lags.length < due
      ? new Promise((resolve) => setImmediate(resolve))
      : new Promise((resolve) => setTimeout(resolve, TICK_MS)));
  }
  return { begun: lags.length, lags };
}
