/**
 * The machine's two clocks as the {@link Instant} that the state machines take.
 *
 * @module
 */
import type { Instant } from "../ike/steps/instant.ts";

const MILLISECONDS_PER_SECOND = 1000;

/** Where drivers get the time from; tests pass their own. */
export type Clock = () => Instant;

/** Now, by the clocks of this machine. */
export function systemClock(): Instant {
  return { monotonicMs: performance.now(), epochSeconds: Math.floor(Date.now() / MILLISECONDS_PER_SECOND) };
}
