/**
 * Used tickets in memory: single use within one process (RFC 5723, section 4.3.1). A restart forgets them.
 *
 * @module
 */
import type { ClaimRequest } from "../ike/steps/step.ts";
import type { TicketClaims } from "../ike/steps/wave.ts";
import { type EpochSeconds, steady, systemEpochSeconds } from "./gateway_store.ts";
import { TicketList } from "./ticket_list.ts";
import { isClaimed } from "./used_tickets.ts";

/**
 * Remembers each claimed ticket until it expires: after that it is refused for its age, here too if the clock was set back
 * meanwhile. When as many are remembered as may be, the client that has used most tickets is remembered by time: all tickets
 * issued to it until then are refused, and cost it a full exchange.
 */
export class MemoryTicketClaims implements TicketClaims {
  readonly #claimed: TicketList;

  /** `limit`: most tickets that are remembered; default: a million. */
  constructor(now: EpochSeconds = steady(systemEpochSeconds), limit?: number) {
    this.#claimed = new TicketList(now, limit);
  }

  /** How many claims are remembered. */
  get size(): number {
    return this.#claimed.size;
  }

  /** How many claims have given way to a coarser rule so far. */
  get namesGivenUp(): number {
    return this.#claimed.namesGivenUp;
  }

  claim(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map((request) => {
      const { ticketId, owner, issuedAtEpochSeconds, expiresAtEpochSeconds } = request;
      if (isClaimed(this.#claimed, request)) return false;
      return this.#claimed.set(ticketId, { below: undefined, owner, issuedAtEpochSeconds }, expiresAtEpochSeconds);
    });
  }

  isClaimed(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map((request) => isClaimed(this.#claimed, request));
  }
}
