/**
 * The limits of a gateway over its workers: each has a part of what the whole may have.
 *
 * @module
 */
import type { SpiWorker } from "../../ike/ike_sa/spi_worker.ts";
import type { ResponderConfiguration } from "../../ike/responder.ts";

/** The least that a configuration may give, by the limit's name. */
const LEAST = {
  ikeSaLimit: 1,
  halfOpenLimit: 1,
  cookieThreshold: 0,
  resumptionCookieThreshold: 0,
  livenessChecksPerSecond: 1,
  redirectsPerSecond: 1,
  ticketsPerIdentity: 1,
  mostFragmentOctets: 65_536,
} as const;

/**
 * One worker's configuration: its limits together with those of the others are those that were given. Each worker has at least the least that a
 * limit may be. Clients spread over the workers by chance: one worker may turn a client away a little before all together are full.
 *
 * @throws {RangeError} what is asked for does not hold over several workers.
 */
export function shareOf(configuration: ResponderConfiguration, worker: SpiWorker): ResponderConfiguration {
  const { uniqueIdentities } = configuration;
  if (worker.count > 1 && uniqueIdentities !== undefined && uniqueIdentities !== "replace") {
    throw new RangeError(
      `workers: uniqueIdentities ${
        JSON.stringify(uniqueIdentities)
      } holds within one worker, and there are ${worker.count}: expected "replace", or 1 worker`,
    );
  }
  const limits: { -readonly [Name in keyof typeof LEAST]?: number } = {};
  for (const name of Object.keys(LEAST) as (keyof typeof LEAST)[]) {
    const limit = configuration[name];
    if (limit !== undefined) limits[name] = Math.max(LEAST[name], part(limit, worker));
  }
  return { ...configuration, ...limits, spiWorker: worker };
}

/** Whole numbers that add up to all. */
function part(all: number, { index, count }: SpiWorker): number {
  return Math.floor(all / count) + (index < all % count ? 1 : 0);
}
