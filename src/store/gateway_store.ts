/**
 * The store of what a gateway keeps beyond one exchange: used tickets, the state of tickets by reference, revoked tickets.
 * Gateways that share a store are one gateway to their clients.
 *
 * @module
 */
import { SteadyTime } from "../ike/steps/steady_time.ts";
import type { TicketClaims } from "../ike/steps/wave.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import type { RevokedIdentityStore, StoreChannel } from "./store_channel.ts";
import type { TicketStateStore } from "../ticket/ticket_state_store.ts";

/** Seconds since 1 January 1970 UTC, fractions allowed. */
export type EpochSeconds = () => number;

/**
 * A store of all three kinds. What has expired by the store's clock stays expired when that clock is set back: it is never accepted again.
 * What has not expired is kept however the clock is set, and a clock that jumps ahead for less than an hour makes nothing expire.
 */
export interface GatewayStore {
  /** For logs: what it is and where, without credentials. */
  readonly name: string;
  /** Tickets that were used: one is taken once (RFC 5723, section 4.3.2). */
  readonly claims: TicketClaims;
  /** States of tickets by reference (RFC 5723, section 4.2). */
  readonly ticketStates: TicketStateStore;
  /** Tickets that were taken back (RFC 5723, section 9.8). */
  readonly revocations: RevocationStore;
  /**
   * How many names of used or revoked tickets have given way to a coarser rule since it was opened, because a list of them was full: then good
   * tickets are refused too. Not given: a store without such rules.
   */
  readonly namesGivenUp?: number;
  /**
   * Has a function called whenever the store can be reached, after it could not: whoever leaves it alone meanwhile need not wait any longer. Not
   * given: a store that does not know.
   */
  onBack?(listener: () => void): void;
  /** Where gateways tell each other what happened. Not given: a store that no other machine shares, or that has no way to. */
  readonly channel?: StoreChannel;
  /** Identities whose tickets were taken back. Not given: a store that does not outlive its process. */
  readonly revokedIdentities?: RevokedIdentityStore;
  /** Lets go of files and connections. Nothing may be asked of it afterwards. */
  close(): Promise<void>;
}

/** A store that `await using` closes. */
export type DisposableStore = GatewayStore & AsyncDisposable;

/**
 * How long revocations, and claims on a server with its own clock, are kept beyond the expiry of their tickets: a clock may be
 * set back by that much, or two machines' clocks differ by it, and no ticket becomes good again.
 */
export const CLOCK_MARGIN_SECONDS = 7_200;

/** Now, by this machine's clock. */
export const systemEpochSeconds: EpochSeconds = () => Date.now() / 1000;

/**
 * That clock, safe to expire entries by: see {@link SteadyTime}. `monotonicMs`: milliseconds on a clock that never steps back.
 */
export function steady(now: EpochSeconds, monotonicMs: () => number = () => performance.now()): EpochSeconds {
  const instant = () => ({ monotonicMs: monotonicMs(), epochSeconds: now() });
  const time = new SteadyTime(instant());
  return () => time.at(instant());
}
