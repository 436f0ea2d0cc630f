/**
 * A moment, on the two clocks that the protocol needs. `src/ike` never reads a clock: its driver passes instants in.
 *
 * @module
 */
export interface Instant {
  /** Milliseconds on a clock that never steps back: retransmission, half-open expiry. */
  readonly monotonicMs: number;
  /** Seconds since 1 January 1970 UTC: ticket expiry (RFC 5723, appendix A.1), which has to outlive the process. */
  readonly epochSeconds: number;
}
