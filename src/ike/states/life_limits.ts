/**
 * The limits that policy sets an IKE SA when it comes up: how long it may live, and how long its client may be silent.
 *
 * @module
 */
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Instant } from "../steps/instant.ts";
import type { LifeLimits } from "./established.ts";

/**
 * Clients that came together, after an outage, must not all go and be asked together: each IKE SA gets a little less than
 * policy allows. Its own SPI, a random number, decides how much less.
 */
export function lifeLimitsOf(
  { ikeSaLifetimeSeconds, livenessSeconds, lifetimeJitter }: ResponderConfiguration,
  ownSpi: bigint,
  now: Instant,
): LifeLimits {
  const share = 1 - lifetimeJitter * Number(BigInt.asUintN(LOW_BITS, ownSpi)) / (2 ** LOW_BITS - 1);
  return {
    silenceMs: livenessSeconds === 0 ? undefined : Math.ceil(1_000 * livenessSeconds * share),
    endsAtMs: ikeSaLifetimeSeconds === undefined
      ? undefined
      : now.monotonicMs + Math.ceil(1_000 * ikeSaLifetimeSeconds * share),
  };
}

const LOW_BITS = 16;
