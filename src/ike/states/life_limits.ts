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
  { ikeSaLifetimeSeconds, livenessSeconds, lifetimeJitter, rekeyIkeSas }: ResponderConfiguration,
  ownSpi: bigint,
  now: Instant,
): LifeLimits {
  const drawn = Number(BigInt.asUintN(LOW_BITS, ownSpi)) / MOST_DRAWN;
  const share = 1 - lifetimeJitter * drawn;
  const lifetimeMs = ikeSaLifetimeSeconds === undefined ? undefined : Math.ceil(1_000 * ikeSaLifetimeSeconds * share);
  return {
    silenceMs: livenessSeconds === 0 ? undefined : Math.ceil(1_000 * livenessSeconds * share),
    endsAtMs: lifetimeMs === undefined ? undefined : now.monotonicMs + lifetimeMs,
    rekeyAtMs: lifetimeMs === undefined || !rekeyIkeSas
      ? undefined
      : now.monotonicMs + Math.floor(lifetimeMs * (LATEST_REKEYING - (LATEST_REKEYING - EARLIEST_REKEYING) * drawn)),
  };
}

/** Between which parts of its lifetime an IKE SA is rekeyed. */
const EARLIEST_REKEYING = 0.8;
const LATEST_REKEYING = 0.9;

const LOW_BITS = 16;
const MOST_DRAWN = 2 ** LOW_BITS - 1;
