/**
 * What a process keeps, after all that nobody needs is collected.
 *
 * @module
 */
import process from "node:process";

/** One collection leaves what only finalizers keep, and what the engine lets go of when it has looked twice. */
const COLLECTIONS = 4;

/**
 * Octets of the heap and of buffers beside it.
 *
 * @throws {Error} the engine was not told to let programs collect.
 */
export async function memoryInUse(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("day: there is no gc(), expected the engine to be started with --expose-gc");
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    gc();
    await turnOver();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The end of this turn of the event loop, whatever timers there are. */
export function turnOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
