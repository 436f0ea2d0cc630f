/**
 * What a guarded store counts.
 *
 * @module
 */

/** Those that end in `_total` only grow. */
export interface StoreCounters {
  /** Writes that wait for the store to be up again. They are lost if the process ends before. */
  store_owed_writes: number;
  /** Calls, each for a wave, that the store failed or did not answer in time. */
  store_failures_total: number;
  /** Requests that were answered without the store, by the setting. */
  store_unasked_requests_total: number;
  /** Tickets accepted while the store was down that turned out, once it was up again, to have been claimed by somebody else. */
  store_double_claims_total: number;
  /**
   * Used and revoked tickets that are no longer kept by name, because a list of them was full: a coarser rule refuses them,
   * along with good ones of the same client, or of their age.
   */
  store_names_given_up_total: number;
}

export function noStoreCounters(): StoreCounters {
  return {
    store_owed_writes: 0,
    store_failures_total: 0,
    store_unasked_requests_total: 0,
    store_double_claims_total: 0,
    store_names_given_up_total: 0,
  };
}
