/**
 * Waiting, unless the caller wants no more of it.
 *
 * @module
 */

/**
 * What `begin` resolves with. What it began goes on after an abort: whoever began it ends it.
 *
 * @throws the signal's reason, as soon as it is aborted.
 */
export async function unlessAborted<T>(signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> {
  if (signal === undefined) return await begin();
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([begin(), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
