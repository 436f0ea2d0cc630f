/**
 * Counts of what first messages led to.
 *
 * @module
 */

/** Each only grows. */
export interface FirstMessageCounters {
  /** First messages that were answered with N(COOKIE). */
  cookies_asked_total: number;
  /** First messages that came again: they were answered as before, or not at all where their IKE SA was up already. */
  first_messages_repeated_total: number;
  /** Half-open IKE SAs whose time was over. */
  half_open_expired_total: number;
  /** Half-open IKE SAs that made room for others. */
  half_open_evicted_total: number;
  /** First messages that were dropped because all half-open IKE SAs were busy, or `halfOpenLimit` is less than one of them takes. */
  half_open_refused_total: number;
}

export function noFirstMessages(): FirstMessageCounters {
  return {
    cookies_asked_total: 0,
    first_messages_repeated_total: 0,
    half_open_expired_total: 0,
    half_open_evicted_total: 0,
    half_open_refused_total: 0,
  };
}
