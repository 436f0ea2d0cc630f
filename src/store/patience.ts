/**
 * Waiting, for no longer than there is patience.
 *
 * @module
 */

/** The time was over first. */
export const LATE: unique symbol = Symbol("late");

/** What a promise resolves with, or {@link LATE} after `patienceMs`, during which the process stays alive. */
export async function within<T>(promise: Promise<T>, patienceMs: number): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => timer = setTimeout(() => resolve(LATE), Math.max(0, patienceMs)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
