/**
 * Used tickets in memory: single use within one process (RFC 5723, section 4.3.1). A restart forgets them.
 *
 * @module
 */
import type { ClaimRequest } from "../ike/step.ts";
import type { TicketClaims } from "../ike/wave.ts";
import { ExpiringMap } from "./expiring_map.ts";
import { type EpochSeconds, systemEpochSeconds } from "./gateway_store.ts";

/**
 * Remembers each claimed ticket until it expires: after that it is refused for its age, here too if the clock was set back meanwhile. When as
 * many are remembered as may be, no further ticket can be claimed: each costs its client a full exchange.
 */
export class MemoryTicketClaims implements TicketClaims {
  readonly #claimed: ExpiringMap<true>;

  constructor(now: EpochSeconds = systemEpochSeconds, limit?: number) {
    this.#claimed = new ExpiringMap(now, limit);
  }

  /** How many claims are remembered. */
  get size(): number {
    return this.#claimed.size;
  }

  claim(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map((request) =>
      !this.#isClaimed(request) && this.#claimed.set(request.ticketId, true, request.expiresAtEpochSeconds)
    );
  }

  isClaimed(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map((request) => this.#isClaimed(request));
  }

  #isClaimed({ ticketId, expiresAtEpochSeconds }: ClaimRequest): boolean {
    return expiresAtEpochSeconds < this.#claimed.sweptAtEpochSeconds || this.#claimed.get(ticketId) !== undefined;
  }
}
